/* SPDX-License-Identifier: MIT */
/*
 * The log ring. Writers never wait: each takes a number, claims the slot that number falls on and
 * stores the number when it is done. A slot still claimed by a writer a whole ring behind is left
 * to it and the new record is lost (and counted). Readers copy and look at the number again.
 *
 * Pure C on atomics: host tests compile the same file.
 */
#include <log/log.h>
#include <log/ring.h>

#define IN_FLIGHT 64u /* a record this far behind the newest that is not there never will be */

_Static_assert(sizeof(struct svsm_log_record) == 8 * SVSM_LOG_RECORD_WORDS, "words of a record");

/* Not static: `tools/svsm log` finds it by this name. Its members are used as atomics only. */
struct svsm_log_ring log_ring;

static void store(struct svsm_log_slot *slot, const struct svsm_log_record *record)
{
    uint64_t words[SVSM_LOG_RECORD_WORDS];
    memcpy(words, record, sizeof(words));
    for (unsigned i = 0; i < SVSM_LOG_RECORD_WORDS; i++) {
        __atomic_store_n(&slot->words[i], words[i], __ATOMIC_RELAXED);
    }
}

void log_append(const struct svsm_log_record *record)
{
    uint64_t number = __atomic_fetch_add(&log_ring.newest, 1, __ATOMIC_SEQ_CST) + 1;
    struct svsm_log_slot *slot = &log_ring.slots[number % SVSM_LOG_RECORDS];
    uint64_t before = number > SVSM_LOG_RECORDS ? number - SVSM_LOG_RECORDS : 0;
    if (!__atomic_compare_exchange_n(&slot->state, &before, number | SVSM_LOG_WRITING, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        __atomic_fetch_add(&log_ring.lost, 1, __ATOMIC_SEQ_CST);
        return;
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    struct svsm_log_record copy = *record;
    copy.sequence = number;
    store(slot, &copy);
    __atomic_store_n(&slot->state, number, __ATOMIC_RELEASE);
}

/* Copy record `number`. false: it is not there (any more, or yet). */
static bool fetch(uint64_t number, struct svsm_log_record *out)
{
    const struct svsm_log_slot *slot = &log_ring.slots[number % SVSM_LOG_RECORDS];
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

bool log_read(uint64_t after, struct svsm_log_record *out)
{
    uint64_t last = __atomic_load_n(&log_ring.newest, __ATOMIC_SEQ_CST);
    uint64_t first = last > SVSM_LOG_RECORDS ? last - SVSM_LOG_RECORDS + 1 : 1;
    if (after == UINT64_MAX) {
        return false;
    }
    for (uint64_t n = after + 1 > first ? after + 1 : first; n <= last; n++) {
        if (fetch(n, out)) {
            return true;
        }
        if (last - n < IN_FLIGHT) {
            return false; /* its writer may be at work: keep the order */
        }
    }
    return false;
}

uint64_t log_lost(void)
{
    return __atomic_load_n(&log_ring.lost, __ATOMIC_SEQ_CST);
}
