/* SPDX-License-Identifier: MIT */
/* Small ELF programs for the tests of payload.c, right ones and broken ones. */
#pragma once
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MAKER_SIZE 0x3000u

struct elf_maker {
    uint8_t bytes[ELF_MAKER_SIZE];
    size_t size;
};

/* A static program for x86-64 of no segment, whose file has ELF_MAKER_SIZE bytes. */
void elf_maker_begin(struct elf_maker *m, uint64_t entry);

/* A PT_LOAD segment; at most 20. */
void elf_maker_segment(struct elf_maker *m, uint64_t offset, uint64_t at, uint64_t size,
                       uint64_t memory);

/* The same for x86 of 32 bits, with one segment of 16 bytes from offset 1000h. */
void elf_maker_32(struct elf_maker *m, uint32_t entry, uint32_t at);
