/* SPDX-License-Identifier: MIT */
/* Device access of tasks: ports that the manifest grants, nothing else. */
#pragma once
#include <task/task.h>

/* SVSM_SYS_HOST_IO of the running task. */
enum next io_access(struct cpu *cpu);
