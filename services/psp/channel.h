/* SPDX-License-Identifier: MIT */
/*
 * Exchanges with the PSP: number, seal, send, open, and what to do when that goes wrong. Ring 0
 * has the number and the latch (SVSM_SYS_SNP_REQUEST); here is the key, and the last word on
 * whether an answer is the PSP's.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fetch the key, in a new task. false: there is no PSP, or the key has been given away before: an
 * earlier start of this task crashed with it. Then every exchange is refused. */
bool channel_begin(void);

/* Is there a PSP; and Secure TSC, about which it can be asked? */
bool channel_present(void);
bool channel_secure_tsc(void);

/*
 * One exchange: request `type` with `size` bytes of payload, its answer's payload into `out`, which
 * has `room` bytes (at most PSP_PAYLOAD_MAX are needed); *out_size becomes the payload's size.
 * Returns a result code:
 *   SVSM_SUCCESS
 *   SVSM_ERR_UNSUPPORTED_CALL  there is no PSP
 *   SVSM_ERR_BUSY              the host is busy; the next exchange carries this one to its end
 * first SVSM_ERR_INVALID_FORMAT    an answer that is longer than `room` SVSM_ERR_INVALID_REQUEST an
 * outcome was doubtful, now or earlier: the key is gone
 */
uint32_t channel_exchange(uint8_t type, const void *payload, size_t size, void *out, size_t room,
                          size_t *out_size);

/* What ring 0 takes for the clock and for save areas of other vCPUs. */
void channel_tsc(uint64_t scale, uint64_t offset, uint32_t factor);
