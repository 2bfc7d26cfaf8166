/* SPDX-License-Identifier: MIT */
/* Commit, rollback and reset of a task's state. See state.h for what makes them sound. */
#include <task/state.h>
#include <task/port.h>

static uva_t page_va(const struct state_area *a, uint32_t page)
{
    return (uva_t){a->va + page * SVSM_PAGE_SIZE};
}

/* Copy the pages that changed, out or back. Their number. */
static uint32_t area_sync(struct state_area *a, bool commit)
{
    uint32_t copied = 0;
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
        copied++;
    }
    return copied;
}

void state_commit(struct task *t)
{
    uint32_t copied = 0;
    for (uint32_t i = 0; i < t->state_count; i++) {
        copied += area_sync(&AT(t->state, i), true);
    }
    atomic_store_explicit(&t->commit_pages, copied, memory_order_relaxed);
}

void state_rollback(struct task *t)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        (void)area_sync(&AT(t->state, i), false);
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
