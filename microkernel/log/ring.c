/* SPDX-License-Identifier: MIT */
/*
 * The rings of the log, one for each task and one for ring 0. Writers never wait: each takes a
 * number of its ring, claims the slot that number falls on and stores the number when it is done. A
 * slot still claimed by a writer a whole ring behind is left to it and the new record is lost (and
 * counted). Readers copy and look at the number again.
 *
 * Pure C on atomics: host tests compile the same file.
 */
#include <log/log.h>
#include <log/ring.h>
#include <svsm/abi/image.h>

#define IN_FLIGHT                                                                                  \
    4u /* a record this part of a ring behind the newest that is not there never will be */

_Static_assert(sizeof(struct svsm_log_record) == 8 * SVSM_LOG_RECORD_WORDS, "words of a record");
_Static_assert(SVSM_LOG_RINGS == SVSM_TASKS_MAX + 1, "a ring for each task, and ring 0's");
_Static_assert(SVSM_LOG_TASK_RECORDS / SVSM_TASKS_MAX >= 2 * IN_FLIGHT, "a ring for each task");

/* Not static: `tools/svsm log` finds it by this name. Its members are used as atomics only. */
struct svsm_log_rings log_rings;

/* The ring of a writer, and its slots. */
struct part {
    struct svsm_log_ring *ring;
    struct svsm_log_slot *slots;
    uint64_t count;
};

/* Nobody else than log_init() writes per_task, and no task runs before that. */
static struct part part_of(uint32_t task)
{
    uint64_t each = __atomic_load_n(&log_rings.per_task, __ATOMIC_RELAXED);
    uint64_t first = SVSM_LOG_RING0_RECORDS + task * each;
    if (task >= SVSM_TASKS_MAX || each == 0 || first + each > SVSM_LOG_RECORDS) {
        return (struct part){&log_rings.rings[0], log_rings.slots, SVSM_LOG_RING0_RECORDS};
    }
    return (struct part){&log_rings.rings[task + 1], &log_rings.slots[first], each};
}

void log_init(uint32_t tasks)
{
    uint64_t each = SVSM_LOG_TASK_RECORDS / (tasks == 0 ? 1 : tasks);
    __atomic_store_n(&log_rings.per_task, each, __ATOMIC_RELAXED);
}

static void store(struct svsm_log_slot *slot, const struct svsm_log_record *record)
{
    uint64_t words[SVSM_LOG_RECORD_WORDS];
    memcpy(words, record, sizeof(words));
    for (unsigned i = 0; i < SVSM_LOG_RECORD_WORDS; i++) {
        __atomic_store_n(&slot->words[i], words[i], __ATOMIC_RELAXED);
    }
}

/* The slot for record `number`, whatever older one it has (some numbers may have been lost). false:
 * a writer behind is still at it (SVSM_LOG_WRITING is above each number), or one ahead was. */
static bool claim(struct svsm_log_slot *slot, uint64_t number)
{
    uint64_t state = __atomic_load_n(&slot->state, __ATOMIC_SEQ_CST);
    while (state < number) {
        if (__atomic_compare_exchange_n(&slot->state, &state, number | SVSM_LOG_WRITING, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return true;
        }
    }
    return false;
}

void log_append(const struct svsm_log_record *record)
{
    const struct part part = part_of(record->task);
    uint64_t number = __atomic_fetch_add(&part.ring->newest, 1, __ATOMIC_SEQ_CST) + 1;
    struct svsm_log_slot *slot = &part.slots[number % part.count];
    if (!claim(slot, number)) {
        __atomic_fetch_add(&part.ring->lost, 1, __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    struct svsm_log_record copy = *record;
    copy.sequence = number;
    copy.order = __atomic_fetch_add(&log_rings.written, 1, __ATOMIC_RELAXED) + 1;
    store(slot, &copy);
    __atomic_store_n(&slot->state, number, __ATOMIC_RELEASE);
}

/* Copy record `number`. false: it is not there (any more, or yet). */
static bool fetch(const struct part *part, uint64_t number, struct svsm_log_record *out)
{
    const struct svsm_log_slot *slot = &part->slots[number % part->count];
    uint64_t words[SVSM_LOG_RECORD_WORDS];
    if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != number) {
        return false;
    }
    for (unsigned i = 0; i < SVSM_LOG_RECORD_WORDS; i++) {
        words[i] = __atomic_load_n(&slot->words[i], __ATOMIC_RELAXED);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) != number) {
        return false;
    }
    memcpy(out, words, sizeof(*out));
    return true;
}

bool log_read(uint32_t task, uint64_t after, struct svsm_log_record *out)
{
    const struct part part = part_of(task);
    uint64_t last = __atomic_load_n(&part.ring->newest, __ATOMIC_SEQ_CST);
    uint64_t first = last > part.count ? last - part.count + 1 : 1;
    bool shared_out = __atomic_load_n(&log_rings.per_task, __ATOMIC_RELAXED) != 0;
    if (after == UINT64_MAX || (task < SVSM_TASKS_MAX && !shared_out)) {
        return false; /* no task has written anything before the slots were shared out */
    }
    for (uint64_t n = after + 1 > first ? after + 1 : first; n <= last; n++) {
        if (fetch(&part, n, out)) {
            return true;
        }
        if (last - n < part.count / IN_FLIGHT) {
            return false; /* its writer may be at work: keep the order */
        }
    }
    return false;
}
