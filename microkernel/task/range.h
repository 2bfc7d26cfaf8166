/* SPDX-License-Identifier: MIT */
/* Is a range of user addresses the task's own? */
#pragma once
#include <task/task.h>

/*
 * True if [va, va + size) lies inside one area of `t` that CPL 3 may read and, if `write`, write.
 * An empty range is always fine. Areas never change and are always mapped, so a range that passes
 * can be copied without a fault.
 */
[[nodiscard]] bool range_ok(const struct task *t, uint64_t va, uint64_t size, bool write);
