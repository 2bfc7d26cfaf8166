/* SPDX-License-Identifier: MIT */
/*
 * Entropy: RDSEED, with retries and a check that it is not stuck. Images marked for tests may run
 * on a CPU without it (TCG of QEMU 7.2); what they get then is no entropy in any serious sense, and
 * the log says so.
 */
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <task/port.h>

#define RETRIES 1000
#define JITTER_ROUNDS 32

ROINIT static bool weak;
static atomic_ullong weak_state;

static bool rdseed(uint64_t *out)
{
    for (int i = 0; i < RETRIES; i++) {
        bool ok;
        /* SAFETY: reads the generator; the carry flag says whether there was a number. */
        asm volatile("rdseed %0" : "=r"(*out), "=@ccc"(ok));
        if (ok) {
            return true;
        }
        cpu_pause();
    }
    return false;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Tests only: TSC jitter, stirred with RDRAND where there is one. */
static uint64_t weak_word(void)
{
    uint64_t word = atomic_fetch_add(&weak_state, UINT64_C(0x9e3779b97f4a7c15));
    for (int i = 0; i < JITTER_ROUNDS; i++) {
        word = mix(word ^ tsc_read());
    }
    if (features_cpu.rdrand) {
        uint64_t extra = 0;
        /* SAFETY: as above; a failure gives 0, which the mix tolerates. */
        asm volatile("rdrand %0" : "=r"(extra) : : "cc");
        word = mix(word ^ extra);
    }
    return word;
}

/* One word, and a look at whether the source is stuck: all zeros, all ones, or the same again. */
static bool word_get(uint64_t *word, uint64_t previous)
{
    if (weak) {
        *word = weak_word();
        return true;
    }
    return rdseed(word) && *word != 0 && *word != UINT64_MAX && *word != previous;
}

bool port_random(void *dst, size_t size)
{
    uint8_t *out = dst;
    uint64_t previous = 0;
    for (size_t done = 0; done < size; done += sizeof(previous)) {
        uint64_t word = 0;
        if (!word_get(&word, previous)) {
            memset(dst, 0, size);
            return false;
        }
        previous = word;
        memcpy(out + done, &word, size - done < sizeof(word) ? size - done : sizeof(word));
    }
    return true;
}

void random_init(bool test_image)
{
    if (!features_cpu.rdseed && test_image) {
        weak = true;
        LOG_WARNING(
            "no RDSEED: this test image runs WITHOUT ENTROPY; keys made here are worthless");
    }
}
