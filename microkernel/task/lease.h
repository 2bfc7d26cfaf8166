/* SPDX-License-Identifier: MIT */
/* Leases: memory of a caller in the hands of the frame it called. */
#pragma once
#include <task/task.h>

/* May the frame touch `size` bytes from `offset` on of lease `number` with `right`? Pure.
 * NULL: no; that is a fault. */
[[nodiscard]] const struct lease *lease_find(const struct frame *f, uint64_t number,
                                             uint64_t offset, uint64_t size, unsigned right);

/* Copy from a lease into the running task, which is entered before and after. */
void lease_copy_in(struct cpu *cpu, const struct lease *lease, uint64_t offset, uva_t dst,
                   uint64_t size);

/* Queue bytes of the running task for a lease. false: no room in the stage; that is a fault. */
[[nodiscard]] bool lease_stage(struct frame *f, uint64_t number, uint64_t offset, uva_t src,
                               uint64_t size);

/* The frame has returned: write what it queued. Changes the entered task. */
void lease_commit(struct cpu *cpu, const struct frame *f);
