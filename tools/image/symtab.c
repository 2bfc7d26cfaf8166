/* SPDX-License-Identifier: MIT */
/* Symbol tables from an ELF file's functions. See symtab.h. */
#include "symtab.h"
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/symbols.h>

#define FUNCTIONS_MAX 200000
#define NAME_MAX_LEN 200 /* longer names are cut */

struct function {
    uint64_t address, size;
    unsigned rank; /* among names of one address the lowest is kept */
    const char *name;
};

/* By address, then by rank, then by the alphabet. */
static int compare(const void *left, const void *right)
{
    const struct function *a = left;
    const struct function *b = right;
    if (a->address != b->address) {
        return a->address < b->address ? -1 : 1;
    }
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

/*
 * Functions, and global labels of assembler code that nobody has marked as functions. 3 means
 * neither; else the rank: global function, other function, label.
 */
static unsigned rank_of(const struct elffile *e, const GElf_Sym *s)
{
    GElf_Shdr h;
    bool local = GELF_ST_BIND(s->st_info) == STB_LOCAL;
    if (s->st_shndx == SHN_UNDEF) {
        return 3;
    }
    if (GELF_ST_TYPE(s->st_info) == STT_FUNC) {
        return local ? 1 : 0;
    }
    Elf_Scn *section = elf_getscn(e->elf, s->st_shndx);
    bool code = s->st_shndx < SHN_LORESERVE && section != NULL &&
                gelf_getshdr(section, &h) != NULL && (h.sh_flags & SHF_EXECINSTR) != 0;
    return GELF_ST_TYPE(s->st_info) == STT_NOTYPE && !local && code ? 2 : 3;
}

/* Collect into `list`, or only count if it is NULL. */
static size_t collect(const struct elffile *e, uint64_t least, struct function *list)
{
    size_t count = 0;
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(e->elf, section)) != NULL) {
        GElf_Shdr h;
        GElf_Sym s;
        Elf_Data *data;
        if (gelf_getshdr(section, &h) == NULL || h.sh_type != SHT_SYMTAB || h.sh_entsize == 0 ||
            (data = elf_getdata(section, NULL)) == NULL) {
            continue;
        }
        for (int i = 0; gelf_getsym(data, i, &s) != NULL; i++) {
            const char *name = elf_strptr(e->elf, h.sh_link, s.st_name);
            unsigned rank = rank_of(e, &s);
            if (rank == 3 || s.st_value < least || name == NULL || name[0] == 0) {
                continue;
            }
            if (list != NULL) {
                list[count] = (struct function){s.st_value, s.st_size, rank, name};
            }
            count++;
        }
    }
    return count;
}

/* Drop all but the first name of an address; the end of the last function. */
static size_t unique(struct function *list, size_t count, uint64_t *end)
{
    size_t kept = 0;
    *end = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t last = list[i].address + (list[i].size == 0 ? 1 : list[i].size);
        *end = last > *end ? last : *end;
        if (kept == 0 || list[kept - 1].address != list[i].address) {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static bool encode(const struct function *list, size_t count, uint64_t end, struct bytes *out)
{
    size_t names_size = 1; /* the end's empty name */
    for (size_t i = 0; i < count; i++) {
        names_size += strnlen(list[i].name, NAME_MAX_LEN) + 1;
    }
    size_t entries = (count + 1) * sizeof(struct svsm_symbol);
    names_size += (8 - (sizeof(struct svsm_symbols) + entries + names_size) % 8) % 8;
    out->size = sizeof(struct svsm_symbols) + entries + names_size;
    out->data = calloc(1, out->size);
    if (out->data == NULL) {
        return false;
    }
    struct svsm_symbols *header = (struct svsm_symbols *)out->data;
    struct svsm_symbol *symbols = (struct svsm_symbol *)(header + 1);
    char *names = (char *)(symbols + count + 1);
    *header = (struct svsm_symbols){
        .magic = SVSM_SYMBOLS_MAGIC,
        .count = (uint32_t)count + 1,
        .base = list[0].address,
        .names_size = (uint32_t)names_size,
    };
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = strnlen(list[i].name, NAME_MAX_LEN);
        symbols[i] = (struct svsm_symbol){(uint32_t)(list[i].address - list[0].address), at};
        memcpy(names + at, list[i].name, len);
        at += (uint32_t)len + 1;
    }
    symbols[count] = (struct svsm_symbol){(uint32_t)(end - list[0].address), at};
    return true;
}

bool symtab_build(struct diag *d, const struct elffile *e, uint64_t least, struct bytes *out)
{
    *out = (struct bytes){0};
    uint64_t end = 0;
    bool ok = false;
    size_t count = collect(e, least, NULL);
    if (count == 0) {
        return true;
    }
    if (count > FUNCTIONS_MAX) {
        diag_error(d, e->file, 0, "more than %u functions", FUNCTIONS_MAX);
        return false;
    }
    struct function *list = calloc(count, sizeof(*list));
    if (list == NULL) {
        diag_error(d, e->file, 0, "out of memory");
        return false;
    }
    collect(e, least, list);
    qsort(list, count, sizeof(*list), compare);
    count = unique(list, count, &end);
    if (end < list[0].address || end - list[0].address > UINT32_MAX) {
        diag_error(d, e->file, 0, "functions are more than 4 GiB apart");
    } else if (!encode(list, count, end, out)) {
        diag_error(d, e->file, 0, "out of memory");
    } else {
        ok = true;
    }
    free(list);
    return ok;
}
