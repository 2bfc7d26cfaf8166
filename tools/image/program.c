/* SPDX-License-Identifier: MIT */
/* A task's program. See program.h. */
#include "program.h"
#include "symtab.h"
#include <stdlib.h>
#include <svsm/abi/layout.h>

static bool outside(const struct elffile_segment *s)
{
    return s->va < SVSM_IMAGE_VA || s->va >= SVSM_IMAGE_VA + SVSM_IMAGE_MAX ||
           s->memory_size > SVSM_IMAGE_VA + SVSM_IMAGE_MAX - s->va;
}

static struct program_region region(const struct elffile_segment *s)
{
    uint64_t lead = s->va % SVSM_PAGE_SIZE;
    return (struct program_region){
        .va = s->va - lead,
        .pages = (uint32_t)((lead + s->memory_size + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE),
        .flags = ((s->flags & PF_W) != 0 ? SVSM_REGION_WRITE : 0) |
                 ((s->flags & PF_X) != 0 ? SVSM_REGION_EXECUTE : 0),
        .lead = (uint32_t)lead,
        .bytes = s->file_size == 0 ? 0 : lead + s->file_size,
        .data = s->data,
    };
}

static bool take_segments(struct diag *d, const struct elffile *e, struct program *out)
{
    if (e->segment_count > SVSM_REGIONS_MAX) {
        diag_error(d, e->file, 0, "%u loadable segments; a task has at most %u", e->segment_count,
                   SVSM_REGIONS_MAX);
        return false;
    }
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        if (outside(s)) {
            diag_error(d, e->file, 0,
                       "segment at 0x%llx, %llu bytes, is outside the image area 0x%llx to 0x%llx; "
                       "use the tasks' linker script",
                       (unsigned long long)s->va, (unsigned long long)s->memory_size,
                       (unsigned long long)SVSM_IMAGE_VA,
                       (unsigned long long)(SVSM_IMAGE_VA + SVSM_IMAGE_MAX - 1));
            return false;
        }
        struct program_region r = region(s);
        const struct program_region *before = i == 0 ? NULL : &out->regions[i - 1];
        if (before != NULL && r.va < before->va + before->pages * SVSM_PAGE_SIZE) {
            diag_error(d, e->file, 0, "two segments on the page at 0x%llx; align segments to pages",
                       (unsigned long long)r.va);
            return false;
        }
        out->regions[out->region_count++] = r;
    }
    return true;
}

static bool entry_ok(const struct elffile *e)
{
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        if ((s->flags & PF_X) != 0 && e->entry >= s->va && e->entry - s->va < s->memory_size) {
            return true;
        }
    }
    return false;
}

bool program_read(struct diag *d, const char *file, const void *bytes, size_t size, bool symbols,
                  struct program *out)
{
    struct elffile e;
    *out = (struct program){0};
    if (!elffile_open(d, file, bytes, size, "task", &e)) {
        return false;
    }
    bool ok = take_segments(d, &e, out);
    if (ok && !entry_ok(&e)) {
        diag_error(d, file, 0, "the entry point 0x%llx is not in executable memory",
                   (unsigned long long)e.entry);
        ok = false;
    }
    if (ok && e.tls_size > SVSM_TP_OFFSET) {
        diag_error(d, file, 0, "thread-local variables take %llu bytes; at most %llu",
                   (unsigned long long)e.tls_size, (unsigned long long)SVSM_TP_OFFSET);
        ok = false;
    }
    out->entry = e.entry;
    if (ok && symbols) {
        ok = symtab_build(d, &e, 0, &out->symbols);
    }
    elffile_close(&e);
    return ok;
}

void program_free(struct program *p)
{
    free(p->symbols.data);
    *p = (struct program){0};
}
