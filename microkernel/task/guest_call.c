/* SPDX-License-Identifier: MIT */
/* Calls of the guest to services: decode, commit, answer. See guest.h and guest_call.h. */
#include <task/guest_call.h>
#include <task/image.h>
#include <guest/guest.h>

/* The endpoint of a protocol. false: there is none, or its task is gone for good. */
static bool endpoint_find(uint32_t protocol, uint32_t *endpoint)
{
    if (protocol == SVSM_PROTOCOL_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < image_header()->endpoint_count; i++) {
        const struct svsm_image_endpoint *e = image_endpoint(i);
        if (e->protocol == protocol) {
            *endpoint = i;
            return atomic_load(&AT(tasks, e->task).life) != SVSM_TASK_WITHDRAWN;
        }
    }
    return false;
}

bool core_guest_protocol(uint32_t protocol)
{
    uint32_t endpoint;
    return endpoint_find(protocol, &endpoint);
}

enum next guest_call_begin(struct cpu *cpu, const struct guest_call *call)
{
    static const uint64_t none[SVSM_ARGS];
    const uint64_t args[SVSM_ARGS] = {call->rcx, call->rdx, call->r8, call->r9};
    uint32_t endpoint = 0;
    CHECK(cpu->chain.depth == 0 && !cpu->chain.guest);
    cpu->chain.guest = true;
    cpu->chain.guest_area = call->area;
    if (!endpoint_find(call->protocol, &endpoint)) {
        guest_call_answer(cpu, SVSM_ERR_UNSUPPORTED_PROTOCOL, none);
        return NEXT_IDLE;
    }
    const struct svsm_image_endpoint *e = image_endpoint(endpoint);
    /* Masked: under a mispredicted branch the guest's number still is an operation's. */
    uint32_t operation = call->call % SVSM_OP_MAX;
    if (call->call >= e->operation_count ||
        (image_operation(e->operation_first + operation)->flags & SVSM_OPERATION_VALID) == 0) {
        guest_call_answer(cpu, SVSM_ERR_UNSUPPORTED_CALL, none);
        return NEXT_IDLE;
    }
    enum next next = call_from_guest(cpu, endpoint, operation, args);
    if (next == NEXT_IDLE) {
        guest_call_answer(cpu, SVSM_ERR_BUSY, none);
    }
    return next;
}

uint32_t guest_call_status(enum status status)
{
    if (status == OK) {
        return SVSM_SUCCESS;
    }
    return status == ERR_BUSY ? SVSM_ERR_BUSY : SVSM_ERR_INVALID_ADDRESS;
}

/* How many of `max` bytes from `gpa` on are there, page by page? Not OK: nobody can tell just now.
 */
static enum status extent(uint64_t gpa, uint64_t max, uint64_t *there)
{
    uint64_t size = 0;
    enum status status = OK;
    while (size < max && status == OK) {
        uint64_t part = SVSM_PAGE_SIZE - (gpa + size) % SVSM_PAGE_SIZE;
        part = part < max - size ? part : max - size;
        status = gpa > UINT64_MAX - size ? ERR_ADDRESS : port_guest_check(gpa + size, part);
        size += status == OK ? part : 0;
    }
    *there = size;
    return status == ERR_BUSY ? ERR_BUSY : OK;
}

/* The buffer's size as the guest has it; 0 or a result code. */
static uint32_t place_check(const struct frame *f, const struct svsm_buffer *b, uint64_t *size)
{
    uint64_t gpa = f->args[b->address_arg];
    if (b->kind == SVSM_BUFFER_PARTIAL) {
        *size = 1;
        if (gpa != 0 && extent(gpa, b->max_size, size) != OK) {
            return SVSM_ERR_BUSY;
        }
    } else {
        *size = b->length_arg == SVSM_LENGTH_FIXED ? b->max_size : AT(f->args, b->length_arg);
    }
    if (*size > b->max_size || (gpa == 0 && *size != 0)) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    if (b->kind == SVSM_BUFFER_PARTIAL) {
        return *size == 0 ? SVSM_ERR_INVALID_ADDRESS : 0;
    }
    return *size == 0 ? 0 : guest_call_status(port_guest_check(gpa, *size));
}

