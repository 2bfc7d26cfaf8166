/* SPDX-License-Identifier: MIT */
/* See copy.S. One of the two addresses is a window on the guest's memory. false: it is not there.
 */
#pragma once
#include <cdefs.h>

[[nodiscard]] bool copy_move(void *dst, const void *src, size_t size);
[[nodiscard]] bool copy_clear(void *dst, size_t words);
[[nodiscard]] bool copy_exchange(uint8_t *at, uint8_t value, uint8_t *old);
extern const uint8_t copy_move_access[], copy_clear_access[], copy_exchange_access[],
    copy_missing[];
