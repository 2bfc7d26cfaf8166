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

#define WRITING (UINT64_C(1) << 63)
#define WORDS (sizeof(struct svsm_log_record) / 8)
#define IN_FLIGHT 64u /* a record this far behind the newest that is not there never will be */

struct slot {
    atomic_ullong state; /* number of the record in it, with WRITING while it is being stored */
    atomic_ullong words[WORDS];
};

static struct slot slots[LOG_RECORDS];
static atomic_ullong newest;
static atomic_ullong lost;

static void store(struct slot *slot, const struct svsm_log_record *record)
{
    uint64_t words[WORDS];
    memcpy(words, record, sizeof(words));
    for (unsigned i = 0; i < WORDS; i++) {
        atomic_store_explicit(&slot->words[i], words[i], memory_order_relaxed);
    }
}

void log_append(const struct svsm_log_record *record)
{
    uint64_t number = atomic_fetch_add(&newest, 1) + 1;
    struct slot *slot = &slots[number % LOG_RECORDS];
    unsigned long long before = number > LOG_RECORDS ? number - LOG_RECORDS : 0;
    if (!atomic_compare_exchange_strong(&slot->state, &before, number | WRITING)) {
        atomic_fetch_add(&lost, 1);
        return;
    }
    atomic_thread_fence(memory_order_release);
    struct svsm_log_record copy = *record;
    copy.sequence = number;
    store(slot, &copy);
    atomic_store_explicit(&slot->state, number, memory_order_release);
}

/* Copy record `number`. false: it is not there (any more, or yet). */
static bool fetch(uint64_t number, struct svsm_log_record *out)
{
    struct slot *slot = &slots[number % LOG_RECORDS];
    uint64_t words[WORDS];
    if (atomic_load_explicit(&slot->state, memory_order_acquire) != number) {
        return false;
    }
    for (unsigned i = 0; i < WORDS; i++) {
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_relaxed);
    }
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&slot->state, memory_order_relaxed) != number) {
        return false;
    }
    memcpy(out, words, sizeof(*out));
    return true;
}

bool log_read(uint64_t after, struct svsm_log_record *out)
{
    uint64_t last = atomic_load(&newest);
    uint64_t first = last > LOG_RECORDS ? last - LOG_RECORDS + 1 : 1;
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
    return atomic_load(&lost);
}
