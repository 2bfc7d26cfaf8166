/* SPDX-License-Identifier: MIT */
/* The stops that have to do with a guest; see stop.h for their lines. */
#pragma once
#include "machine.h"

/* kind is a word, rule one of rules.def or RULE_NONE; gpa is left out if it is RMP_NO_FRAME. */
[[gnu::noreturn]] void stopped_by(const struct level *level, const char *kind, unsigned rule,
                                  uint64_t gpa);
[[gnu::noreturn]] void stopped_terminated(const struct level *level,
                                          const struct ghcb_outcome *outcome);
/* The save area holds registers of ours, behind an entry with RIP = entered. */
[[gnu::noreturn]] void stopped_lost(const struct level *level, uint64_t entered);
[[gnu::noreturn]] void stopped_exit(uint32_t code);
[[gnu::noreturn]] void stopped_off(void);
[[gnu::noreturn]] void stopped_reset(void);