/* What the callee sees of a window instead of an address. */
static uint64_t window_add(struct frame *f, const struct svsm_buffer *b, uint64_t size,
                           struct window_in *in)
{
    uint64_t slot = f->activation * SVSM_WINDOW_STRIDE;
    uint64_t gpa = f->args[b->address_arg];
    if ((b->rights & SVSM_BUFFER_WRITE) != 0) {
        f->reply_owner = 0;
        f->reply_through = 0;
        f->reply_va = gpa;
        /* An answer may be longer than the request that was there: looked at when it is written. */
        f->reply_capacity = b->kind == SVSM_BUFFER_PARTIAL ? b->max_size : (uint32_t)size;
        f->reply_length = b->length_arg;
    }
    if ((b->rights & SVSM_BUFFER_READ) == 0) {
        return SVSM_REPLY_VA + slot;
    }
    *in = (struct window_in){0, gpa, (uint32_t)size};
    return SVSM_REQUEST_VA + slot;
}

uint32_t guest_call_decode(struct frame *f, const struct svsm_image_operation *o,
                           struct window_in *in, uint64_t seen[SVSM_ARGS])
{
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &AT(o->buffers, i);
        uint64_t size = 0;
        CHECK(b->address_arg < SVSM_ARGS);
        uint32_t bad = place_check(f, b, &size);
        if (bad != 0) {
            return bad;
        }
        if (b->kind == SVSM_BUFFER_LEASE) {
            seen[b->address_arg] = f->lease_count;
            AT(f->leases, f->lease_count) =
                (struct lease){0, b->rights, 0, f->args[b->address_arg], (uint32_t)size};
            f->lease_count++;
            continue;
        }
        seen[b->address_arg] = window_add(f, b, size, in);
        if (b->kind == SVSM_BUFFER_PARTIAL) {
            CHECK(b->length_arg < SVSM_ARGS);
            seen[b->length_arg] = size;
        }
    }
    return 0;
}

/* Every range first, without effect (write = false), then every byte. */
static bool commit_pass(const struct frame *f, uint64_t reply_size, bool write)
{
    const struct activation *a = &AT(f->task->activations, f->activation);
    for (uint32_t i = 0; i < f->stage_count; i++) {
        const struct stage_entry *e = &AT(f->stage, i);
        uint64_t gpa = AT(f->leases, e->lease).va + e->offset;
        if (e->size != 0 && (write ? port_guest_write(gpa, a->stage + e->at, e->size)
                                   : port_guest_check(gpa, e->size)) != OK) {
            return false;
        }
    }
    return reply_size == 0 || (write ? port_guest_write(f->reply_va, a->reply, reply_size)
                                     : port_guest_check(f->reply_va, reply_size)) == OK;
}

bool guest_call_commit(const struct frame *f, uint64_t reply_size)
{
    return commit_pass(f, reply_size, false) && commit_pass(f, reply_size, true);
}

uint32_t guest_call_result(uint32_t result)
{
    switch (result) {
    case SVSM_ERR_WITHDRAWN:
        return SVSM_ERR_UNSUPPORTED_PROTOCOL;
    case SVSM_ERR_CRASHED:
    case SVSM_ERR_TIMED_OUT:
    case SVSM_ERR_TOO_DEEP:
    case SVSM_ERR_NO_ENTROPY:
        return SVSM_ERR_INVALID_REQUEST;
    default:
        break;
    }
    bool success = result == SVSM_SUCCESS || (result >= 0x1000 && result < 0x40000000);
    bool error = (result >= SVSM_ERR_INCOMPLETE && result <= SVSM_ERR_BUSY) ||
                 result >= SVSM_ERR_PROTOCOL_BASE;
    return success || error ? result : SVSM_ERR_INVALID_REQUEST;
}

void guest_call_answer(struct cpu *cpu, uint32_t result, const uint64_t out[SVSM_ARGS])
{
    const uint64_t shown[3] = {out[0], out[1], out[2]};
    unsigned mask = (unsigned)out[3] & (SVSM_GUEST_RCX | SVSM_GUEST_RDX | SVSM_GUEST_R8);
    cpu->chain.guest = false;
    cpu->chain.guest_area = 0;
    port_guest_answer(cpu, guest_call_result(result), mask, shown);
}
