/* SPDX-License-Identifier: MIT */
/* The flat file. See flat.h. */
#include "flat.h"
#include "blob.h"
#include "multiboot.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/pool.h>
#include <svsm/abi/pool_size.h>
#include <svsm/abi/snp_image.h>
#include <svsm/abi/symbols.h>
#include <task/image.h>

static uint64_t pool_end(const struct svsm_image_location *l)
{
    return l->pa + l->size + l->pool_pages * SVSM_PAGE_SIZE;
}

static void fill_multiboot(uint8_t *image, const struct kernel *k,
                           const struct svsm_image_location *l)
{
    struct multiboot_header h;
    memcpy(&h, image + k->header, sizeof(h));
    h.header_addr = (uint32_t)(k->base + k->header);
    h.load_addr = (uint32_t)k->base;
    h.load_end_addr = (uint32_t)(l->pa + l->size);
    h.bss_end_addr = (uint32_t)pool_end(l);
    h.entry_addr = (uint32_t)k->entry_pa;
    memcpy(image + k->header, &h, sizeof(h));
}

static void fill_snp(uint8_t *image, const struct svsm_image_location *l)
{
    struct snp_image_header h;
    memcpy(&h, image, sizeof(h));
    h.blob = l->pa;
    h.image_end = l->pa + l->size;
    h.pool_end = pool_end(l);
    memcpy(image, &h, sizeof(h));
}

bool flat_build(struct diag *d, const struct kernel *k, const struct bytes *blob, struct bytes *out)
{
    uint64_t blob_pa = k->base + k->memory.size;
    uint64_t end = blob_pa + blob->size;
    uint64_t pool = svsm_pool_pages((const struct svsm_image_header *)blob->data, end) +
                    (k->snp ? SVSM_POOL_SNP_PAGES : 0);
    uint64_t span = k->memory.size + blob->size + pool * SVSM_PAGE_SIZE;
    *out = (struct bytes){0};
    if (span > FLAT_SPAN_MAX) {
        diag_error(
            d, NULL, 0,
            "the image needs %llu KiB (ring 0 %zu, tasks %zu, memory set aside %llu); at most "
            "%llu KiB",
            (unsigned long long)span >> 10, k->memory.size >> 10, blob->size >> 10,
            (unsigned long long)pool * (SVSM_PAGE_SIZE >> 10),
            (unsigned long long)FLAT_SPAN_MAX >> 10);
        return false;
    }
    out->size = k->memory.size + blob->size;
    out->data = malloc(out->size);
    if (out->data == NULL) {
        diag_error(d, NULL, 0, "out of memory");
        return false;
    }
    struct svsm_image_location location = {
        .magic = SVSM_IMAGE_MAGIC, .pa = blob_pa, .size = blob->size, .pool_pages = pool};
    memcpy(out->data, k->memory.data, k->memory.size);
    memcpy(out->data + k->memory.size, blob->data, blob->size);
    memcpy(out->data + k->location, &location, sizeof(location));
    if (k->snp) {
        fill_snp(out->data, &location);
    } else {
        fill_multiboot(out->data, k, &location);
    }
    return true;
}

/* What both kinds of header say. */
struct header {
    uint64_t load, load_end, pool_end, entry;
    bool snp;
};

static bool find_snp(const uint8_t *bytes, size_t size, struct header *out)
{
    struct snp_image_header h;
    if (size < sizeof(h)) {
        return false;
    }
    memcpy(&h, bytes, sizeof(h));
    *out = (struct header){h.load, h.image_end, h.pool_end, h.entry, true};
    return h.magic == SNP_IMAGE_MAGIC && h.version == SNP_IMAGE_VERSION &&
           h.load == SNP_IMAGE_KERNEL;
}

static bool find_multiboot(const uint8_t *bytes, size_t size, struct header *out)
{
    struct multiboot_header h;
    size_t limit = size < MULTIBOOT_SEARCH ? size : MULTIBOOT_SEARCH;
    for (size_t at = 0; at + sizeof(h) <= limit; at += 4) {
        memcpy(&h, bytes + at, sizeof(h));
        if (h.magic == MULTIBOOT_MAGIC && (h.flags & MULTIBOOT_ADDRESSES) != 0 &&
            h.magic + h.flags + h.checksum == 0) {
            *out =
                (struct header){h.load_addr, h.load_end_addr, h.bss_end_addr, h.entry_addr, false};
            return h.header_addr - h.load_addr == at;
        }
    }
    return false;
}

