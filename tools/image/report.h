/* SPDX-License-Identifier: MIT */
/* What an image holds, who may do what in it, and what it does not contain. */
#pragma once
#include "elffile.h"
#include "flat.h"
#include <stdio.h>

/* Memory of one task in bytes. */
struct report_memory {
    uint64_t text, rodata, data, bss;
    uint64_t heap, stack, tls, windows, stage;
    uint64_t shadow; /* rollback: copy of the state, and what maps it */
    uint64_t tables; /* page tables and information page */
    uint64_t total;  /* in the blob and in the pool */
};

[[nodiscard]] struct report_memory report_memory(const struct svsm_image_task *t);

/* Frames from this task down to the deepest it may reach, itself included. */
[[nodiscard]] uint32_t report_depth(const struct flat *f, uint32_t task);

#define REPORT_WARNING_MAX 200
/*
 * The n-th thing that ring 0 does not contain or that weakens the image, as text. False if there
 * are not so many.
 */
[[nodiscard]] bool report_not_contained(const struct flat *f, uint32_t n,
                                        char out[REPORT_WARNING_MAX]);

void report_hex(char out[65], const uint8_t digest[32]);

/* `kernel`: sizes of ring 0's parts, or NULL if only the image is known. */
void report_text(FILE *out, const struct flat *f, const struct elffile_sizes *kernel);
/* False if memory or the disk ran out. */
[[nodiscard]] bool report_json(FILE *out, const struct flat *f, const struct elffile_sizes *kernel);

/* The image's tables. */
static inline const struct svsm_image_task *report_task(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_task *)(f->blob + f->header->task_offset) + i;
}

static inline const struct svsm_image_endpoint *report_endpoint(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_endpoint *)(f->blob + f->header->endpoint_offset) + i;
}

static inline const struct svsm_image_operation *report_operation(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_operation *)(f->blob + f->header->operation_offset) + i;
}

static inline const struct svsm_image_handle *report_handle(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_handle *)(f->blob + f->header->handle_offset) + i;
}

static inline const struct svsm_image_device *report_device(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_device *)(f->blob + f->header->device_offset) + i;
}

static inline const struct svsm_image_boot *report_boot(const struct flat *f, uint32_t i)
{
    return (const struct svsm_image_boot *)(f->blob + f->header->boot_offset) + i;
}

extern const char *const report_handle_types[SVSM_HANDLE_TYPES];
extern const char *const report_rights[4];
extern const char *const report_kinds[4]; /* by enum svsm_buffer_kind */
