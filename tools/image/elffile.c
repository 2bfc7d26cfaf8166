/* SPDX-License-Identifier: MIT */
/* A static x86-64 ELF file in memory. See elffile.h. */
#include "elffile.h"
#include <string.h>

#define HEADER_SIZE 64 /* of an ELF64 file */

static bool fail(struct diag *d, const struct elffile *e, const char *text)
{
    diag_error(d, e->file, 0, "%s", text);
    return false;
}

/* The header's own claims, before libelf is asked anything. */
static bool check_header(struct diag *d, const struct elffile *e, const char *what)
{
    Elf64_Ehdr h;
    if (e->size < 4 || memcmp(e->bytes, ELFMAG, SELFMAG) != 0) {
        return fail(d, e, "not an ELF file");
    }
    if (e->size < HEADER_SIZE) {
        return fail(d, e, "truncated ELF file: the header is cut off");
    }
    memcpy(&h, e->bytes, sizeof(h));
    if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
        h.e_machine != EM_X86_64) {
        diag_error(d, e->file, 0, "wrong architecture: a %s is ELF for x86-64, 64 bits", what);
        return false;
    }
    if (h.e_type != ET_EXEC) {
        diag_error(
            d, e->file, 0,
            "wrong type of ELF file (%u): a %s is a static executable; link with -static and "
            "-no-pie",
            h.e_type, what);
        return false;
    }
    if (h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phnum == 0 || h.e_phnum > 64) {
        return fail(d, e, "no usable program headers");
    }
    if (h.e_phoff > e->size || (uint64_t)h.e_phnum * sizeof(Elf64_Phdr) > e->size - h.e_phoff) {
        return fail(d, e, "truncated ELF file: program headers are cut off");
    }
    if (h.e_shnum != 0 && (h.e_shentsize != sizeof(Elf64_Shdr) || h.e_shoff > e->size ||
                           (uint64_t)h.e_shnum * sizeof(Elf64_Shdr) > e->size - h.e_shoff)) {
        return fail(d, e, "truncated ELF file: section headers are cut off");
    }
    return true;
}

/* Keep the segments sorted by address. */
static void insert(struct elffile *e, const struct elffile_segment *s)
{
    uint32_t at = e->segment_count++;
    while (at > 0 && e->segments[at - 1].va > s->va) {
        e->segments[at] = e->segments[at - 1];
        at--;
    }
    e->segments[at] = *s;
}

static bool add_segment(struct diag *d, struct elffile *e, const GElf_Phdr *p)
{
    struct elffile_segment s = {
        .va = p->p_vaddr,
        .pa = p->p_paddr,
        .file_size = p->p_filesz,
        .memory_size = p->p_memsz,
        .flags = p->p_flags,
    };
    if (s.memory_size == 0) {
        return true;
    }
    if (s.file_size > s.memory_size || s.memory_size > (UINT64_C(1) << 30) ||
        s.va + s.memory_size < s.va || s.pa + s.memory_size < s.pa) {
        diag_error(d, e->file, 0, "segment at 0x%llx has an impossible size",
                   (unsigned long long)s.va);
        return false;
    }
    if (s.file_size != 0 && (p->p_offset > e->size || s.file_size > e->size - p->p_offset)) {
        diag_error(d, e->file, 0, "truncated ELF file: segment at 0x%llx is cut off",
                   (unsigned long long)s.va);
        return false;
    }
    s.data = e->bytes + (s.file_size == 0 ? 0 : p->p_offset);
    if ((s.flags & (PF_W | PF_X)) == (PF_W | PF_X)) {
        diag_error(d, e->file, 0,
                   "segment at 0x%llx is both writable and executable; separate code from data",
                   (unsigned long long)s.va);
        return false;
    }
    if (e->segment_count == ELFFILE_SEGMENTS_MAX) {
        diag_error(d, e->file, 0, "more than %u loadable segments", ELFFILE_SEGMENTS_MAX);
        return false;
    }
    insert(e, &s);
    return true;
}

