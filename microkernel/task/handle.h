/* SPDX-License-Identifier: MIT */
/* Handles: indexes into a task's own part of the image's handle table. */
#pragma once
#include <task/task.h>

/* The handle of that number and type, or NULL: then the task misused the call. */
[[nodiscard]] const struct svsm_image_handle *
handle_find(const struct svsm_image_task *t, uint64_t handle, enum svsm_handle_type type);
