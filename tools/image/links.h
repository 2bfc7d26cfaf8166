/* SPDX-License-Identifier: MIT */
/*
 * The manifests of one system taken together: names resolved to indexes, and every rule that
 * needs more than one of them. Task indexes are those of the image.
 */
#pragma once
#include "manifest.h"

#define LINKS_ENDPOINTS_MAX (SVSM_TASKS_MAX * MANIFEST_ENDPOINTS_MAX)

struct links_endpoint {
    uint32_t task;
    uint32_t own; /* index among the task's endpoints */
};

struct links {
    const struct system_file *system; /* NULL: manifests are checked without one */
    uint32_t task_count;
    struct manifest *tasks[SVSM_TASKS_MAX];
    uint32_t endpoint_count;
    struct links_endpoint endpoints[LINKS_ENDPOINTS_MAX];
};

#define LINKS_NONE UINT32_MAX

/* `system`, `tasks` and `task_count` are set, tasks in the system's order. */
[[nodiscard]] bool links_check(struct diag *d, struct links *l);

[[nodiscard]] uint32_t links_task(const struct links *l, const char *name);
[[nodiscard]] uint32_t links_endpoint(const struct links *l, const char *name);
[[nodiscard]] const struct manifest_endpoint *links_endpoint_of(const struct links *l,
                                                                uint32_t index);
