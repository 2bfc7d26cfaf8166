/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: svsm-log's reader of another machine's memory (tools/log/records.c). An input says
 * what lies in the rings, twice: what is listed was complete there, is new, and comes in its order.
 * Positions are chosen so that numbers and slots often fit each other.
 */
#include "fuzz.h"
#include <records.h>

static struct svsm_log_rings rings;

static void fill(struct input *in)
{
    while (in->at != in->end) {
        uint8_t what = input_byte(in);
        uint32_t ring = input_byte(in) % SVSM_LOG_RINGS, slot = (uint32_t)input_number(in, 2);
        uint64_t value = input_number(in, what & 8 ? 8 : 1);
        struct svsm_log_slot *s = &rings.slots[slot % SVSM_LOG_RECORDS];
        struct svsm_log_record record = {
            .sequence = value, .order = slot, .task = (uint16_t)(ring - 1)};
        switch (what & 7) {
        case 0:
            return;
        case 1:
            rings.per_task = value;
            break;
        case 2:
            rings.rings[ring].newest = value;
            break;
        case 3:
            s->state = value;
            break;
        case 4:
            s->words[what >> 4] = value;
            break;
        default: /* a record that is complete */
            memcpy(s->words, &record, sizeof(record));
            s->state = value;
            break;
        }
    }
}

static bool lies_there(const struct svsm_log_record *r)
{
    bool there = false;

    for (uint32_t i = 0; i < SVSM_LOG_RECORDS; i++) {
        there |=
            rings.slots[i].state == r->sequence && memcmp(rings.slots[i].words, r, sizeof(*r)) == 0;
    }
    return there;
}

static void judge(struct records *r)
{
    uint64_t last[SVSM_LOG_RINGS];

    memcpy(last, r->last, sizeof(last));
    if (!records_read(r, &rings)) {
        return;
    }
    require(r->count <= SVSM_LOG_RECORDS, "more records than slots");
    for (uint32_t i = 0; i < r->count; i++) {
        const struct svsm_log_record *one = &r->list[i];
        uint32_t ring = one->task == SVSM_LOG_RING0 ? 0 : one->task + 1u;
        require(ring < SVSM_LOG_RINGS, "nobody's record");
        require(one->sequence > last[ring] && one->sequence <= r->last[ring],
                "a record that is not new");
        require(i == 0 || one[-1].order <= one->order, "out of order");
        require(lies_there(one), "a record that is not there");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct records r;
    struct input in = {data, data + size};

    memset(&rings, 0, sizeof(rings));
    memset(&r, 0, sizeof(r));
    rings.per_task = SVSM_LOG_TASK_RECORDS / 3;
    fill(&in);
    judge(&r);
    fill(&in);
    judge(&r);
    return 0;
}
