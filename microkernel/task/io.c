/* SPDX-License-Identifier: MIT */
/* SVSM_SYS_HOST_IO: decode (the device, the port, the memory of string forms), then access. */
#include <task/io.h>
#include <task/fault.h>
#include <task/handle.h>
#include <task/image.h>
#include <task/port.h>
#include <task/range.h>
#include <svsm/abi/result.h>

struct access {
    uint16_t port;
    uint8_t size; /* bytes in one access */
    bool out;
    bool string;
};

/* What the operation number means. false: there is no such operation. */
static bool access_decode(uint64_t operation, struct access *a)
{
    switch (operation) {
    case SVSM_IO_IN8:
    case SVSM_IO_IN16:
    case SVSM_IO_IN32:
        a->size = (uint8_t)(1u << operation);
        return true;
    case SVSM_IO_OUT8:
    case SVSM_IO_OUT16:
    case SVSM_IO_OUT32:
        a->size = (uint8_t)(1u << (operation - SVSM_IO_OUT8));
        a->out = true;
        return true;
    case SVSM_IO_INS8:
    case SVSM_IO_OUTS8:
        a->size = 1;
        a->string = true;
        a->out = operation == SVSM_IO_OUTS8;
        return true;
    default:
        return false;
    }
}

static void string_access(struct cpu *cpu, const struct access *a, uint64_t va, uint64_t count)
{
    if (a->out) {
        port_copy_in(cpu->bounce, (uva_t){va}, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (a->out) {
            port_out(a->port, 1, AT(cpu->bounce, i));
        } else {
            AT(cpu->bounce, i) = (uint8_t)port_in(a->port, 1);
        }
    }
    if (!a->out) {
        port_copy_out((uva_t){va}, cpu->bounce, count);
    }
}

enum next io_access(struct cpu *cpu)
{
    struct regs *r = &cpu->regs;
    struct frame *f = &AT(cpu->chain.frames, cpu->chain.depth);
    struct access a = {0};
    const struct svsm_image_handle *h = handle_find(f->task->image, r->rdi, SVSM_HANDLE_DEVICE);
    if (h == NULL) {
        return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    }
    const struct svsm_image_device *d = image_device(h->object);
    if (!access_decode(r->rsi, &a) || r->rdx >= d->port_count || d->port_count - r->rdx < a.size ||
        (a.string && r->r8 > SVSM_IO_STRING_MAX)) {
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdx);
    }
    if (a.string && !range_ok(f->task, r->r10, r->r8, !a.out)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->r10);
    }
    a.port = (uint16_t)(d->port_first + r->rdx);
    f->no_replay = true; /* a device has seen it */
    uint64_t value = 0;
    if (a.string) {
        string_access(cpu, &a, r->r10, r->r8);
    } else if (a.out) {
        port_out(a.port, a.size, (uint32_t)(r->r10 & UINT32_MAX));
    } else {
        value = port_in(a.port, a.size);
    }
    r->rax = value;
    return NEXT_RUN;
}
