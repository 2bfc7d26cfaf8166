/* SPDX-License-Identifier: MIT */
/* The kernel's ELF file, laid out as it lies in memory. See kernel.h. */
#include "kernel.h"
#include "multiboot.h"
#include "symtab.h"
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/image.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/snp_image.h>

static bool check_places(struct diag *d, const struct elffile *e, uint64_t *base, uint64_t *end)
{
    *base = UINT64_MAX;
    *end = 0;
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        for (uint32_t j = 0; j < i; j++) {
            const struct elffile_segment *o = &e->segments[j];
            if (s->pa < o->pa + o->memory_size && o->pa < s->pa + s->memory_size) {
                diag_error(d, e->file, 0, "segments at physical 0x%llx and 0x%llx overlap",
                           (unsigned long long)o->pa, (unsigned long long)s->pa);
                return false;
            }
        }
        *base = s->pa < *base ? s->pa : *base;
        *end = s->pa + s->memory_size > *end ? s->pa + s->memory_size : *end;
    }
    *base -= *base % SVSM_PAGE_SIZE;
    *end += (SVSM_PAGE_SIZE - *end % SVSM_PAGE_SIZE) % SVSM_PAGE_SIZE;
    if (*base < KERNEL_BASE_MIN || *end - *base > KERNEL_SPAN_MAX || *end > UINT32_MAX) {
        diag_error(d, e->file, 0,
                   "the kernel lies at physical 0x%llx to 0x%llx; it must begin at 1 MiB or above "
                   "and span at most %llu MiB",
                   (unsigned long long)*base, (unsigned long long)*end,
                   (unsigned long long)(KERNEL_SPAN_MAX >> 20));
        return false;
    }
    return true;
}

/* Physical address of `size` bytes at a link address that lie inside one segment. */
static bool physical(const struct elffile *e, uint64_t va, uint64_t size, bool contents,
                     uint64_t *pa)
{
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        uint64_t limit = contents ? s->file_size : s->memory_size;
        if (va >= s->va && va - s->va <= limit && size <= limit - (va - s->va)) {
            *pa = va - s->va + s->pa;
            return true;
        }
    }
    return false;
}

/* Offset in memory of an object with contents of at least `size` bytes. */
static bool find_object(struct diag *d, const struct elffile *e, const struct kernel *k,
                        const char *name, uint64_t size, uint64_t *offset)
{
    GElf_Sym s;
    uint64_t pa = 0;
    if (!elffile_symbol(e, name, &s)) {
        diag_error(d, e->file, 0, "the kernel has no symbol '%s'", name);
        return false;
    }
    if (!physical(e, s.st_value, size, true, &pa)) {
        diag_error(d, e->file, 0,
                   "'%s' has no contents in the file; put it into a section that does", name);
        return false;
    }
    *offset = pa - k->base;
    return true;
}

static bool check_snp(struct diag *d, const struct elffile *e, const struct kernel *k)
{
    struct snp_image_header h;
    memcpy(&h, k->memory.data + k->header, sizeof(h));
    if (k->header != 0 || h.magic != SNP_IMAGE_MAGIC || h.version != SNP_IMAGE_VERSION ||
        h.load != k->base || k->base != SNP_IMAGE_KERNEL) {
        diag_error(d, e->file, 0,
                   "'snp_header' is no header of version %u at the start of a kernel at 0x%llx",
                   SNP_IMAGE_VERSION, (unsigned long long)SNP_IMAGE_KERNEL);
        return false;
    }
    return true;
}

static bool check_multiboot(struct diag *d, const struct elffile *e, const struct kernel *k)
{
    struct multiboot_header h;
    memcpy(&h, k->memory.data + k->header, sizeof(h));
    if (k->header + sizeof(h) > SVSM_PAGE_SIZE || k->header % 4 != 0) {
        diag_error(d, e->file, 0, "'multiboot_header' is not in the kernel's first page");
        return false;
    }
    if (h.magic != MULTIBOOT_MAGIC || (h.flags & MULTIBOOT_ADDRESSES) == 0 ||
        h.magic + h.flags + h.checksum != 0) {
        diag_error(d, e->file, 0,
                   "'multiboot_header' is no Multiboot 1 header with address fields (flag bit 16)");
        return false;
    }
    return true;
}

static bool fill_symbols(struct diag *d, const struct elffile *e, struct kernel *k)
{
    struct bytes table;
    GElf_Sym s;
    uint64_t offset = 0;
    if (!elffile_symbol(e, "kernel_symbols", &s)) {
        return true;
    }
    if (!find_object(d, e, k, "kernel_symbols", s.st_size, &offset) ||
        !symtab_build(d, e, KERNEL_VA, &table)) {
        return false;
    }
    bool fits = table.size <= s.st_size && offset % 8 == 0;
    if (!fits) {
        diag_error(d, e->file, 0,
                   "'kernel_symbols' has %llu bytes, %zu are needed, 8-byte aligned; enlarge it",
                   (unsigned long long)s.st_size, table.size);
    } else if (table.size != 0) {
        memcpy(k->memory.data + offset, table.data, table.size);
        k->symbols_size = table.size;
    }
    free(table.data);
    return fits;
}

static bool lay_out(struct diag *d, const struct elffile *e, uint64_t end, struct kernel *k)
{
    k->memory.size = end - k->base;
    k->memory.data = calloc(1, k->memory.size);
    if (k->memory.data == NULL) {
        diag_error(d, e->file, 0, "out of memory");
        return false;
    }
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        if (s->file_size != 0) {
            memcpy(k->memory.data + (s->pa - k->base), s->data, s->file_size);
        }
    }
    return true;
}

/* The header says for which platform it is. */
static bool find_header(struct diag *d, const struct elffile *e, struct kernel *k)
{
    GElf_Sym s;
    k->snp = elffile_symbol(e, "snp_header", &s);
    if (k->snp) {
        return find_object(d, e, k, "snp_header", sizeof(struct snp_image_header), &k->header) &&
               check_snp(d, e, k);
    }
    return find_object(d, e, k, "multiboot_header", sizeof(struct multiboot_header), &k->header) &&
           check_multiboot(d, e, k);
}

static bool read_parts(struct diag *d, const struct elffile *e, bool symbols, struct kernel *k)
{
    GElf_Sym entry;
    uint64_t end = 0;
    if (!check_places(d, e, &k->base, &end) || !lay_out(d, e, end, k) || !find_header(d, e, k) ||
        !find_object(d, e, k, "image_location", sizeof(struct svsm_image_location), &k->location)) {
        return false;
    }
    if (k->location % 8 != 0) {
        diag_error(d, e->file, 0, "'image_location' is not 8-byte aligned");
        return false;
    }
    if (!elffile_symbol(e, "boot_entry", &entry) ||
        !physical(e, entry.st_value, 1, true, &k->entry_pa)) {
        diag_error(d, e->file, 0, "the kernel has no symbol 'boot_entry' inside its segments");
        return false;
    }
    k->sizes = elffile_sizes(e);
    return !symbols || fill_symbols(d, e, k);
}

bool kernel_read(struct diag *d, const char *file, const void *bytes, size_t size, bool symbols,
                 struct kernel *out)
{
    struct elffile e;
    *out = (struct kernel){0};
    if (!elffile_open(d, file, bytes, size, "kernel", &e)) {
        return false;
    }
    bool ok = read_parts(d, &e, symbols, out);
    elffile_close(&e);
    return ok;
}

void kernel_free(struct kernel *k)
{
    free(k->memory.data);
    *k = (struct kernel){0};
}
