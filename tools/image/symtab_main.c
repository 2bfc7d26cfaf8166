/* SPDX-License-Identifier: MIT */
/*
 * svsm-symtab: the symbol table of an ELF file (abi/svsm/abi/symbols.h), as bytes for a section or
 * as a C array, or the function at an address, looked up as ring 0 does it.
 */
#include "symtab.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/symbols.h>

enum {
    EXIT_FINE = 0,
    EXIT_WRONG = 1,
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

static const char usage_text[] =
    "svsm-symtab FILE.elf --binary OUT    the table as it lies in an image\n"
    "svsm-symtab FILE.elf --c OUT NAME    the same as a C array of uint64_t\n"
    "svsm-symtab FILE.elf --find ADDRESS  function and offset\n";

static bool write_c(const char *path, const char *name, const struct bytes *table)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        return false;
    }
    fprintf(out, "/* Made by svsm-symtab. */\n#include <stdint.h>\nconst uint64_t %s[%zu] = {\n",
            name, table->size / 8);
    for (size_t at = 0; at < table->size; at += 8) {
        uint64_t word;
        memcpy(&word, table->data + at, sizeof(word));
        fprintf(out, "    UINT64_C(0x%016" PRIx64 "),\n", word);
    }
    fprintf(out, "};\n");
    bool ok = ferror(out) == 0;
    return fclose(out) == 0 && ok;
}

static int find(const struct bytes *table, const char *text)
{
    char *end = NULL;
    uint64_t offset = 0;
    errno = 0;
    uint64_t address = strtoull(text, &end, 16);
    if (*end != 0 || errno != 0 || end == text) {
        fprintf(stderr, "svsm-symtab: '%s' is no hexadecimal address\n", text);
        return EXIT_USAGE;
    }
    const char *name = svsm_symbols_find(table->data, table->size, address, &offset);
    if (name == NULL) {
        fprintf(stderr, "svsm-symtab: no function at 0x%" PRIx64 "\n", address);
        return EXIT_WRONG;
    }
    printf("%s+0x%" PRIx64 "\n", name, offset);
    return EXIT_FINE;
}

static int run(int argc, char **argv, const struct bytes *table)
{
    if (strcmp(argv[2], "--find") == 0) {
        return find(table, argv[3]);
    }
    bool c = strcmp(argv[2], "--c") == 0 && argc == 5;
    if (c ? !write_c(argv[3], argv[4], table) : !file_write(argv[3], table->data, table->size)) {
        fprintf(stderr, "svsm-symtab: %s cannot be written: %s\n", argv[3], strerror(errno));
        return EXIT_LACKING;
    }
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    struct diag diag = {.out = stderr};
    struct elffile e;
    struct bytes file;
    struct bytes table = {0};
    if (argc < 4 || argc != (strcmp(argv[2], "--c") == 0 ? 5 : 4) ||
        (strcmp(argv[2], "--c") != 0 && strcmp(argv[2], "--binary") != 0 &&
         strcmp(argv[2], "--find") != 0)) {
        fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    if (!file_read(argv[1], &file)) {
        fprintf(stderr, "svsm-symtab: %s cannot be read: %s\n", argv[1], strerror(errno));
        return EXIT_LACKING;
    }
    int result = EXIT_WRONG;
    if (elffile_open(&diag, argv[1], file.data, file.size, "program", &e)) {
        if (symtab_build(&diag, &e, 0, &table)) {
            result = run(argc, argv, &table);
        }
        elffile_close(&e);
    }
    free(table.data);
    free(file.data);
    return result;
}
