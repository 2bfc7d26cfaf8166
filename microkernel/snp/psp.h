/* SPDX-License-Identifier: MIT */
/*
 * The machine's side of guest messages (56860): who carries them, who has the key, who takes the
 * clock's parameters. The channel's rules are psp_channel.h; encryption is the psp task's. Every
 * platform has these: one without a PSP (snp/none.c) says so.
 *
 * Called on one vCPU at a time: only the task with the platform handle asks, and it has one
 * activation.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/snp_pages.h>

/* How an attempt to have a request answered ended. The host says so: believed for nothing but what
 * to do next. */
enum [[nodiscard]] psp_outcome{
    PSP_ANSWERED, /* *answer is what the host left, copied once; nothing in it has been checked */
    PSP_AGAIN,    /* busy or throttled, says the host: only these same bytes may be sent again */
    PSP_FAILED,   /* anything else: nobody knows whether the PSP has seen the request */
};

/* Copy the request to a page shared with the host, ask the host to have it answered (GHCB SNP guest
 * request), copy the answer out once. Both pages are ring 0's private memory. */
enum psp_outcome port_psp_exchange(const struct psp_msg *request, struct psp_msg *answer);

/* VMPCK0, the first time; ring 0's copies are wiped then. false: given away already, or there is
 * no PSP. */
[[nodiscard]] bool port_psp_key(struct snp_vmpck *key);

/* Is there a PSP at all? */
[[nodiscard]] bool port_psp_present(void);

/* Has this guest Secure TSC (SEV_STATUS)? Without it firmware is not asked for TSC_INFO. */
[[nodiscard]] bool port_psp_secure_tsc(void);

/* What TSC_INFO said, as the firmware signed it; before any task but psp is initialised. Secure TSC
 * of this and of further vCPUs: offset and scale for save areas, factor for the frequency. */
struct psp_tsc {
    uint64_t scale, offset;
    uint32_t factor;
};
/* With a scale of 0 a clock stands still, and what the factor (in 1/100000) takes off the nominal
 * frequency is little. */
#define PSP_TSC_FACTOR_MOST 50000u
static inline bool psp_tsc_is_sound(const struct psp_tsc *tsc)
{
    return tsc->scale != 0 && tsc->factor <= PSP_TSC_FACTOR_MOST;
}
/* Once at most, with Secure TSC only; `tsc` is sound. */
void port_tsc_info(const struct psp_tsc *tsc);
