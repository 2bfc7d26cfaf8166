/* SPDX-License-Identifier: MIT */
/* Commit, rollback and reset of a task's state. See state.h for what makes them sound. */
#include <task/state.h>
#include <task/port.h>

static uva_t page_va(const struct state_area *a, uint32_t page)
{
    return (uva_t){a->va + page * SVSM_PAGE_SIZE};
}

static void area_sync(struct state_area *a, bool commit)
{
    CHECK(a->shadow != NULL);
    for (uint32_t i = 0; i < a->pages; i++) {
        uint64_t entry = a->entries[i];
        if ((entry & PTE_DIRTY) == 0) {
            continue;
        }
        uint8_t *shadow = a->shadow + i * SVSM_PAGE_SIZE;
        if (commit) {
            port_copy_in(shadow, page_va(a, i), SVSM_PAGE_SIZE);
        } else {
            port_copy_out(page_va(a, i), shadow, SVSM_PAGE_SIZE);
        }
        a->entries[i] = entry & ~PTE_DIRTY;
    }
}

void state_commit(struct task *t)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        area_sync(&AT(t->state, i), true);
    }
}

void state_rollback(struct task *t)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        area_sync(&AT(t->state, i), false);
    }
}

/* Start over: contents from the image, the rest zero. Leaves every dirty bit set, so that the
 * first commit after it copies the whole state. */
static void area_reset(const struct state_area *a)
{
    uint64_t size = a->pages * SVSM_PAGE_SIZE;
    port_copy_out((uva_t){a->va}, a->pristine, a->pristine_size);
    port_fill_zero((uva_t){a->va + a->pristine_size}, size - a->pristine_size);
}

void state_reset(struct task *t)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        area_reset(&AT(t->state, i));
    }
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &AT(t->areas, i);
        if ((a->flags & (AREA_WRITE | AREA_STATE)) == AREA_WRITE) {
            port_fill_zero((uva_t){a->va}, a->size);
        }
    }
}
