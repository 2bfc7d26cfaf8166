/* SPDX-License-Identifier: MIT */
/* Range check of user pointers against the task's areas. Pure. */
#include <task/range.h>

bool range_ok(const struct task *t, uint64_t va, uint64_t size, bool write)
{
    if (size == 0) {
        return true;
    }
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &AT(t->areas, i);
        if (va >= a->va && va - a->va < a->size) {
            return size <= a->size - (va - a->va) && (!write || (a->flags & AREA_WRITE) != 0);
        }
    }
    return false;
}
