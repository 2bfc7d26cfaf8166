/* SPDX-License-Identifier: MIT */
/*
 * call_decode() lends the callee nothing that the caller may not touch itself: a lease or window is
 * memory that range_ok() or lease_find() has granted the caller, of that owner, place and size and
 * for those rights. The callee sees a lease's number or the address of its own window, never an
 * address of the caller; a lease it already has stays as it is. What it may write to
 * memory that was lent to the caller has room in the caller's queue. A refusal names the right
 * culprit: a size too large is the caller's answer, an address its fault.
 *
 * Proved for one buffer, whatever the buffers before it have left behind: by induction for any
 * number. Assumes a sound operation: image_check(), proof image_operation. range_ok(), lease_find()
 * and lease_room() are stubs that may answer either way, within what the proofs range and lease
 * show. The frame is the third: depth only picks frames.
 */
#include <task/call_decode.c>
#include "proof.h"
#include "sound.h"

#define DEPTH 3u
#define CALLER (DEPTH - 1)

/* What the stubs have granted. */
static struct place granted;
static uint64_t granted_size;
static unsigned granted_rights;
static bool asked, answer, room, room_asked;
static struct task caller_task;
static struct lease lent; /* the caller's, if it has one of that number */
static struct chain chain;

bool range_ok(const struct task *t, uint64_t va, uint64_t size, bool write)
{
    __CPROVER_assert(t == &caller_task && !asked, "the caller's memory, once");
    asked = true;
    granted = (struct place){CALLER, 0, va};
    granted_size = size;
    granted_rights = write ? SVSM_BUFFER_READ | SVSM_BUFFER_WRITE : SVSM_BUFFER_READ;
    return answer;
}

const struct lease *lease_find(const struct frame *f, uint64_t number, uint64_t offset,
                               uint64_t size, unsigned right)
{
    __CPROVER_assert(f == &chain.frames[CALLER] && !asked, "the caller's leases, once");
    __CPROVER_assume(
        !answer || (number < SVSM_LEASES_MAX && offset <= lent.size && size <= lent.size - offset));
    asked = true;
    granted = (struct place){lent.owner, (uint8_t)(number % SVSM_LEASES_MAX + 1), lent.va + offset};
    granted_size = size;
    granted_rights = right;
    return answer ? &lent : NULL;
}

const struct lease *lease_of_below(const struct chain *c, uint32_t depth, unsigned through)
{
    __CPROVER_assert(depth == DEPTH && through == granted.through, "the lease that is lent on");
    return &lent;
}

bool lease_room(const struct chain *c, uint32_t depth, const struct lease *l, uint64_t size)
{
    __CPROVER_assert(depth == CALLER && l == &lent && size == granted_size, "room for all of it");
    room_asked = true;
    return room;
}

/* Has the caller been granted this memory, with these rights, and is there room to queue it? */
static bool may(uint8_t owner, uint8_t through, uint64_t va, uint64_t size, unsigned rights)
{
    bool queued = through != 0 && (rights & SVSM_BUFFER_WRITE) != 0;
    return granted.owner == owner && granted.through == through && granted.va == va &&
           room_asked == queued && (room || !queued) && granted_size == size &&
           (rights & ~granted_rights) == 0;
}

static void refused(const struct svsm_buffer *b, uint32_t bad, uint64_t address, uint64_t named)
{
    if (bad == SVSM_ERR_INVALID_PARAMETER) {
        __CPROVER_assert(!asked, "too long, whatever the address");
        REACH("too long");
    } else {
        bool lease = (address & SVSM_LEASE_REF_BIT) != 0;
        __CPROVER_assert(asked && named == address, "this address");
        __CPROVER_assert(!answer || (room_asked && !room), "was not granted");
        __CPROVER_assert(bad == (lease ? CALL_FAULT_LEASE : CALL_FAULT_POINTER), "its kind");
        REACH("a fault");
    }
}