/* The one 8-byte aligned place in the kernel that says where the blob is. */
static bool find_location(const uint8_t *bytes, size_t size, uint64_t base,
                          struct svsm_image_location *out)
{
    unsigned found = 0;
    for (size_t at = 0; at + sizeof(*out) <= size; at += 8) {
        struct svsm_image_location l;
        memcpy(&l, bytes + at, sizeof(l));
        if (l.magic == SVSM_IMAGE_MAGIC && l.pa % SVSM_PAGE_SIZE == 0 && l.pa > base + at &&
            l.pa - base <= size && l.size != 0 && l.size == size - (l.pa - base)) {
            *out = l;
            found++;
        }
    }
    return found == 1;
}

/* What image_check() does not look at, because ring 0 need not. */
static bool check_contents(struct diag *d, const char *file, const struct flat *f)
{
    const struct svsm_image_task *tasks = (const void *)(f->blob + f->header->task_offset);
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        const struct svsm_image_task *t = &tasks[i];
        uint8_t digest[32];
        if (!blob_digest(f->blob, t, digest) || memcmp(digest, t->digest, sizeof(digest)) != 0) {
            diag_error(d, file, 0, "task '%s': its contents do not have the digest that is stored",
                       t->name);
            return false;
        }
        if (t->symbols_size != 0 &&
            !svsm_symbols_sound(f->blob + t->symbols_offset, t->symbols_size)) {
            diag_error(d, file, 0, "task '%s': its symbol table is damaged", t->name);
            return false;
        }
    }
    const struct svsm_image_operation *operations =
        (const void *)(f->blob + f->header->operation_offset);
    for (uint32_t i = 0; i < f->header->operation_count; i++) {
        if (memchr(operations[i].name, 0, SVSM_NAME_MAX) == NULL) {
            diag_error(d, file, 0, "the name of an operation does not end");
            return false;
        }
    }
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        if (report_depth(f, i) > SVSM_CALL_DEPTH_MAX) {
            diag_error(d, file, 0, "task '%s': its calls are more than %u tasks deep, or circular",
                       tasks[i].name, SVSM_CALL_DEPTH_MAX);
            return false;
        }
    }
    uint64_t pool = svsm_pool_pages(f->header, f->location.pa + f->location.size) +
                    (f->snp ? SVSM_POOL_SNP_PAGES : 0);
    if (pool != f->location.pool_pages) {
        diag_error(d, file, 0, "%llu pages are set aside; the tasks need %llu",
                   (unsigned long long)f->location.pool_pages, (unsigned long long)pool);
        return false;
    }
    return true;
}

bool flat_read(struct diag *d, const char *file, const void *bytes, size_t size, struct flat *out)
{
    struct header h;
    *out = (struct flat){.size = size};
    if (!find_snp(bytes, size, &h) && !find_multiboot(bytes, size, &h)) {
        diag_error(d, file, 0,
                   "not an image: no Multiboot header with addresses in its first %u "
                   "bytes",
                   MULTIBOOT_SEARCH);
        return false;
    }
    out->base = h.load;
    out->entry = h.entry;
    out->snp = h.snp;
    if (h.load_end - h.load != size) {
        diag_error(d, file, 0, "truncated image: %zu bytes of %lu", size,
                   (unsigned long)(h.load_end - h.load));
        return false;
    }
    if (h.entry < h.load || h.entry >= h.load_end) {
        diag_error(d, file, 0, "the entry address 0x%lx is outside the image",
                   (unsigned long)h.entry);
        return false;
    }
    if (!find_location(bytes, size, out->base, &out->location)) {
        diag_error(d, file, 0, "no system description in this image, or more than one");
        return false;
    }
    out->blob = (const uint8_t *)bytes + (out->location.pa - out->base);
    out->header = (const struct svsm_image_header *)out->blob;
    const char *bad = image_check(out->blob, out->location.size);
    if (bad != NULL) {
        diag_error(d, file, 0, "the system description is damaged: %s", bad);
        return false;
    }
    if (h.pool_end - h.load_end != out->location.pool_pages * SVSM_PAGE_SIZE) {
        diag_error(d, file, 0, "the header does not reserve the memory set aside");
        return false;
    }
    return check_contents(d, file, out);
}
