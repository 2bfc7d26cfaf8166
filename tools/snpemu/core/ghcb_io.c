/* SPDX-License-Identifier: MIT */
/* Events that reach devices: ports, memory-mapped registers, MSRs. */
#include "ghcb_call.h"
#include "../wire/launch.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/vmexit.h>

#define MMIO_MAX 8u
/* Of the word that says which port I/O: bit 1, 15 to 13, and what is above the port. */
#define IOIO_RESERVED UINT64_C(0xffffffff0000e002)
#define KVM_COUNT_MAX UINT64_C(0x7fffffff)

static uint64_t size_mask(unsigned size)
{
    return UINT64_MAX >> (64 - 8 * size);
}

static void port_string(struct ghcb_call *call, uint16_t port, unsigned size, bool in)
{
    uint64_t count = call->in[FIELD_INFO2];
    unsigned offset = 0;

    if (count > KVM_COUNT_MAX && !ghcb_call_is_strict(call)) {
        ghcb_call_stop(call, RULE_GHCB_IO_COUNT);
        return;
    }
    if (count > GHCB_BUFFER_SIZE) {
        ghcb_call_malformed(call, GHCB_ERROR_SCRATCH, RULE_GHCB_SCRATCH);
        return;
    }
    if (!ghcb_call_scratch(call, count * size, &offset)) {
        return;
    }
    for (uint64_t i = 0; i < count; i++, offset += size) {
        uint32_t value = 0;
        enum ghcb_io io;
        if (in) {
            io = call->ops->port_in(call->machine, port, size, &value);
        } else {
            ghcb_call_read(call, offset, &value, size);
            io = call->ops->port_out(call->machine, port, size, value);
        }
        if (!ghcb_call_io(call, io, RULE_GHCB_REFUSED)) {
            return;
        }
        if (in) {
            ghcb_call_write(call, offset, &value, size);
        }
    }
}

static void port_single(struct ghcb_call *call, uint16_t port, unsigned size, bool in)
{
    uint64_t mask = size_mask(size);
    uint32_t value = (uint32_t)(call->in[FIELD_RAX] & mask);

    if (!in) {
        enum ghcb_io io = call->ops->port_out(call->machine, port, size, value);
        (void)ghcb_call_io(call, io, RULE_GHCB_REFUSED);
        return;
    }
    enum ghcb_io io = call->ops->port_in(call->machine, port, size, &value);
    if (ghcb_call_io(call, io, RULE_GHCB_REFUSED)) {
        uint64_t kept = size == sizeof(value) ? 0 : call->in[FIELD_RAX] & ~mask;
        ghcb_call_return(call, FIELD_RAX, kept | (value & mask));
    }
}

void ghcb_io_port(struct ghcb_call *call)
{
    uint64_t info = call->in[FIELD_INFO1];
    unsigned size = vmexit_ioio_size(info);
    bool in = info & VMEXIT_IOIO_IN;
    bool string = info & VMEXIT_IOIO_STRING;
    uint32_t needs = string ? UINT32_C(1) << FIELD_SCRATCH : in ? 0 : UINT32_C(1) << FIELD_RAX;

    if (!ghcb_call_has(call, needs)) {
        return;
    }
    if (ghcb_call_is_strict(call) &&
        ((info & IOIO_RESERVED) || (!string && call->in[FIELD_INFO2] != 0))) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_RESERVED);
        return;
    }
    if (size != 1 && size != 2 && size != 4) {
        if (ghcb_call_is_strict(call)) {
            ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_IO_SIZE);
        }
        return;
    }
    if (string) {
        port_string(call, vmexit_ioio_port(info), size, in);
    } else {
        port_single(call, vmexit_ioio_port(info), size, in);
    }
}

static void msr_read(struct ghcb_call *call, uint32_t index)
{
    uint64_t value = 0;
    enum ghcb_io io = call->ops->msr_read(call->machine, index, &value);

    if (ghcb_call_io(call, io, RULE_GHCB_REFUSED)) {
        ghcb_call_return(call, FIELD_RAX, value & UINT32_MAX);
        ghcb_call_return(call, FIELD_RDX, value >> 32);
    }
}

void ghcb_io_msr(struct ghcb_call *call)
{
    uint64_t direction = call->in[FIELD_INFO1];
    uint32_t index = (uint32_t)call->in[FIELD_RCX];

    if (direction > VMEXIT_MSR_WRITE && ghcb_call_is_strict(call)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_RESERVED);
        return;
    }
    if (direction == VMEXIT_MSR_READ) {
        msr_read(call, index);
        return;
    }
    if (!ghcb_call_has(call, UINT32_C(1) << FIELD_RAX | UINT32_C(1) << FIELD_RDX)) {
        return;
    }
    uint64_t value = call->in[FIELD_RDX] << 32 | (call->in[FIELD_RAX] & UINT32_MAX);
    enum ghcb_io io = call->ops->msr_write(call->machine, index, value);
    (void)ghcb_call_io(call, io, RULE_GHCB_REFUSED);
}

static bool mmio_extent(struct ghcb_call *call, unsigned *offset, unsigned *size)
{
    uint64_t bytes = call->in[FIELD_INFO2];

    /* KVM hands any size to QEMU; but no instruction of a guest has another. */
    bool odd = bytes > 1 && (bytes & (bytes - 1)) != 0;

    if (bytes > MMIO_MAX || (odd && ghcb_call_is_strict(call))) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_MMIO_SIZE);
        return false;
    }
    if (ghcb_call_is_strict(call) && call->in[FIELD_INFO1] >> call->config->cbit) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_GHCB_MMIO_ADDRESS);
        return false;
    }
    *size = (unsigned)bytes;
    return bytes != 0 && ghcb_call_scratch(call, bytes, offset);
}

void ghcb_io_mmio_read(struct ghcb_call *call)
{
    uint8_t bytes[MMIO_MAX] = {0};
    unsigned offset = 0;
    unsigned size = 0;

    if (!mmio_extent(call, &offset, &size)) {
        return;
    }
    enum ghcb_io io = call->ops->mmio_read(call->machine, call->in[FIELD_INFO1], size, bytes);
    if (ghcb_call_io(call, io, RULE_GHCB_REFUSED)) {
        ghcb_call_write(call, offset, bytes, size);
    }
}

void ghcb_io_mmio_write(struct ghcb_call *call)
{
    uint8_t bytes[MMIO_MAX] = {0};
    unsigned offset = 0;
    unsigned size = 0;

    if (!mmio_extent(call, &offset, &size)) {
        return;
    }
    ghcb_call_read(call, offset, bytes, size);
    enum ghcb_io io = call->ops->mmio_write(call->machine, call->in[FIELD_INFO1], size, bytes);
    (void)ghcb_call_io(call, io, RULE_GHCB_REFUSED);
}
