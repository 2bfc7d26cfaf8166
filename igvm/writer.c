/* SPDX-License-Identifier: MIT */
/* Writes IGVM files. See writer.h. */
#include "writer.h"

#include <stdlib.h>

#include "igvm_file.h"

#define SIZE_2M UINT64_C(0x200000)

void writer_init(struct writer *w, unsigned version)
{
    *w = (struct writer){.version = version};
}

/* Room for so many bytes more, zeroed; NULL: no memory. */
static uint8_t *grow(struct writer *w, struct writer_buffer *b, size_t size)
{
    if (w->no_memory) {
        return NULL;
    }
    if (b->room - b->size < size) {
        size_t room = b->size + size > b->room * 2 ? b->size + size : b->room * 2;
        uint8_t *at = realloc(b->at, room);
        if (at == NULL) {
            w->no_memory = true;
            return NULL;
        }
        b->at = at;
        b->room = room;
    }
    uint8_t *out = b->at + b->size;
    memset(out, 0, size);
    b->size += size;
    return out;
}

void writer_add(struct writer *w, uint32_t type, const void *content, size_t size)
{
    const struct igvm_variable v = {type, (uint32_t)size};
    const size_t padded = (size + IGVM_ALIGNMENT - 1) & ~(size_t)(IGVM_ALIGNMENT - 1);
    uint8_t *at = grow(w, &w->headers, sizeof(v) + padded);
    if (at != NULL) {
        memcpy(at, &v, sizeof(v));
        memcpy(at + sizeof(v), content, size);
    }
}

/* Where the bytes will lie, as headers hold it until the end. */
static uint32_t add_data(struct writer *w, const void *bytes, size_t size)
{
    uint8_t *at = w->data.size + size < UINT32_MAX ? grow(w, &w->data, size) : NULL;
    if (at == NULL) {
        w->no_memory = true;
        return 0;
    }
    memcpy(at, bytes, size);
    return (uint32_t)(w->data.size - size + 1);
}

static bool all_zero(const uint8_t *bytes, size_t size)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

void writer_page(struct writer *w, struct igvm_page_data page, const uint8_t *contents)
{
    const size_t size = (page.flags & IGVM_PAGE_2M) != 0 ? SIZE_2M : IGVM_PAGE_SIZE;
    page.file_offset =
        contents == NULL || all_zero(contents, size) ? 0 : add_data(w, contents, size);
    writer_add(w, IGVM_VHT_PAGE_DATA, &page, sizeof(page));
}

void writer_context(struct writer *w, struct igvm_vp_context context, const struct vmsa *vmsa)
{
    context.file_offset = add_data(w, vmsa, sizeof(*vmsa));
    writer_add(w, IGVM_VHT_VP_CONTEXT, &context, sizeof(context));
}

/* The offset in the file of what a header names. */
static void place(uint8_t *header, uint32_t type, uint32_t base)
{
    size_t at = type == IGVM_VHT_PAGE_DATA ? offsetof(struct igvm_page_data, file_offset)
                                           : offsetof(struct igvm_vp_context, file_offset);
    uint32_t offset;
    memcpy(&offset, header + at, sizeof(offset));
    offset = offset == 0 ? 0 : offset - 1 + base;
    memcpy(header + at, &offset, sizeof(offset));
}

static void place_all(struct writer *w, uint32_t base)
{
    struct igvm_variable v;
    for (size_t at = 0; at < w->headers.size; at += sizeof(v) + ((v.length + 7u) & ~7u)) {
        memcpy(&v, w->headers.at + at, sizeof(v));
        if (v.type == IGVM_VHT_PAGE_DATA || v.type == IGVM_VHT_VP_CONTEXT) {
            place(w->headers.at + at + sizeof(v), v.type, base);
        }
    }
}

static void assemble(struct writer *w, uint8_t *out, size_t fixed, size_t size)
{
    struct igvm_header_v2 h = {
        .v1 = {.magic = IGVM_MAGIC,
               .version = w->version,
               .headers_offset = (uint32_t)fixed,
               .headers_size = (uint32_t)w->headers.size,
               .file_size = (uint32_t)size},
        .architecture = IGVM_ARCH_X64,
        .page_size = IGVM_PAGE_SIZE,
    };
    place_all(w, (uint32_t)(fixed + w->headers.size));
    memcpy(out, &h, fixed);
    memcpy(out + fixed, w->headers.at, w->headers.size);
    if (w->data.size > 0) {
        memcpy(out + fixed + w->headers.size, w->data.at, w->data.size);
    }
    h.v1.checksum = igvm_file_checksum((struct bytes){out, fixed},
                                       (struct bytes){out + fixed, w->headers.size});
    memcpy(out, &h, fixed);
}

bool writer_finish(struct writer *w, struct bytes *file, struct fail *f)
{
    const size_t fixed = w->version == IGVM_VERSION_1 ? sizeof(struct igvm_header_v1)
                                                      : sizeof(struct igvm_header_v2);
    const size_t size = fixed + w->headers.size + w->data.size;
    uint8_t *out = w->no_memory || size > UINT32_MAX ? NULL : malloc(size);
    if (out != NULL) {
        assemble(w, out, fixed, size);
        *file = (struct bytes){out, size};
    }
    free(w->headers.at);
    free(w->data.at);
    writer_init(w, w->version);
    return out != NULL ||
           fail_because(f, "an IGVM file of %zu bytes: more than memory or the format has room for",
                        size);
}
