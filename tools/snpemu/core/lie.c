/* SPDX-License-Identifier: MIT */
#include "lie.h"
#include <stddef.h>

void lie_init(struct lies *lies, const struct lie *table, uint32_t count)
{
    *lies = (struct lies){.fixed = count < LIE_MAX ? count : LIE_MAX};
    for (; lies->count < lies->fixed; lies->count++) {
        lies->slots[lies->count].lie = table[lies->count];
    }
}

bool lie_arm(struct lies *lies, const struct lie *lie)
{
    if (lies->count == lies->fixed + LIE_MAX) {
        return false;
    }
    lies->slots[lies->count++] = (struct lie_slot){.lie = *lie};
    return true;
}

void lie_disarm(struct lies *lies)
{
    lies->count = lies->fixed;
    lies->guest_told = 0;
}

static bool fits(const struct lie *lie, const struct lie_point *point)
{
    return lie->at == point->at && (lie->event == 0 || lie->event == point->event) &&
           (lie->port == 0 || lie->port == point->port) &&
           (lie->vmpl == LIE_ANY || lie->vmpl == point->vmpl) &&
           (lie->vcpu == LIE_ANY || lie->vcpu == point->vcpu);
}

/* Is occurrence number `seen`, from 1 on, one of those that are lied about? */
static bool is_due(const struct lie *lie, uint32_t seen)
{
    return seen >= lie->nth && (lie->count == 0 || seen - lie->nth < lie->count);
}

struct lie_hits lie_hits(struct lies *lies, const struct lie_point *point)
{
    struct lie_hits hits = {.count = 0};

    for (uint32_t i = 0; i < lies->count; i++) {
        struct lie_slot *slot = &lies->slots[i];
        if (!fits(&slot->lie, point)) {
            continue;
        }
        slot->seen += slot->seen != UINT32_MAX;
        if (is_due(&slot->lie, slot->seen) && hits.count < LIE_HITS_MAX) {
            hits.lies[hits.count++] = &slot->lie;
        }
    }
    return hits;
}

const struct lie *lie_find(const struct lie_hits *hits, enum lie_kind kind)
{
    for (unsigned i = 0; i < hits->count; i++) {
        if (hits->lies[i]->kind == kind) {
            return hits->lies[i];
        }
    }
    return NULL;
}

bool lie_told(struct lies *lies, const struct lie *lie)
{
    bool first = false;

    for (uint32_t i = 0; i < lies->count; i++) {
        struct lie_slot *slot = &lies->slots[i];
        if (&slot->lie == lie) {
            first = i < lies->fixed && slot->told == 0;
            slot->told += slot->told != UINT32_MAX;
            lies->guest_told += i >= lies->fixed;
        }
    }
    if (lie->kind < LIE_KINDS) {
        lies->told[lie->kind]++;
    }
    return first;
}

uint32_t lie_index(const struct lies *lies, const struct lie *lie)
{
    for (uint32_t i = 0; i < lies->fixed; i++) {
        if (&lies->slots[i].lie == lie) {
            return i;
        }
    }
    return LIE_MAX;
}

bool lie_is_answer(enum lie_kind kind)
{
    return kind > LIE_NONE && kind <= LIE_NEVER;
}

/* The last answer of this vCPU and level: to this event, or to any. */
static struct lie_kept *last_answer(struct lies *lies, const struct lie_point *point, bool any)
{
    struct lie_kept *found = NULL;

    for (unsigned i = 0; i < LIE_ANSWERS; i++) {
        struct lie_kept *kept = &lies->kept[i];
        if (kept->order != 0 && kept->vmpl == point->vmpl && kept->vcpu == point->vcpu &&
            (any || kept->event == point->event) && (!found || kept->order > found->order)) {
            found = kept;
        }
    }
    return found;
}

static struct lie_kept *keep(struct lies *lies, const struct lie_point *point,
                             const struct lie_answer *answer)
{
    struct lie_kept *place = &lies->kept[0];

    for (unsigned i = 0; i < LIE_ANSWERS; i++) {
        struct lie_kept *kept = &lies->kept[i];
        if (kept->order != 0 && kept->vmpl == point->vmpl && kept->vcpu == point->vcpu &&
            kept->event == point->event) {
            place = kept;
            break;
        }
        if (kept->order < place->order) {
            place = kept;
        }
    }
    *place = (struct lie_kept){.answer = *answer,
                               .event = point->event,
                               .order = ++lies->order,
                               .vmpl = point->vmpl,
                               .vcpu = point->vcpu};
    return place;
}

static void set(struct lie_answer *answer, unsigned field, uint64_t value)
{
    answer->out[field] = value;
    answer->answered |= UINT32_C(1) << field;
}

/* One lie about the fields of an answer. before: NULL if there was none. False: it has no effect.
 */
static bool change(const struct lie *lie, const struct lie_answer *before,
                   struct lie_answer *answer)
{
    unsigned field = lie->field < LIE_FIELDS ? lie->field : LIE_INFO1;

    switch (lie->kind) {
    case LIE_SET:
        set(answer, field, lie->value);
        return true;
    case LIE_FLIP:
        set(answer, field, answer->out[field] ^ lie->value);
        return true;
    case LIE_STALE:
        if (before) {
            set(answer, field, before->out[field]);
        }
        return before;
    case LIE_HIDE:
        answer->answered &= ~(UINT32_C(1) << field);
        return true;
    default:
        return lie->kind != LIE_REPEAT && lie->kind != LIE_SWAP;
    }
}

/* Answers in the wrong order. before: the last answer to any event; owed: it comes now. */
static bool reorder(const struct lie_hits *hits, const struct lie_answer *same,
                    const struct lie_answer *before, struct lie_answer *answer)
{
    if (lie_find(hits, LIE_REPEAT) && same) {
        *answer = *same;
        return true;
    }
    if (lie_find(hits, LIE_SWAP) && before) {
        *answer = *before;
        return true;
    }
    return false;
}

bool lie_answer(struct lies *lies, const struct lie_point *point, const struct lie_hits *hits,
                struct lie_answer *answer, struct lie_hits *told)
{
    struct lie_kept *same = last_answer(lies, point, false);
    struct lie_kept *last = last_answer(lies, point, true);
    struct lie_answer truth = *answer;
    struct lie_answer same_answer, last_answer_of_all;
    bool owed = last && last->owed;

    if (same) {
        same_answer = same->answer;
    }
    if (last) {
        last_answer_of_all = last->answer;
    }
    bool moved =
        reorder(hits, same ? &same_answer : NULL, last ? &last_answer_of_all : NULL, answer);
    if (!moved && owed) {
        *answer = last_answer_of_all;
    }
    told->count = 0;
    for (unsigned i = 0; i < hits->count; i++) {
        const struct lie *lie = hits->lies[i];
        bool whole = lie->kind == LIE_REPEAT || lie->kind == LIE_SWAP;
        if (lie_is_answer(lie->kind) &&
            (whole ? moved : change(lie, same ? &same_answer : NULL, answer))) {
            told->lies[told->count++] = lie;
        }
    }
    struct lie_kept *kept = keep(lies, point, &truth);
    kept->owed = moved && lie_find(hits, LIE_SWAP);
    return !lie_find(hits, LIE_DROP);
}
