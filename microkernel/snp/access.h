/* SPDX-License-Identifier: MIT */
/* See access.S. Addresses are those of windows on the guest's memory. */
#pragma once
#include <cdefs.h>

/* false: the page is not there. One of the two is a window, the other ring 0's. */
[[nodiscard]] bool access_move(void *dst, const void *src, size_t size);
[[nodiscard]] bool access_clear(void *dst, size_t words);
[[nodiscard]] bool access_exchange(uint8_t *at, uint8_t value, uint8_t *old);
/* The instruction's code, or SNP_GONE. */
[[nodiscard]] uint32_t access_pvalidate(uint64_t va, uint32_t size, uint32_t validate,
                                        bool *unchanged);
[[nodiscard]] uint32_t access_rmpadjust(uint64_t va, uint64_t size, uint64_t rdx);

/* INVLPGB with this RAX, of all addresses of this guest, and TLBSYNC. false: the CPU or the host
 * does not let us. */
[[nodiscard]] bool access_flush(uint64_t rax);

/* Where each of them touches it, and where it goes on without: returning false, or SNP_GONE. */
extern const uint8_t access_move_at[], access_clear_at[], access_exchange_at[];
extern const uint8_t access_pvalidate_at[], access_rmpadjust_at[];
extern const uint8_t access_invlpgb_at[], access_tlbsync_at[];
extern const uint8_t access_missing[], access_gone[];
