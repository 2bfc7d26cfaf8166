/* SPDX-License-Identifier: MIT */
/*
 * lease_find() gives out a lease if and only if the frame has one of that number, with every right
 * asked for, and [offset, offset + size) lies inside it, in numbers that do not wrap. Every byte
 * that may then be touched is the owner's: it lies in what call_decode() found to be the owner's.
 *
 * Assumes lease_count <= SVSM_LEASES_MAX: frames start without leases and call_decode() adds one
 * for each buffer at most, proof decode.
 */
#include <task/lease.c>
#include "proof.h"

int main(void)
{
    struct frame f;
    __CPROVER_assume(f.lease_count <= SVSM_LEASES_MAX);

    uint64_t number, offset, size;
    unsigned right;
    const struct lease *l = lease_find(&f, number, offset, size, right);

    bool has = number < f.lease_count;
    const struct lease *named = has ? &f.leases[number] : &f.leases[0];
    bool rights = (right & ~(unsigned)named->rights) == 0;
    bool inside = (unsigned __int128)offset + size <= named->size;
    __CPROVER_assert((l != NULL) == (has && rights && inside), "found if and only if allowed");
    if (l == NULL) {
        if (has && rights) {
            REACH("outside");
        }
        if (has && inside) {
            REACH("without the right");
        }
        return 0;
    }
    __CPROVER_assert(l == named, "it is the one of that number");
    REACH("found");

    uint64_t byte;
    __CPROVER_assume(byte < size);
    __CPROVER_assert(offset + byte < l->size, "every byte is in the lease");
    REACH("a byte");
}
