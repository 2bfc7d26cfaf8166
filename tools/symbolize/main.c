/* SPDX-License-Identifier: MIT */
/*
 * svsm-symbolize: copies a console log from standard input to standard output and adds file:line
 * to its back traces (trace.h), from the debug information of the kernel and the tasks.
 */
#include "trace.h"
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS_MAX 40
#define PATH_MAX_LEN 4096

enum {
    EXIT_FINE = 0,
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

static const char usage_text[] =
#include "usage.inc"
    ;

struct program {
    char name[TRACE_WHERE_MAX];
    Dwfl *dwfl;
    Dwfl_Module *module;
};

static struct program programs[PROGRAMS_MAX];
static unsigned program_count;

static char *no_debug_path;
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &no_debug_path,
};

static int add_program(const char *name, size_t name_len, const char *path)
{
    if (name_len == 0 || name_len >= TRACE_WHERE_MAX || program_count == PROGRAMS_MAX) {
        fprintf(stderr, "svsm-symbolize: '%.*s' is no name, or there are more than %d programs\n",
                (int)name_len, name, PROGRAMS_MAX);
        return EXIT_USAGE;
    }
    struct program *p = &programs[program_count];
    memcpy(p->name, name, name_len);
    if (access(path, R_OK) != 0) {
        fprintf(stderr, "svsm-symbolize: %s cannot be read; build first\n", path);
        return EXIT_LACKING;
    }
    p->dwfl = dwfl_begin(&callbacks);
    dwfl_report_begin(p->dwfl);
    p->module = dwfl_report_elf(p->dwfl, p->name, path, -1, 0, false);
    dwfl_report_end(p->dwfl, NULL, NULL);
    program_count++;
    if (p->module == NULL) {
        fprintf(stderr, "svsm-symbolize: %s is no ELF file: %s\n", path, dwfl_errmsg(-1));
        return EXIT_LACKING;
    }
    return EXIT_FINE;
}

static int add_pair(const char *pair, const char *folder, size_t folder_len)
{
    char path[PATH_MAX_LEN];
    const char *equal = strchr(pair, '=');
    if (equal == NULL) {
        fprintf(stderr, "svsm-symbolize: '%s': NAME=ELF expected\n", pair);
        return EXIT_USAGE;
    }
    int prefix = equal[1] == '/' ? 0 : (int)folder_len;
    if (snprintf(path, sizeof(path), "%.*s%s", prefix, folder, equal + 1) >= (int)sizeof(path)) {
        fprintf(stderr, "svsm-symbolize: a path is too long\n");
        return EXIT_USAGE;
    }
    return add_program(pair, (size_t)(equal - pair), path);
}

static int add_map(const char *map)
{
    char line[PATH_MAX_LEN];
    const char *slash = strrchr(map, '/');
    size_t folder_len = slash == NULL ? 0 : (size_t)(slash - map) + 1;
    int result = EXIT_FINE;
    FILE *in = fopen(map, "r");
    if (in == NULL) {
        fprintf(stderr, "svsm-symbolize: %s cannot be read; build first\n", map);
        return EXIT_LACKING;
    }
    while (result == EXIT_FINE && fgets(line, sizeof(line), in) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] != 0) {
            result = add_pair(line, map, folder_len);
        }
    }
    fclose(in);
    return result;
}

/* Write what is known about the line's address. */
static void explain(const struct trace_line *t, FILE *out)
{
    int line = 0;
    for (unsigned i = 0; i < program_count; i++) {
        if (strcmp(programs[i].name, t->where) != 0) {
            continue;
        }
        /* Behind a call stands the next statement: look at the call itself. */
        Dwarf_Addr address = t->address - (t->number == 0 ? 0 : 1);
        GElf_Off offset = 0;
        GElf_Sym symbol;
        const char *name = t->named ? NULL
                                    : dwfl_module_addrinfo(programs[i].module, address, &offset,
                                                           &symbol, NULL, NULL, NULL);
        if (name != NULL) {
            fprintf(out, " %s+0x%llx", name, (unsigned long long)offset + (t->number == 0 ? 0 : 1));
        }
        Dwfl_Line *found = dwfl_module_getsrc(programs[i].module, address);
        const char *file =
            found == NULL ? NULL : dwfl_lineinfo(found, NULL, &line, NULL, NULL, NULL);
        if (file != NULL) {
            fprintf(out, " at %s:%d", file, line);
        }
        return;
    }
}

static int copy_log(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) > 0) {
        struct trace_line t;
        size_t text = (size_t)len;
        while (text > 0 && (line[text - 1] == '\n' || line[text - 1] == '\r')) {
            text--;
        }
        fwrite(line, 1, text, stdout);
        if (trace_parse(line, text, &t)) {
            explain(&t, stdout);
        }
        fwrite(line + text, 1, (size_t)len - text, stdout);
        fflush(stdout); /* the log may be a running machine's */
    }
    free(line);
    return ferror(stdin) != 0 || ferror(stdout) != 0 ? EXIT_LACKING : EXIT_FINE;
}

int main(int argc, char **argv)
{
    int result = argc < 2 ? EXIT_USAGE : EXIT_FINE;
    for (int i = 1; i < argc && result == EXIT_FINE; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage_text, stdout);
            return EXIT_FINE;
        }
        if (strcmp(argv[i], "--map") == 0 && i + 1 < argc) {
            result = add_map(argv[++i]);
        } else {
            result = add_pair(argv[i], "", 0);
        }
    }
    if (result == EXIT_USAGE) {
        fputs(usage_text, stderr);
    }
    if (result == EXIT_FINE) {
        result = copy_log();
    }
    for (unsigned i = 0; i < program_count; i++) {
        dwfl_end(programs[i].dwfl);
    }
    return result;
}
