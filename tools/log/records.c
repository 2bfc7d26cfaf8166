/* SPDX-License-Identifier: MIT */
/* See records.h. A record counts if its slot says that it is complete, before and behind. */
#include "records.h"

#include <stdlib.h>
#include <string.h>

static bool ring_read(struct records *r, const struct svsm_log_rings *log, uint32_t ring,
                      const struct svsm_log_slot *slots, uint64_t count)
{
    const uint64_t newest = log->rings[ring].newest;
    const uint64_t task = ring == 0 ? SVSM_LOG_RING0 : ring - 1;
    uint64_t from = newest > count ? newest - count : 0; /* the last that is gone */
    if (newest < r->last[ring] || newest >= SVSM_LOG_WRITING) {
        return false;
    }
    from = from > r->last[ring] ? from : r->last[ring];
    for (uint64_t n = from + 1; n <= newest; n++) {
        const struct svsm_log_slot *slot = &slots[n % count];
        struct svsm_log_record record;
        memcpy(&record, slot->words, sizeof(record));
        if (slot->state == n && record.sequence == n && record.task == task) {
            r->list[r->count++] = record;
        } else if ((slot->state & ~SVSM_LOG_WRITING) > newest + SVSM_LOG_RECORDS) {
            return false;
        }
    }
    r->last[ring] = newest;
    return true;
}

static int by_order(const void *a, const void *b)
{
    const struct svsm_log_record *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

bool records_read(struct records *r, const struct svsm_log_rings *log)
{
    const uint64_t each = log->per_task;
    r->count = 0;
    if (each > SVSM_LOG_TASK_RECORDS || !ring_read(r, log, 0, log->slots, SVSM_LOG_RING0_RECORDS)) {
        return false;
    }
    for (uint32_t ring = 1; each != 0 && ring < SVSM_LOG_RINGS; ring++) {
        uint64_t first = SVSM_LOG_RING0_RECORDS + (ring - 1) * each;
        if (first + each > SVSM_LOG_RECORDS) {
            break;
        }
        if (!ring_read(r, log, ring, log->slots + first, each)) {
            return false;
        }
    }
    qsort(r->list, r->count, sizeof(r->list[0]), by_order);
    return true;
}
