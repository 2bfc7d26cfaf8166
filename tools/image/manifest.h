/* SPDX-License-Identifier: MIT */
/*
 * Task manifests and system files, read and checked one by one; links.h checks them together.
 * README.md describes the format. The readers are pure functions over bytes.
 */
#pragma once
#include "diag.h"
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/image.h>

#define MANIFEST_ENDPOINTS_MAX 8
#define MANIFEST_REFERENCES_MAX 32
#define MANIFEST_DEVICES_MAX 8
#define MANIFEST_BOOTS_MAX 32
#define MANIFEST_PATH_MAX 1024

struct manifest_operation {
    char name[SVSM_NAME_MAX];
    bool valid; /* false: a hole in the numbering */
    bool idempotent;
    unsigned line;
    uint32_t buffer_count;
    struct svsm_buffer buffers[SVSM_LEASES_MAX];
};

struct manifest_endpoint {
    char name[SVSM_NAME_MAX];
    uint32_t protocol; /* or SVSM_PROTOCOL_NONE */
    unsigned line;
    uint32_t operation_count;
    struct manifest_operation operations[SVSM_OP_MAX];
};

/* A call, event or control: names something that another task provides, or another task. */
struct manifest_reference {
    char name[SVSM_NAME_MAX];
    uint64_t rights;
    unsigned line;
};

struct manifest_device {
    char name[SVSM_NAME_MAX];
    uint16_t port_first, port_count;
    uint16_t irq; /* or SVSM_IRQ_NONE */
    uint16_t flags;
    uint64_t event_bits;
    unsigned line;
};

struct manifest {
    char file[MANIFEST_PATH_MAX];
    unsigned line;
    char name[SVSM_NAME_MAX];
    enum svsm_policy policy;
    bool stateful, log, platform;
    uint32_t heap_pages, stack_pages, stage_pages, request_pages, reply_pages;
    uint32_t activations;
    uint64_t budget_ns;
    uint32_t crash_max, crash_window_ms;
    uint32_t endpoint_count, call_count, event_count, device_count, control_count;
    struct manifest_endpoint endpoints[MANIFEST_ENDPOINTS_MAX];
    struct manifest_reference calls[MANIFEST_REFERENCES_MAX];
    struct manifest_reference events[MANIFEST_REFERENCES_MAX];
    struct manifest_reference controls[MANIFEST_REFERENCES_MAX];
    struct manifest_device devices[MANIFEST_DEVICES_MAX];
};

enum system_kind {
    SYSTEM_RELEASE = 0,
    SYSTEM_DEVELOPMENT = 1,
    SYSTEM_TEST = 2,
    SYSTEM_KINDS = 3,
};

struct system_boot {
    char endpoint[SVSM_NAME_MAX];
    char operation[SVSM_NAME_MAX];
    uint32_t vcpu; /* or SVSM_VCPU_ALL */
    unsigned line;
};

struct system_file {
    char file[MANIFEST_PATH_MAX];
    unsigned line;
    char name[SVSM_NAME_MAX];
    enum system_kind kind;
    uint32_t task_count, boot_count;
    struct manifest_reference tasks[SVSM_TASKS_MAX];
    struct system_boot boots[MANIFEST_BOOTS_MAX];
};

extern const char *const manifest_policies[SVSM_POLICIES];
extern const char *const manifest_kinds[SYSTEM_KINDS];

/* Both true if nothing was found wrong; what is wrong goes to `d`. `file` only names it. */
[[nodiscard]] bool manifest_read(struct diag *d, const char *file, const void *bytes, size_t size,
                                 struct manifest *out);
[[nodiscard]] bool manifest_read_system(struct diag *d, const char *file, const void *bytes,
                                        size_t size, struct system_file *out);
