/* SPDX-License-Identifier: MIT */
/*
 * What one part of ring 0 promises to the others: a proof about the first asserts these, proofs
 * about the others assume them. Written anew from the headers' words, in wider numbers where a sum
 * might wrap, and not from the code that is proved.
 */
#pragma once
#include <stdbool.h>
#include <svsm/abi/image.h>
#include <svsm/abi/layout.h>
#include <task/task.h>

/* Entries [first, first + count) lie in a table of `all`. */
static inline bool sound_slice(uint64_t first, uint64_t count, uint64_t all)
{
    return first + count <= all;
}

/* image_check(): a segment of a task, placed at `from` or above in an image of `blob` bytes. */
static inline bool sound_region(const struct svsm_image_region *r, uint64_t from, uint64_t blob)
{
    unsigned __int128 end = r->va + (unsigned __int128)r->pages * SVSM_PAGE_SIZE;
    bool placed = r->va >= from && r->va % SVSM_PAGE_SIZE == 0 && r->pages > 0 &&
                  end <= SVSM_IMAGE_VA + SVSM_IMAGE_MAX;
    bool either = r->flags == 0 || r->flags == SVSM_REGION_WRITE || r->flags == SVSM_REGION_EXECUTE;
    bool contents = r->offset % SVSM_PAGE_SIZE == 0 &&
                    (unsigned __int128)r->offset + r->bytes <= blob &&
                    r->bytes <= r->pages * SVSM_PAGE_SIZE;
    return placed && either && contents;
}

/* image_check(): a task's segments ascend, and its entry lies in one that may be executed. */
static inline bool sound_regions(const struct svsm_image_task *t, uint64_t blob)
{
    bool entry = false;
    uint64_t from = SVSM_IMAGE_VA;
    if (t->region_count < 1 || t->region_count > SVSM_REGIONS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < t->region_count; i++) {
        const struct svsm_image_region *r = &t->regions[i];
        if (!sound_region(r, from, blob)) {
            return false;
        }
        from = r->va + r->pages * SVSM_PAGE_SIZE;
        entry = entry || (r->flags == SVSM_REGION_EXECUTE && t->entry >= r->va && t->entry < from);
    }
    return entry;
}

/* image_check(): the sizes that a task asks for. */
static inline bool sound_sizes(const struct svsm_image_task *t)
{
    return t->policy < SVSM_POLICIES && t->activations >= 1 &&
           t->activations <= SVSM_ACTIVATIONS_MAX &&
           (t->activations == 1 || t->policy == SVSM_POLICY_CLEAN) &&
           t->heap_pages * SVSM_PAGE_SIZE <= SVSM_HEAP_MAX && t->stack_pages >= 1 &&
           t->stack_pages * SVSM_PAGE_SIZE <= SVSM_STACK_MAX &&
           t->request_pages * SVSM_PAGE_SIZE <= SVSM_WINDOW_MAX &&
           t->reply_pages * SVSM_PAGE_SIZE <= SVSM_WINDOW_MAX &&
           t->stage_pages * SVSM_PAGE_SIZE <= SVSM_WINDOW_MAX;
}

/* image_check(): the parts of the image's tables that are a task's. */
static inline bool sound_parts(const struct svsm_image_task *t, const struct svsm_image_header *h)
{
    return sound_slice(t->handle_first, t->handle_count, h->handle_count) &&
           t->handle_count <= SVSM_INFO_HANDLES &&
           sound_slice(t->endpoint_first, t->endpoint_count, h->endpoint_count) &&
           t->symbols_offset % 8 == 0 && (uint64_t)t->symbols_offset + t->symbols_size <= h->size;
}

/* image_check(): what an operation of task `t` declares of a buffer. */
static inline bool sound_buffer(const struct svsm_buffer *b, const struct svsm_image_task *t)
{
    bool read = (b->rights & SVSM_BUFFER_READ) != 0;
    bool write = (b->rights & SVSM_BUFFER_WRITE) != 0;
    bool common = (read || write) && b->rights <= (SVSM_BUFFER_READ | SVSM_BUFFER_WRITE) &&
                  b->address_arg < SVSM_ARGS && b->address_arg != b->length_arg &&
                  (b->length_arg < SVSM_ARGS || b->length_arg == SVSM_LENGTH_FIXED) &&
                  b->max_size >= 1 && b->max_size <= SVSM_WINDOW_MAX;
    bool told = b->length_arg < SVSM_ARGS;
    bool kind = b->kind == SVSM_BUFFER_WINDOW || (b->kind == SVSM_BUFFER_PARTIAL && told);
    bool window = kind && (!read || b->max_size <= t->request_pages * SVSM_PAGE_SIZE) &&
                  (!write || b->max_size <= t->reply_pages * SVSM_PAGE_SIZE);
    return common && (window || b->kind == SVSM_BUFFER_LEASE);
}

/* image_check(): an operation of task `t`. At most one window each way. */
static inline bool sound_operation(const struct svsm_image_operation *o,
                                   const struct svsm_image_task *t)
{
    unsigned reads = 0, writes = 0;
    if (o->flags > 3 || o->buffer_count > SVSM_LEASES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        if (!sound_buffer(b, t)) {
            return false;
        }
        bool window = b->kind != SVSM_BUFFER_LEASE;
        reads += window && (b->rights & SVSM_BUFFER_READ) != 0;
        writes += window && (b->rights & SVSM_BUFFER_WRITE) != 0;
    }
    return reads <= 1 && writes <= 1;
}

/* image_check(): the ports of a device are ports. */
static inline bool sound_device(const struct svsm_image_device *d)
{
    return d->port_count >= 1 && (uint32_t)d->port_first + d->port_count <= UINT16_MAX + 1u;
}

/* task_setup(): an area is whole pages of user space that can never be written and executed. */
static inline bool sound_area(const struct area *a)
{
    return a->va >= SVSM_IMAGE_VA && a->va % SVSM_PAGE_SIZE == 0 && a->size != 0 &&
           a->size % SVSM_PAGE_SIZE == 0 && a->va <= SVSM_USER_END &&
           a->size <= SVSM_USER_END - a->va &&
           (a->flags & (AREA_WRITE | AREA_EXECUTE)) != (AREA_WRITE | AREA_EXECUTE);
}
