/* SPDX-License-Identifier: MIT */
/*
 * Decoding of a call's buffers: which memory of the caller (or of whoever lent it to the caller)
 * the callee may reach, and what it sees instead of addresses. No effect outside `f` and the
 * output parameters; nothing is copied here.
 */
#include <task/call.h>
#include <task/lease.h>
#include <task/range.h>

/* Where a buffer lies: frame, address, after all checks. */
struct place {
    uint8_t owner;
    uint8_t through; /* as in struct lease */
    uint64_t va;
};

static uint32_t place_find(const struct chain *chain, uint64_t address, uint64_t size,
                           unsigned rights, struct place *out)
{
    uint32_t below = chain->depth - 1;
    const struct frame *caller = &AT(chain->frames, below);
    if ((address & SVSM_LEASE_REF_BIT) != 0) {
        uint64_t number = (address & ~SVSM_LEASE_REF_BIT) >> 32;
        uint64_t offset = address & UINT32_MAX;
        const struct lease *l = lease_find(caller, number, offset, size, rights);
        if (l == NULL) {
            return CALL_FAULT_LEASE;
        }
        *out = (struct place){l->owner, (uint8_t)(number + 1), l->va + offset};
        return 0;
    }
    if (!range_ok(caller->task, address, size, (rights & SVSM_BUFFER_WRITE) != 0)) {
        return CALL_FAULT_POINTER;
    }
    *out = (struct place){(uint8_t)below, 0, address};
    return 0;
}

/* What is written to memory that the caller lends on is queued in the caller at the return. A task
 * that lends on more than it has room for is to blame itself, before its callee is. */
static bool place_fits(const struct chain *chain, const struct svsm_buffer *b,
                       const struct place *p, uint64_t size)
{
    if ((b->rights & SVSM_BUFFER_WRITE) == 0 || p->through == 0) {
        return true;
    }
    const struct lease *l = lease_of_below(chain, chain->depth, p->through);
    return lease_room(chain, chain->depth - 1, l, size);
}

static void window_add(struct frame *f, const struct svsm_buffer *b, const struct place *p,
                       uint32_t size, struct window_in *in, uint64_t seen[SVSM_ARGS])
{
    uint64_t slot = f->activation * SVSM_WINDOW_STRIDE;
    if ((b->rights & SVSM_BUFFER_WRITE) != 0) {
        f->reply_owner = p->owner;
        f->reply_through = p->through;
        f->reply_va = p->va;
        f->reply_capacity = size;
        f->reply_length = b->length_arg;
        seen[b->address_arg] = SVSM_REPLY_VA + slot;
    }
    if ((b->rights & SVSM_BUFFER_READ) != 0) {
        *in = (struct window_in){p->owner, p->va, size};
        seen[b->address_arg] = SVSM_REQUEST_VA + slot;
    }
}

uint32_t call_decode(const struct chain *chain, struct frame *f,
                     const struct svsm_image_operation *o, struct window_in *in,
                     uint64_t seen[SVSM_ARGS], uint64_t *bad_address)
{
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &AT(o->buffers, i);
        CHECK(b->address_arg < SVSM_ARGS);
        uint64_t address = f->args[b->address_arg];
        uint64_t size = b->max_size;
        struct place p = {0};
        if (b->length_arg != SVSM_LENGTH_FIXED) {
            CHECK(b->length_arg < SVSM_ARGS);
            size = f->args[b->length_arg];
            if (size > b->max_size) {
                return SVSM_ERR_INVALID_PARAMETER;
            }
        }
        uint32_t bad = place_find(chain, address, size, b->rights, &p);
        if (bad != 0) {
            *bad_address = address;
            return bad;
        }
        if (!place_fits(chain, b, &p, size)) {
            *bad_address = address;
            return CALL_FAULT_LEASE;
        }
        if (b->kind != SVSM_BUFFER_LEASE) {
            window_add(f, b, &p, (uint32_t)size, in, seen);
        } else {
            seen[b->address_arg] = f->lease_count;
            AT(f->leases, f->lease_count) =
                (struct lease){p.owner, b->rights, p.through, p.va, (uint32_t)size};
            f->lease_count++;
        }
    }
    return 0;
}
