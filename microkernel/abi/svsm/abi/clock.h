/* SPDX-License-Identifier: MIT */
/*
 * The time page: what a task needs to read the monotonic clock without a system call.
 *
 *   do { s = sequence (acquire); if odd, again;
 *        ns = base_ns + (((LFENCE; RDTSC) - base_tsc) * mult) >> shift;   (128-bit product)
 *   } while (sequence changed);
 *
 * Time counts from boot and never goes backwards, on one vCPU or across several.
 */
#pragma once
#include <stdint.h>

#define SVSM_CLOCK_TRUSTED 1u /* Secure TSC: the host can neither scale nor shift it */

struct svsm_time_page {
    uint32_t sequence; /* odd while it is being changed */
    uint32_t flags;    /* SVSM_CLOCK_TRUSTED */
    uint64_t base_tsc;
    uint64_t base_ns;
    uint64_t mult;
    uint32_t shift;
    uint32_t reserved;
    uint64_t tsc_hz;
};
_Static_assert(sizeof(struct svsm_time_page) == 48, "struct svsm_time_page");