static void window_judge(const struct frame *f, const struct svsm_buffer *b,
                         const struct window_in *in, const struct svsm_image_task *callee,
                         uint64_t seen)
{
    uint64_t slot = f->activation * SVSM_WINDOW_STRIDE;
    bool read = (b->rights & SVSM_BUFFER_READ) != 0;
    uint64_t window = read ? SVSM_REQUEST_VA : SVSM_REPLY_VA;
    __CPROVER_assert(seen == window + slot, "its own window");
    if (read) {
        __CPROVER_assert(may(in->owner, granted.through, in->va, in->size, b->rights),
                         "may be read");
        __CPROVER_assert(in->size <= callee->request_pages * SVSM_PAGE_SIZE, "fits the window");
        REACH("a request");
    }
    if ((b->rights & SVSM_BUFFER_WRITE) != 0) {
        __CPROVER_assert(
            may(f->reply_owner, f->reply_through, f->reply_va, f->reply_capacity, b->rights),
            "may be written");
        __CPROVER_assert(f->reply_capacity <= callee->reply_pages * SVSM_PAGE_SIZE, "fits too");
        __CPROVER_assert(f->reply_length == b->length_arg, "and its length is told");
        REACH("a reply");
    }
}

int main(void)
{
    struct svsm_image_task callee;
    struct svsm_image_operation o;
    struct frame before, after;
    struct frame *f = &after; /* the chain's own, which nobody looks up */
    struct window_in in;
    struct lease any;
    uint64_t named, seen[SVSM_ARGS], earlier[SVSM_ARGS];
    bool either, enough;
    uint32_t n, arg;
    o.buffer_count = 1;
    __CPROVER_assume(sound_operation(&o, &callee));
    __CPROVER_assume(before.activation < SVSM_ACTIVATIONS_MAX);
    __CPROVER_assume(before.lease_count < SVSM_LEASES_MAX);
    __CPROVER_assume(n < SVSM_LEASES_MAX && arg < SVSM_ARGS);
    __CPROVER_assume(any.va <= SVSM_USER_END);
    *f = before;
    chain.depth = DEPTH;
    chain.frames[CALLER].task = &caller_task;
    lent = any;
    answer = either;
    room = enough;
    for (uint32_t i = 0; i < SVSM_ARGS; i++) {
        earlier[i] = seen[i];
    }

    uint32_t bad = call_decode(&chain, f, &o, &in, seen, &named);

    const struct svsm_buffer *b = &o.buffers[0];
    if (bad != 0) {
        refused(b, bad, before.args[b->address_arg], named);
        return 0;
    }
    __CPROVER_assert(asked && answer, "granted");
    __CPROVER_assert(
        granted_size ==
            (b->length_arg == SVSM_LENGTH_FIXED ? b->max_size : before.args[b->length_arg]),
        "as long as the caller said");
    __CPROVER_assert(arg == b->address_arg || seen[arg] == earlier[arg], "other arguments stay");
    if (b->kind != SVSM_BUFFER_LEASE) {
        __CPROVER_assert(f->lease_count == before.lease_count, "a window is no lease");
        window_judge(f, b, &in, &callee, seen[b->address_arg]);
        return 0;
    }
    __CPROVER_assert(f->lease_count == before.lease_count + 1, "one lease more");
    __CPROVER_assert(seen[b->address_arg] == before.lease_count, "named by its number");
    const struct lease *l = &f->leases[n];
    const struct lease *was = &before.leases[n];
    if (n == before.lease_count) {
        __CPROVER_assert(may(l->owner, l->through, l->va, l->size, l->rights),
                         "the caller's to lend");
        __CPROVER_assert(l->rights == b->rights, "with the rights declared");
        REACH("a lease");
    } else {
        __CPROVER_assert(l->owner == was->owner && l->va == was->va && l->size == was->size &&
                             l->through == was->through && l->rights == was->rights,
                         "other leases stay");
    }
}
