/* SPDX-License-Identifier: MIT */
/*
 * Writes IGVM files: headers in the order in which they are added, then the data they name. The
 * same calls give the same bytes. A page of zeros gets no data. A lack of memory shows at the end.
 */
#pragma once
#include <svsm/abi/igvm.h>
#include <svsm/abi/vmsa.h>

#include "bytes.h"
#include "fail.h"

struct writer_buffer {
    uint8_t *at;
    size_t size, room;
};

struct writer {
    unsigned version;             /* IGVM_VERSION_1 or _2 */
    struct writer_buffer headers; /* file offsets count from the data's start, plus 1; 0: none */
    struct writer_buffer data;
    bool no_memory;
};

void writer_init(struct writer *w, unsigned version);

/* A header without data in the file; content: a struct igvm_... of this size. */
void writer_add(struct writer *w, uint32_t type, const void *content, size_t size);

/* PAGE_DATA; its file_offset is the writer's. contents: a page or 2 MiB as its flags say, or NULL.
 */
void writer_page(struct writer *w, struct igvm_page_data page, const uint8_t *contents);

/* VP_CONTEXT; its file_offset is the writer's. */
void writer_context(struct writer *w, struct igvm_vp_context context, const struct vmsa *vmsa);

/* The whole file, the caller's to free(); frees the writer, also when it fails. */
bool writer_finish(struct writer *w, struct bytes *file, struct fail *f);