static bool read_segments(struct diag *d, struct elffile *e)
{
    size_t count = 0;
    if (elf_getphdrnum(e->elf, &count) != 0 || count > 64) {
        return fail(d, e, "no usable program headers");
    }
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr p;
        if (gelf_getphdr(e->elf, (int)i, &p) == NULL) {
            return fail(d, e, "no usable program headers");
        }
        if (p.p_type == PT_DYNAMIC || p.p_type == PT_INTERP) {
            return fail(d, e, "dynamically linked; link with -static and -no-pie");
        }
        if (p.p_type == PT_TLS) {
            e->tls_size = p.p_memsz;
        }
        if (p.p_type == PT_LOAD && !add_segment(d, e, &p)) {
            return false;
        }
    }
    if (e->segment_count == 0) {
        return fail(d, e, "no loadable segment");
    }
    for (uint32_t i = 1; i < e->segment_count; i++) {
        const struct elffile_segment *before = &e->segments[i - 1];
        if (e->segments[i].va - before->va < before->memory_size) {
            diag_error(d, e->file, 0, "segments at 0x%llx and 0x%llx overlap",
                       (unsigned long long)before->va, (unsigned long long)e->segments[i].va);
            return false;
        }
    }
    return true;
}

static bool check_sections(struct diag *d, struct elffile *e)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(e->elf, section)) != NULL) {
        GElf_Shdr h;
        if (gelf_getshdr(section, &h) == NULL) {
            return fail(d, e, "a section header cannot be read");
        }
        if ((h.sh_type == SHT_REL || h.sh_type == SHT_RELA) && h.sh_size != 0) {
            return fail(d, e,
                        "relocations are left; link with -static and -no-pie, without "
                        "--emit-relocs");
        }
    }
    return true;
}

bool elffile_open(struct diag *d, const char *file, const void *bytes, size_t size,
                  const char *what, struct elffile *out)
{
    *out = (struct elffile){.file = file, .bytes = bytes, .size = size};
    if (!check_header(d, out, what)) {
        return false;
    }
    elf_version(EV_CURRENT);
    /* The file is only read; libelf's interface lacks the const. */
    out->elf = elf_memory((char *)(uintptr_t)bytes, size);
    if (out->elf == NULL || elf_kind(out->elf) != ELF_K_ELF) {
        elffile_close(out);
        return fail(d, out, "not an ELF file that can be read");
    }
    out->entry = ((const Elf64_Ehdr *)(uintptr_t)elf64_getehdr(out->elf))->e_entry;
    if (!read_segments(d, out) || !check_sections(d, out)) {
        elffile_close(out);
        return false;
    }
    return true;
}

void elffile_close(struct elffile *e)
{
    elf_end(e->elf);
    e->elf = NULL;
}

bool elffile_symbol(const struct elffile *e, const char *name, GElf_Sym *out)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(e->elf, section)) != NULL) {
        GElf_Shdr h;
        Elf_Data *data;
        if (gelf_getshdr(section, &h) == NULL || h.sh_type != SHT_SYMTAB || h.sh_entsize == 0 ||
            (data = elf_getdata(section, NULL)) == NULL) {
            continue;
        }
        for (int i = 0; gelf_getsym(data, i, out) != NULL; i++) {
            const char *text = elf_strptr(e->elf, h.sh_link, out->st_name);
            if (text != NULL && out->st_shndx != SHN_UNDEF && strcmp(text, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

struct elffile_sizes elffile_sizes(const struct elffile *e)
{
    struct elffile_sizes sizes = {0};
    for (uint32_t i = 0; i < e->segment_count; i++) {
        const struct elffile_segment *s = &e->segments[i];
        if ((s->flags & PF_X) != 0) {
            sizes.text += s->memory_size;
        } else if ((s->flags & PF_W) == 0) {
            sizes.rodata += s->memory_size;
        } else {
            sizes.data += s->file_size;
            sizes.bss += s->memory_size - s->file_size;
        }
    }
    return sizes;
}
