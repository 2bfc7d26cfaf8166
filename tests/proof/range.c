/* SPDX-License-Identifier: MIT */
/*
 * range_ok() accepts a range if and only if it is empty or lies, every byte of it, in one area of
 * the task that may be written if that is asked for. So no byte that it accepts is ring 0's.
 *
 * Assumes that areas are sound and do not overlap, so that one at most holds an address:
 * task_setup(), proof areas. Bound: tasks of up to three areas; each takes the same pass of the
 * loop.
 */
#include <task/range.c>
#include "proof.h"
#include "sound.h"

#define AREAS 3u

/*
 * Written in the way of range_ok(), because a solver takes very long to see for 25 areas that two
 * ways to write a sum are the same; lemma() shows for one area that they are.
 */
static bool holds(const struct area *a, uint64_t va)
{
    return va >= a->va && va - a->va < a->size;
}

static bool fits(const struct area *a, uint64_t va, uint64_t size)
{
    return size <= a->size - (va - a->va);
}

static void lemma(void)
{
    struct area a;
    uint64_t va, size, byte;
    __CPROVER_assume(sound_area(&a));
    unsigned __int128 end = (unsigned __int128)a.va + a.size;
    __CPROVER_assert(holds(&a, va) == (a.va <= va && va < end), "holds() means what it should");
    if (holds(&a, va)) {
        __CPROVER_assert(fits(&a, va, size) == ((unsigned __int128)va + size <= end),
                         "fits(), too");
        __CPROVER_assume(fits(&a, va, size) && byte < size);
        __CPROVER_assert(va + byte >= SVSM_IMAGE_VA && va + byte < SVSM_USER_END, "user memory");
        REACH("a byte");
    }
}

int main(void)
{
    struct task t;
    uint64_t va, size;
    bool write;
    uint32_t mine; /* the area that holds `va`, or none */
    bool allowed = false;
    lemma();
    __CPROVER_assume(t.area_count <= AREAS);
    for (uint32_t i = 0; i < t.area_count; i++) {
        const struct area *a = &t.areas[i];
        __CPROVER_assume(i == mine || !holds(a, va));
        if (i == mine && holds(a, va)) {
            allowed = fits(a, va, size) && (!write || (a->flags & AREA_WRITE) != 0);
        }
    }

    bool accepted = range_ok(&t, va, size, write);

    __CPROVER_assert(accepted == (size == 0 || allowed), "if and only if empty or inside");
    if (size == 0) {
        REACH("empty");
    } else if (accepted && mine == AREAS - 1) {
        REACH("in the last area");
    } else if (mine < t.area_count) {
        REACH("begins inside, refused");
    } else {
        REACH("begins outside");
    }
}
