/* SPDX-License-Identifier: MIT */
/* SVSM_SYS_TASK_CTL: status, kill and fault injection; reading the fault ring and the log. */
#pragma once
#include <task/task.h>

enum next control_call(struct cpu *cpu);
