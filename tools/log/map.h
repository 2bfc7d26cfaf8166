/* SPDX-License-Identifier: MIT */
/* The map of an image (systems/NAME.map): the kernel's program, and the tasks in their order. */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/image.h>

struct map {
    uint64_t rings; /* physical address of the log's rings */
    uint32_t task_count;
    char tasks[SVSM_TASKS_MAX][SVSM_NAME_MAX];
};

/* What is wrong has been said: false. */
[[nodiscard]] bool map_read(struct map *m, const char *path);

/* Of a record's task; "ring0" for ring 0. */
[[nodiscard]] const char *map_task(const struct map *m, uint32_t task);
