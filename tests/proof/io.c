/* SPDX-License-Identifier: MIT */
/*
 * io_access() touches a port only if the task has a handle to the device, the operation exists and
 * every byte of the access lies in the device's ports; memory only if range_ok() has accepted it,
 * for writing where bytes come in; and then the call counts as one that must not be repeated.
 * Otherwise it is a fault without an effect.
 *
 * Assumes a handle's device is in the table and its ports do not wrap: image_check(), proof
 * image_device. handle_find() and range_ok() are stubs that may answer either way: proofs handle
 * and range. Bound: strings of up to three bytes; each takes the same pass of the loop.
 */
#include <task/io.c>
#include "proof.h"
#include "sound.h"

#define STRING 3u

static struct svsm_image_task image;
static struct svsm_image_device device;
static struct task task;
static struct cpu cpu;
static bool has_handle, range_accepted, range_write;
static uint64_t range_va, range_size;
static unsigned in_count, out_count, copies;

const struct svsm_image_handle *handle_find(const struct svsm_image_task *t, uint64_t handle,
                                            enum svsm_handle_type type)
{
    static struct svsm_image_handle h;
    __CPROVER_assert(t == &image && type == SVSM_HANDLE_DEVICE && handle == cpu.regs.rdi,
                     "the task's own handle to a device");
    return has_handle ? &h : NULL;
}

const struct svsm_image_device *image_device(uint32_t index)
{
    return &device;
}

bool range_ok(const struct task *t, uint64_t va, uint64_t size, bool write)
{
    __CPROVER_assert(t == &task, "memory of the task that asks");
    range_va = va;
    range_size = size;
    range_write = write;
    return range_accepted;
}

/* Every byte of an access is one of the device's ports. */
static void port_check(uint16_t port, unsigned size)
{
    __CPROVER_assert(has_handle, "has a handle");
    __CPROVER_assert(size == 1 || size == 2 || size == 4, "a size that exists");
    __CPROVER_assert(port >= device.port_first, "not below the device's ports");
    __CPROVER_assert((uint32_t)port + size <= (uint32_t)device.port_first + device.port_count,
                     "not above the device's ports");
    __CPROVER_assert(cpu.chain.frames[1].no_replay, "must not be repeated");
}

uint32_t port_in(uint16_t port, unsigned size)
{
    uint32_t any;
    port_check(port, size);
    in_count++;
    __CPROVER_assume(size == 4 || any >> 8 * size == 0);
    return any;
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    port_check(port, size);
    out_count++;
}

void port_copy_in(void *dst, uva_t src, size_t size)
{
    __CPROVER_assert(range_accepted && src.value == range_va && size == range_size, "accepted");
    __CPROVER_assert(dst == cpu.bounce && size <= sizeof(cpu.bounce), "fits the buffer");
    copies++;
}

void port_copy_out(uva_t dst, const void *src, size_t size)
{
    __CPROVER_assert(range_accepted && dst.value == range_va && size == range_size, "accepted");
    __CPROVER_assert(range_write, "accepted for writing");
    __CPROVER_assert(src == cpu.bounce && size <= sizeof(cpu.bounce), "fits the buffer");
    copies++;
}

enum next fault_raise(struct cpu *c, enum svsm_fault_cause cause, uint64_t address)
{
    __CPROVER_assert(in_count == 0 && out_count == 0 && copies == 0, "a fault has no effect");
    return NEXT_FAULT;
}

int main(void)
{
    struct regs regs;
    struct svsm_image_device any;
    bool handle_answer, range_answer;
    device = any;
    has_handle = handle_answer;
    range_accepted = range_answer;
    cpu.regs = regs;
    task.image = &image;
    cpu.chain.depth = 1; /* it picks the frame and nothing else */
    cpu.chain.frames[1].task = &task;
    __CPROVER_assume(sound_device(&device));
    uint64_t op = regs.rsi;
    bool string = op == SVSM_IO_INS8 || op == SVSM_IO_OUTS8;
    __CPROVER_assume(!string || regs.r8 <= STRING || regs.r8 > SVSM_IO_STRING_MAX);

    enum next next = io_access(&cpu);

    unsigned size = 1;
    size = op == SVSM_IO_IN16 || op == SVSM_IO_OUT16 ? 2 : size;
    size = op == SVSM_IO_IN32 || op == SVSM_IO_OUT32 ? 4 : size;
    bool inside = (unsigned __int128)regs.rdx + size <= device.port_count;
    bool memory = !string || (regs.r8 <= SVSM_IO_STRING_MAX && range_accepted);
    bool allowed = has_handle && op <= SVSM_IO_OUTS8 && inside && memory;
    __CPROVER_assert((next == NEXT_RUN) == allowed, "done if and only if allowed");
    __CPROVER_assert(allowed || next == NEXT_FAULT, "else a fault");
    if (!allowed) {
        REACH("refused");
        return 0;
    }
    bool out = op == SVSM_IO_OUTS8 || (op >= SVSM_IO_OUT8 && op <= SVSM_IO_OUT32);
    uint64_t times = string ? regs.r8 : 1;
    __CPROVER_assert(in_count == (out ? 0 : times), "read as often as asked");
    __CPROVER_assert(out_count == (out ? times : 0), "written as often as asked");
    if (string) {
        __CPROVER_assert(range_va == regs.r10 && range_size == regs.r8, "the memory was checked");
        REACH("a string");
    } else {
        REACH("one access");
    }
}
