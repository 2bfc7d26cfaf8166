/* SPDX-License-Identifier: MIT */
/* A bare program as a guest. See payload.h. */
#include "payload.h"

#include <elf.h>
#include <stdlib.h>

#include "vmsa.h"

#define ADDRESS_END UINT64_C(0x100000000)
#define SPAN_MAX (UINT64_C(64) << 20)
#define SEGMENTS_MAX 16u

struct segment {
    uint64_t offset, size; /* in the file */
    uint64_t at, memory;   /* physical; bytes with what is zero */
};

struct program {
    uint64_t entry;
    uint64_t from, to; /* pages of all segments */
    unsigned count;
    struct segment segments[SEGMENTS_MAX];
};

static const char mend[] = "a static ELF program for x86 is needed, linked below 4 GiB";

static bool keep(struct program *p, struct bytes elf, struct segment s, struct fail *f)
{
    if (s.memory == 0) {
        return true;
    }
    if (s.size > s.memory || !bytes_has(elf, s.offset, s.size)) {
        return fail_with_mend(f, mend, "the payload has a segment that its file does not hold");
    }
    if (s.at >= ADDRESS_END || s.memory > ADDRESS_END - s.at) {
        return fail_with_mend(f, mend, "the payload has 0x%llx bytes at 0x%llx",
                              (unsigned long long)s.memory, (unsigned long long)s.at);
    }
    if (p->count == SEGMENTS_MAX) {
        return fail_because(f, "the payload has more than %u segments", SEGMENTS_MAX);
    }
    uint64_t from = s.at & ~(IMAGE_PAGE - 1);
    uint64_t to = (s.at + s.memory + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1);
    p->from = p->count == 0 || from < p->from ? from : p->from;
    p->to = p->count == 0 || to > p->to ? to : p->to;
    p->segments[p->count++] = s;
    return true;
}

static bool read_64(struct program *p, struct bytes elf, struct fail *f)
{
    Elf64_Ehdr h;
    Elf64_Phdr ph;
    if (!bytes_read(elf, 0, &h, sizeof(h)) || h.e_machine != EM_X86_64 || h.e_type != ET_EXEC ||
        h.e_phentsize != sizeof(ph)) {
        return fail_with_mend(f, mend, "the payload is no static program for x86-64");
    }
    p->entry = h.e_entry;
    for (unsigned i = 0; i < h.e_phnum; i++) {
        if (!bytes_read(elf, h.e_phoff + i * UINT64_C(1) * sizeof(ph), &ph, sizeof(ph))) {
            return fail_with_mend(f, mend, "the payload's program headers are not in its file");
        }
        const struct segment s = {ph.p_offset, ph.p_filesz, ph.p_paddr, ph.p_memsz};
        if (ph.p_type == PT_LOAD && !keep(p, elf, s, f)) {
            return false;
        }
    }
    return true;
}

static bool read_32(struct program *p, struct bytes elf, struct fail *f)
{
    Elf32_Ehdr h;
    Elf32_Phdr ph;
    if (!bytes_read(elf, 0, &h, sizeof(h)) || h.e_machine != EM_386 || h.e_type != ET_EXEC ||
        h.e_phentsize != sizeof(ph)) {
        return fail_with_mend(f, mend, "the payload is no static program for x86");
    }
    p->entry = h.e_entry;
    for (unsigned i = 0; i < h.e_phnum; i++) {
        if (!bytes_read(elf, h.e_phoff + i * UINT64_C(1) * sizeof(ph), &ph, sizeof(ph))) {
            return fail_with_mend(f, mend, "the payload's program headers are not in its file");
        }
        const struct segment s = {ph.p_offset, ph.p_filesz, ph.p_paddr, ph.p_memsz};
        if (ph.p_type == PT_LOAD && !keep(p, elf, s, f)) {
            return false;
        }
    }
    return true;
}

static bool program_read(struct program *p, struct bytes elf, struct fail *f)
{
    *p = (struct program){0};
    if (!bytes_has(elf, 0, EI_NIDENT) || memcmp(elf.at, ELFMAG, SELFMAG) != 0) {
        return fail_with_mend(f, mend, "the payload is no ELF file");
    }
    if (elf.at[EI_CLASS] == ELFCLASS32 ? !read_32(p, elf, f) : !read_64(p, elf, f)) {
        return false;
    }
    if (p->count == 0 || p->entry < p->from || p->entry >= p->to) {
        return fail_with_mend(f, mend, "the payload's entry 0x%llx is in none of its segments",
                              (unsigned long long)p->entry);
    }
    if (p->to - p->from > SPAN_MAX) {
        return fail_because(f, "the payload lies from 0x%llx to 0x%llx, more than 64 MiB",
                            (unsigned long long)p->from, (unsigned long long)p->to);
    }
    return true;
}

static bool add_program(struct image *image, const struct program *p, struct bytes elf,
                        struct fail *f)
{
    const uint64_t size = p->to - p->from;
    uint8_t *memory = calloc(1, size + 1);
    if (memory == NULL) {
        return fail_because(f, "no memory for the payload");
    }
    for (unsigned i = 0; i < p->count; i++) {
        const struct segment *s = &p->segments[i];
        memcpy(memory + (s->at - p->from), elf.at + s->offset, s->size);
    }
    bool done = image_add(image,
                          &(struct image_part){.what = "the payload",
                                               .gpa = p->from,
                                               .size = size,
                                               .bytes = memory,
                                               .len = size,
                                               .type = PSP_PAGE_NORMAL},
                          f);
    free(memory);
    return done;
}

bool payload_program(struct image *image, struct bytes elf, uint64_t features, struct vmsa *vmsa,
                     struct fail *f)
{
    struct program p;
    if (!program_read(&p, elf, f)) {
        return false;
    }
    vmsa_protected_mode(vmsa, (uint32_t)p.entry, features);
    return add_program(image, &p, elf, f);
}

bool payload_add(struct image *image, struct bytes elf, uint64_t features, struct vmsa *vmsa,
                 struct fail *f)
{
    const struct image_part pages = {
        .what = "the pages for the payload",
        .gpa = PAYLOAD_CALLING_AREA,
        .size = PAYLOAD_SECRETS + IMAGE_PAGE - PAYLOAD_CALLING_AREA,
        .type = PSP_PAGE_NORMAL,
    };
    if (!image_add(image, &pages, f) || !payload_program(image, elf, features, vmsa, f)) {
        return false;
    }
    vmsa->rsi = PAYLOAD_SECRETS;
    vmsa->rbx = PAYLOAD_CPUID;
    vmsa->rdx = PAYLOAD_CALLING_AREA;
    return true;
}
