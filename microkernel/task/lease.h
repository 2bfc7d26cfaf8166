/* SPDX-License-Identifier: MIT */
/* Leases: memory of a caller in the hands of the frame it called. */
#pragma once
#include <task/task.h>

/* May the frame touch `size` bytes from `offset` on of lease `number` with `right`? Pure.
 * NULL: no; that is a fault. */
[[nodiscard]] const struct lease *lease_find(const struct frame *f, uint64_t number,
                                             uint64_t offset, uint64_t size, unsigned right);

/* Copy from a lease into the running task, which is entered before and after. false: it is the
 * guest's memory, and is gone. */
[[nodiscard]] bool lease_copy_in(struct cpu *cpu, const struct lease *lease, uint64_t offset,
                                 uva_t dst, uint64_t size);

/*
 * What a frame writes to memory that was lent on to it reaches its owner only when all between
 * have returned: at the frame's return it is queued in the frame below, as if that had written it.
 * So it needs room there too, and that is asked for beforehand, because a return cannot fail.
 */

/* The lease of the frame below `depth` that frame `depth` knows as lent on; through is not 0. */
const struct lease *lease_of_below(const struct chain *chain, uint32_t depth, unsigned through);

/* Could frame `depth` write `size` bytes more to its lease `l`? Pure; counts what the frames on the
 * way have queued for whomever, and so may say no a little early. */
[[nodiscard]] bool lease_room(const struct chain *chain, uint32_t depth, const struct lease *l,
                              uint64_t size);

/* Queue bytes of the running task for its lease `l`, number `number`. false: no room; a fault. */
[[nodiscard]] bool lease_stage(struct cpu *cpu, const struct lease *l, uint64_t number,
                               uint64_t offset, uva_t src, uint64_t size);

/* The frame on top has returned: write what it queued, or queue it below. Changes the entered
 * task. */
void lease_commit(struct cpu *cpu, const struct frame *f);

/* Its reply window: to its owner, or into the queue of the frame below. The same. */
void lease_reply(struct cpu *cpu, const struct frame *f, uint64_t size);
