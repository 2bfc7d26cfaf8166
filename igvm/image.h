/* SPDX-License-Identifier: MIT */
/*
 * The launch image (wire/launch.h) as it grows: page runs in the order in which they are measured,
 * vCPUs, and the bytes of the runs. What is added is checked here once for every kind of guest:
 * aligned, in memory or in the firmware's window, and no page twice.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/launch.h>
#include <svsm/abi/vmsa.h>
#include <wire/launch.h>

#include "fail.h"

#define IMAGE_PAGE UINT64_C(4096)
#define IMAGE_LARGE UINT64_C(0x200000)
#define IMAGE_VCPUS 16u
#define IMAGE_RUNS_MAX 8192u

struct image {
    struct launch_header header; /* the caller's; counts, offsets and size are image_finish()'s */
    struct launch_run *runs;     /* their data counts from the start of pages */
    struct launch_vcpu vcpus[IMAGE_VCPUS];
    uint8_t *pages;
    size_t pages_size, pages_room;
    uint32_t runs_room;
};

/* Pages that follow each other. */
struct image_part {
    const char *what; /* for messages, as "section 3" */
    uint64_t gpa;
    uint64_t size;     /* bytes in the guest, a multiple of the page size */
    const void *bytes; /* NULL: zero pages */
    size_t len;        /* of bytes; zeros follow up to size */
    uint8_t type;      /* PSP_PAGE_*, but for VMSAs */
    bool large;        /* in pages of 2 MiB */
};

/* memory: bytes of guest RAM; vcpus: 1 to IMAGE_VCPUS, none of which has a save area yet. */
bool image_init(struct image *image, uint64_t memory, uint32_t vcpus, struct fail *f);

/* An error leaves the image as it was. */
bool image_add(struct image *image, const struct image_part *part, struct fail *f);

/* For zero pages: what is a whole 2 MiB is a large one. An error may leave its beginning. */
bool image_add_large(struct image *image, const struct image_part *part, struct fail *f);

/*
 * The first save area of a vCPU that has none. Added behind all other pages, by rising APIC ID,
 * as firmware measures them.
 */
bool image_add_vmsa(struct image *image, uint32_t apic_id, const struct vmsa *vmsa, bool runnable,
                    struct fail *f);

/* What firmware puts into the pages of a type once the image is complete: the same in each. */
void image_fill(struct image *image, uint8_t type, const void *page);

/* The whole image, the caller's to free; NULL: no memory. */
uint8_t *image_finish(struct image *image, size_t *size);

void image_free(struct image *image);

/* The bytes of a run before image_finish(); NULL: zero pages. */
const uint8_t *image_run_bytes(const struct image *image, const struct launch_run *run);
