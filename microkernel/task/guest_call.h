/* SPDX-License-Identifier: MIT */
/* A call of the guest inside the core: which operation, which memory, which answer. See guest.h. */
#pragma once
#include <task/call.h>
#include <task/guest.h>

/* Start the call. NEXT_IDLE: it was refused, and answered. */
enum next guest_call_begin(struct cpu *cpu, const struct guest_call *call);

/*
 * call_decode() for the frame above the guest: 0 or a result code. Of a partial window (lease.h)
 * the length argument becomes the number of bytes that are there: at least one, and all of them up
 * to the end of a page or max_size. Address 0 is no buffer.
 */
[[nodiscard]] uint32_t guest_call_decode(struct frame *f, const struct svsm_image_operation *o,
                                         struct window_in *in, uint64_t seen[SVSM_ARGS]);

/* The frame above the guest (or the root, which has no buffers) has returned: write what it queued
 * and its reply. All of it is checked before any of it is written. false: memory is gone. */
[[nodiscard]] bool guest_call_commit(const struct frame *f, uint64_t reply_size);

/* The result for what port_guest_check() and its kin say, before the task has run. */
[[nodiscard]] uint32_t guest_call_status(enum status status);

/* Answer the guest, whose frame is on top. */
void guest_call_answer(struct cpu *cpu, uint32_t result, const uint64_t out[SVSM_ARGS]);

/* What the guest is told of a result: ours for tasks (result.h), and those that AMD reserves or
 * that no guest can do anything with, become one of AMD's. Pure. */
[[nodiscard]] uint32_t guest_call_result(uint32_t result);
