/* SPDX-License-Identifier: MIT */
/* Small ELF programs. See elf_maker.h. */
#include "elf_maker.h"

#include <string.h>

void elf_maker_begin(struct elf_maker *m, uint64_t entry)
{
    const Elf64_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_entry = entry,
        .e_phoff = sizeof(h),
        .e_phentsize = sizeof(Elf64_Phdr),
    };
    memset(m, 0x90, sizeof(*m));
    memcpy(m->bytes, &h, sizeof(h));
    m->size = sizeof(m->bytes);
}

void elf_maker_segment(struct elf_maker *m, uint64_t offset, uint64_t at, uint64_t size,
                       uint64_t memory)
{
    const Elf64_Phdr p = {.p_type = PT_LOAD,
                          .p_offset = offset,
                          .p_vaddr = 0x1234,
                          .p_paddr = at,
                          .p_filesz = size,
                          .p_memsz = memory};
    Elf64_Ehdr h;
    memcpy(&h, m->bytes, sizeof(h));
    memcpy(m->bytes + sizeof(h) + h.e_phnum * sizeof(p), &p, sizeof(p));
    h.e_phnum++;
    memcpy(m->bytes, &h, sizeof(h));
}

void elf_maker_32(struct elf_maker *m, uint32_t entry, uint32_t at)
{
    const Elf32_Phdr p = {
        .p_type = PT_LOAD, .p_offset = 0x1000, .p_paddr = at, .p_filesz = 16, .p_memsz = 0x2010};
    const Elf32_Ehdr h = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_entry = entry,
        .e_phoff = sizeof(h),
        .e_phentsize = sizeof(p),
        .e_phnum = 1,
    };
    memset(m, 0x90, sizeof(*m));
    memcpy(m->bytes, &h, sizeof(h));
    memcpy(m->bytes + sizeof(h), &p, sizeof(p));
    m->size = sizeof(m->bytes);
}
