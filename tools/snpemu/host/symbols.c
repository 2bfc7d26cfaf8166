/* SPDX-License-Identifier: MIT */
/* Names of functions from an ELF file. See symbols.h. */
#include "symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function without a size reaches so far at most. */
#define SIZE_UNKNOWN 0x1000u

struct symbol {
    uint64_t from, size;
    const char *name; /* libelf's */
};

struct symbols {
    int fd;
    Elf *elf;
    size_t count;
    struct symbol *list; /* by address */
};

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a;
    const struct symbol *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

static void take(struct symbols *s, const GElf_Shdr *header, Elf_Data *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name;
        if (gelf_getsym(data, (int)i, &symbol) != NULL && symbol.st_shndx != SHN_UNDEF &&
            (GELF_ST_TYPE(symbol.st_info) == STT_FUNC ||
             GELF_ST_TYPE(symbol.st_info) == STT_NOTYPE) &&
            (name = elf_strptr(s->elf, header->sh_link, symbol.st_name)) != NULL && name[0] != 0) {
            s->list[s->count++] = (struct symbol){symbol.st_value, symbol.st_size, name};
        }
    }
    qsort(s->list, s->count, sizeof(*s->list), by_address);
}

static bool read_table(struct symbols *s, const char *path, struct fail *f)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(s->elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB ||
            header.sh_entsize == 0) {
            continue;
        }
        Elf_Data *data = elf_getdata(section, NULL);
        size_t count = data == NULL ? 0 : data->d_size / header.sh_entsize;
        s->list = calloc(count == 0 ? 1 : count, sizeof(*s->list));
        if (s->list == NULL) {
            return fail_because(f, "no memory for the symbols of %s", path);
        }
        take(s, &header, data, count);
        return true;
    }
    return fail_because(f, "%s has no symbol table", path);
}

static bool open_elf(struct symbols *s, const char *path, struct fail *f)
{
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        return fail_because(f, "cannot read %s: %s", path, strerror(errno));
    }
    elf_version(EV_CURRENT);
    s->elf = elf_begin(s->fd, ELF_C_READ, NULL);
    if (s->elf == NULL || elf_kind(s->elf) != ELF_K_ELF) {
        return fail_because(f, "%s is no ELF file", path);
    }
    return read_table(s, path, f);
}

struct symbols *symbols_open(const char *path, struct fail *f)
{
    struct symbols *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        fail_because(f, "no memory for the symbols of %s", path);
        return NULL;
    }
    if (!open_elf(s, path, f)) {
        symbols_close(s);
        return NULL;
    }
    return s;
}

void symbols_name(const struct symbols *s, uint64_t address, char *out, size_t size)
{
    const struct symbol *found = NULL;
    for (size_t low = 0, high = s->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (s->list[middle].from <= address) {
            found = &s->list[middle];
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    out[0] = 0;
    if (found != NULL && address - found->from < (found->size == 0 ? SIZE_UNKNOWN : found->size)) {
        snprintf(out, size, "%s+0x%llx", found->name, (unsigned long long)(address - found->from));
    }
}

void symbols_close(struct symbols *s)
{
    if (s != NULL) {
        free(s->list);
        elf_end(s->elf);
        if (s->fd >= 0) {
            close(s->fd);
        }
        free(s);
    }
}
