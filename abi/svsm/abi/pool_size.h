/* SPDX-License-Identifier: MIT */
/*
 * How many 4 KiB pages ring 0 takes behind the image blob. The image builder stores the figure in
 * svsm_image_location.pool_pages and reserves the memory; ring 0 allocates from it at boot, checks
 * that it got along with it, and never allocates afterwards. Pure arithmetic on tables that
 * image_check() (or the builder) has found sound.
 *
 * Layout rule that the figure rests on: a read-only region is mapped straight from the blob (its
 * last page is zero behind `bytes`), every other page of a task comes from the pool.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/image.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/pool.h>

#define SVSM_POOL_TABLE_SPAN (UINT64_C(512) * SVSM_PAGE_SIZE) /* bytes that one page table maps */

static inline uint64_t svsm_pool_round(uint64_t pages)
{
    return (pages + 511) / 512;
}

/* Page tables for [va, va + pages), not counting one that the area before it already has. */
static inline uint64_t svsm_pool_tables(uint64_t va, uint64_t pages, uint64_t *last)
{
    if (pages == 0) {
        return 0;
    }
    uint64_t first_table = va / SVSM_POOL_TABLE_SPAN + 1;
    uint64_t last_table = (va + pages * SVSM_PAGE_SIZE - 1) / SVSM_POOL_TABLE_SPAN + 1;
    uint64_t count = last_table - first_table + (first_table == *last ? 0 : 1);
    *last = last_table;
    return count;
}

/* The same for one slot per activation. `end`: the area lies at the end of its slot. */
static inline uint64_t svsm_pool_slot_tables(const struct svsm_image_task *t, uint64_t va,
                                             uint64_t stride, uint64_t pages, int end,
                                             uint64_t *last)
{
    uint64_t count = 0;
    for (uint32_t a = 0; a < t->activations; a++) {
        uint64_t slot = va + a * stride;
        count += svsm_pool_tables(end ? slot + stride - pages * SVSM_PAGE_SIZE : slot, pages, last);
    }
    return count;
}

/* Pages of a task that rollback and reset restore. */
static inline uint64_t svsm_pool_state_pages(const struct svsm_image_task *t)
{
    uint64_t pages = t->heap_pages + t->activations * (SVSM_TLS_BYTES / SVSM_PAGE_SIZE);
    for (uint32_t i = 0; i < t->region_count; i++) {
        pages += (t->regions[i].flags & SVSM_REGION_WRITE) != 0 ? t->regions[i].pages : 0;
    }
    return pages;
}

/* Everything that one task takes: its pages, its page tables, its shadow. */
static inline uint64_t svsm_pool_task_pages(const struct svsm_image_task *t)
{
    uint64_t last = 0;
    uint64_t state = svsm_pool_state_pages(t);
    uint64_t pages = state + 1 + 3; /* information page; PML4, PDPT, PD */
    for (uint32_t i = 0; i < t->region_count; i++) {
        const struct svsm_image_region *r = &t->regions[i];
        if ((r->flags & SVSM_REGION_WRITE) == 0) {
            pages += r->pages - (r->bytes + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE;
        }
        pages += svsm_pool_tables(r->va, r->pages, &last);
    }
    pages += svsm_pool_tables(SVSM_HEAP_VA, t->heap_pages, &last);
    pages += svsm_pool_slot_tables(t, SVSM_STACK_VA, SVSM_STACK_STRIDE, t->stack_pages, 1, &last);
    pages += svsm_pool_slot_tables(t, SVSM_TLS_VA, SVSM_TLS_STRIDE, SVSM_TLS_BYTES / SVSM_PAGE_SIZE,
                                   0, &last);
    pages +=
        svsm_pool_slot_tables(t, SVSM_REQUEST_VA, SVSM_WINDOW_STRIDE, t->request_pages, 0, &last);
    pages += svsm_pool_slot_tables(t, SVSM_REPLY_VA, SVSM_WINDOW_STRIDE, t->reply_pages, 0, &last);
    pages += svsm_pool_tables(SVSM_TIME_VA, 3, &last);
    pages += t->activations *
             ((uint64_t)t->stack_pages + t->request_pages + t->reply_pages + t->stage_pages);
    if (t->policy == SVSM_POLICY_ROLLBACK) {
        /* shadow, and what maps it and the task's page tables: PDPT, PD, PTs */
        pages += state + 2 + 1 + svsm_pool_round(state);
    }
    return pages;
}

/* The whole pool. `blob_end` is the physical address behind the blob, page aligned. */
static inline uint64_t svsm_pool_pages(const struct svsm_image_header *image, uint64_t blob_end)
{
    const struct svsm_image_task *t =
        (const struct svsm_image_task *)((const uint8_t *)image + image->task_offset);
    uint64_t pages = SVSM_VCPUS_MAX * SVSM_POOL_VCPU_PAGES;
    uint64_t windows = 0; /* ring 0's aliases of the windows, each with a guard page */
    for (uint32_t i = 0; i < image->task_count; i++) {
        pages += svsm_pool_task_pages(&t[i]);
        windows += t[i].activations *
                   ((uint64_t)t[i].request_pages + t[i].reply_pages + t[i].stage_pages + 3);
    }
    pages += 1 + 1 + 2;                                  /* PML4, PDPT, two PDs */
    pages += svsm_pool_round(blob_end / SVSM_PAGE_SIZE); /* kernel and blob */
    pages += 2 + svsm_pool_round(windows);               /* vCPUs, devices, windows */
    return pages;
}
