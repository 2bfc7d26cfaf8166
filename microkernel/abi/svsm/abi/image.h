/* SPDX-License-Identifier: MIT */
/*
 * The system description that the image builder hands to ring 0: every task, endpoint, operation,
 * handle and device, already checked and placed. Ring 0 parses no other format. It is measured
 * with the image, so ring 0 trusts it; it still checks it once at boot (image_check) because a
 * builder's mistake should be named, not executed.
 *
 * The description lies at the start of a page-aligned blob behind the kernel. Tables follow the
 * header at the offsets it names (bytes from the header, 8-byte aligned), then, page-aligned, the
 * initial contents of the tasks' segments. Indexes in one table name entries of another.
 *
 * Link rule: the builder finds symbol `image_location` (struct svsm_image_location, section
 * .rodata) in the kernel and fills it in.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/info.h>
#include <svsm/abi/lease.h>
#include <svsm/abi/call.h>

#define SVSM_IMAGE_MAGIC UINT64_C(0x314547414d495653) /* "SVIMAGE1" */
#define SVSM_TASKS_MAX 32
#define SVSM_REGIONS_MAX 6
#define SVSM_VCPUS_MAX 16

struct svsm_image_location {
    uint64_t magic;
    uint64_t pa;         /* of the blob, page aligned */
    uint64_t size;       /* bytes, a multiple of the page size */
    uint64_t pool_pages; /* 4 KiB pages behind the blob that ring 0 takes for everything else */
};
_Static_assert(sizeof(struct svsm_image_location) == 32, "struct svsm_image_location");

struct svsm_image_header {
    uint64_t magic;
    uint32_t abi_version;
    uint32_t flags;                             /* SVSM_INFO_TEST_IMAGE */
    uint32_t task_count, task_offset;           /* struct svsm_image_task */
    uint32_t endpoint_count, endpoint_offset;   /* struct svsm_image_endpoint */
    uint32_t operation_count, operation_offset; /* struct svsm_image_operation */
    uint32_t handle_count, handle_offset;       /* struct svsm_image_handle */
    uint32_t device_count, device_offset;       /* struct svsm_image_device */
    uint32_t boot_count, boot_offset;           /* struct svsm_image_boot */
    uint64_t size;                              /* of the whole blob */
};
_Static_assert(sizeof(struct svsm_image_header) == 72, "struct svsm_image_header");

enum svsm_policy {
    SVSM_POLICY_CLEAN = 0,
    SVSM_POLICY_ROLLBACK = 1,
    SVSM_POLICY_NEVER = 2,
    SVSM_POLICIES = 3,
};

#define SVSM_REGION_WRITE 1u
#define SVSM_REGION_EXECUTE 2u /* never together with WRITE */

/* One segment of a task's image area. Sorted by va, never overlapping. */
struct svsm_image_region {
    uint64_t va; /* page aligned, inside the image area */
    uint32_t pages;
    uint32_t flags;  /* SVSM_REGION_* */
    uint64_t offset; /* of its initial contents in the blob, page aligned; 0 if bytes == 0 */
    uint64_t bytes;  /* of initial contents; the rest of the region starts as zero */
};
_Static_assert(sizeof(struct svsm_image_region) == 32, "struct svsm_image_region");

struct svsm_image_task {
    char name[SVSM_NAME_MAX];
    uint64_t entry;
    uint32_t policy; /* enum svsm_policy */
    uint32_t activations;
    uint32_t heap_pages;
    uint32_t stack_pages;   /* per activation */
    uint32_t request_pages; /* per activation; 0 = no window */
    uint32_t reply_pages;
    uint32_t stage_pages; /* per activation: ring 0's queue for lease writes */
    uint32_t region_count;
    uint64_t budget_ns;       /* of own time per call; 0 = no limit */
    uint32_t crash_max;       /* more than this many ... */
    uint32_t crash_window_ms; /* ... within this time withdraws the task; 0 = since boot */
    uint32_t handle_first, handle_count;     /* into the handle table */
    uint32_t endpoint_first, endpoint_count; /* endpoints it provides */
    struct svsm_image_region regions[SVSM_REGIONS_MAX];
    uint8_t digest[32]; /* SHA-256 of the initial contents of its regions, in order */
    /* Its symbol table (symbols.h) in the blob, 8-byte aligned; size 0 = none. */
    uint32_t symbols_offset, symbols_size;
};
_Static_assert(sizeof(struct svsm_image_task) ==
                   24 + 8 + 32 + 8 + 8 + 16 + 32 * SVSM_REGIONS_MAX + 32 + 8,
               "struct svsm_image_task");

#define SVSM_PROTOCOL_NONE UINT32_C(0xffffffff)

struct svsm_image_endpoint {
    char name[SVSM_NAME_MAX];
    uint32_t task;
    uint32_t protocol; /* SVSM protocol number that guests reach it by, or SVSM_PROTOCOL_NONE */
    uint32_t operation_first, operation_count; /* dense: operation n is entry first + n */
};
_Static_assert(sizeof(struct svsm_image_endpoint) == 40, "struct svsm_image_endpoint");

#define SVSM_OPERATION_VALID 1u      /* a hole in the numbering has this clear */
#define SVSM_OPERATION_IDEMPOTENT 2u /* or journaled: a caller that is replayed may repeat it */

struct svsm_image_operation {
    char name[SVSM_NAME_MAX];
    uint32_t flags;
    uint32_t buffer_count;
    struct svsm_buffer buffers[SVSM_LEASES_MAX];
};
_Static_assert(sizeof(struct svsm_image_operation) == 64, "struct svsm_image_operation");

#define SVSM_CONTROL_INJECT 1u

struct svsm_image_handle {
    char name[SVSM_NAME_MAX];
    uint32_t type;   /* enum svsm_handle_type */
    uint32_t object; /* ENDPOINT: endpoint; EVENT, CONTROL: task; DEVICE: device; else 0 */
    uint64_t rights; /* EVENT: the bits it may set; CONTROL: SVSM_CONTROL_*; else 0 */
};
_Static_assert(sizeof(struct svsm_image_handle) == 40, "struct svsm_image_handle");

#define SVSM_IRQ_NONE 0xffffu
#define SVSM_DEVICE_DMA 1u /* it reads and writes memory by itself: not contained by ring 0 */

struct svsm_image_device {
    char name[SVSM_NAME_MAX];
    uint32_t owner;      /* task */
    uint16_t port_first; /* I/O ports [first, first + count) */
    uint16_t port_count;
    uint16_t irq;   /* ISA interrupt, edge triggered, or SVSM_IRQ_NONE */
    uint16_t flags; /* SVSM_DEVICE_* */
    uint16_t reserved[2];
    uint64_t event_bits; /* set in the owner's event word by the interrupt */
};
_Static_assert(sizeof(struct svsm_image_device) == 48, "struct svsm_image_device");

#define SVSM_VCPU_ALL UINT32_C(0xffff)

/* An operation that a boot chain runs, in table order, once every task has been initialised. */
struct svsm_image_boot {
    uint32_t endpoint;
    uint32_t operation;
    uint32_t vcpu; /* or SVSM_VCPU_ALL: on every vCPU at once */
    uint32_t reserved;
};
_Static_assert(sizeof(struct svsm_image_boot) == 16, "struct svsm_image_boot");
