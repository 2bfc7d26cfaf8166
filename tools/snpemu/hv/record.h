/* SPDX-License-Identifier: MIT */
/* Lines for --record, wire/lines.h: what a guest asked for and what it was answered. */
#pragma once
#include "../core/insn.h"
#include "machine.h"

struct ghcb_call;

/* Before and after a VMGEXIT; nothing where a page was asked. */
void record_msr(const struct level *level, uint64_t request, uint64_t answer);

/* An operation of struct ghcb_ops. */
void record_event(void *context, const struct ghcb_call *call);

/* Before its result is in the save area. */
void record_insn(const struct level *level, const char *name, const struct insn_result *result,
                 uint64_t gpa);
