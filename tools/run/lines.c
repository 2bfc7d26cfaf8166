/* SPDX-License-Identifier: MIT */
/*
 * svsm-lines: how many lines of source a folder holds. What counts: lines of *.c, *.h, *.S and *.ld
 * on which something stands that is neither blank nor comment. --without leaves one folder in it
 * out: microkernel/abi holds the definitions of wires and hardware that ring 0 shares with every
 * tool. What one platform is compiled from, definitions included, is counted by tests/binary. With
 * --deps it also writes, for ninja, which files it has read.
 */
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_FINE = 0,
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

/* Where the reader stands between two characters. */
struct reader {
    bool comment; /* in one that ends with a star and a slash */
    bool rest;    /* in one that ends with its line */
    char quote;   /* in a literal: what ends it */
    bool code;    /* the line holds something that counts */
};

static void newline(struct reader *r, unsigned long *lines)
{
    *lines += r->code ? 1 : 0;
    r->code = false;
    r->rest = false;
    r->quote = 0; /* no literal goes over the end of a line */
}

/* `next` follows c. True: `next` is used up as well. */
static bool step(struct reader *r, int c, int next)
{
    if (r->comment) {
        r->comment = !(c == '*' && next == '/');
        return !r->comment;
    }
    if (r->rest || c == ' ' || c == '\t' || c == '\r') {
        return false;
    }
    if (r->quote == 0 && c == '/' && (next == '*' || next == '/')) {
        r->comment = next == '*';
        r->rest = next == '/';
        return true;
    }
    r->code = true;
    if (r->quote != 0) {
        if (c == r->quote) {
            r->quote = 0;
        }
        return c == '\\' && next != '\n';
    }
    if (c == '"' || c == '\'') {
        r->quote = (char)c;
    }
    return false;
}

static bool file_lines(const char *path, unsigned long *lines)
{
    struct reader r = {.comment = false};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    int c = getc(file);
    while (c != EOF) {
        int next = getc(file);
        if (c == '\n') {
            newline(&r, lines);
        } else if (step(&r, c, next)) {
            next = getc(file);
        }
        c = next;
    }
    newline(&r, lines);
    bool good = ferror(file) == 0;
    fclose(file);
    return good;
}

static bool is_source(const char *name)
{
    static const char *const ends[] = {".c", ".h", ".S", ".ld"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strcmp(dot, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* As ninja reads it: blanks behind a backslash. */
static void name_dependency(FILE *deps, const char *path)
{
    fputc(' ', deps);
    for (; *path != 0; path++) {
        fputs(*path == ' ' ? "\\" : "", deps);
        fputc(*path, deps);
    }
}

/* What to count. */
struct work {
    char *folder;
    const char *without; /* a folder directly in it, or NULL */
    const char *deps, *target;
};

/* A file that is added to the folder shows in the folder's meson.build, so that counts as read. */
static bool walk(const struct work *work, FILE *deps, unsigned long *lines)
{
    char *roots[] = {work->folder, NULL};
    bool good = true;
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *e = NULL; tree != NULL && (e = fts_read(tree)) != NULL;) {
        if (e->fts_info == FTS_D && e->fts_level == 1 && work->without != NULL &&
            strcmp(e->fts_name, work->without) == 0) {
            fts_set(tree, e, FTS_SKIP);
            continue;
        }
        bool source = e->fts_info == FTS_F && is_source(e->fts_name);
        if (source) {
            good = file_lines(e->fts_path, lines) && good;
        }
        if (deps != NULL && (source || strcmp(e->fts_name, "meson.build") == 0)) {
            name_dependency(deps, e->fts_path);
        }
    }
    if (tree != NULL) {
        fts_close(tree);
    }
    return good && tree != NULL && *lines > 0;
}

static bool arguments(int argc, char **argv, struct work *work)
{
    int at = 2;
    if (argc < 2) {
        return false;
    }
    work->folder = argv[1];
    if (argc - at >= 2 && strcmp(argv[at], "--without") == 0) {
        work->without = argv[at + 1];
        at += 2;
    }
    if (argc - at >= 3 && strcmp(argv[at], "--deps") == 0) {
        work->deps = argv[at + 1];
        work->target = argv[at + 2];
        at += 3;
    }
    return at == argc;
}

int main(int argc, char **argv)
{
    unsigned long lines = 0;
    FILE *deps = NULL;
    struct work work = {0};
    if (!arguments(argc, argv, &work)) {
        fputs("usage: svsm-lines FOLDER [--without NAME] [--deps FILE TARGET]\n", stderr);
        return EXIT_USAGE;
    }
    if (work.deps != NULL) {
        deps = fopen(work.deps, "we");
        if (deps == NULL) {
            fprintf(stderr, "svsm-lines: error: cannot write %s\n", work.deps);
            return EXIT_LACKING;
        }
        fprintf(deps, "%s:", work.target);
    }
    bool good = walk(&work, deps, &lines);
    if (deps != NULL && (fputc('\n', deps) == EOF || fclose(deps) != 0)) {
        good = false;
    }
    if (!good) {
        fprintf(stderr, "svsm-lines: error: no source below %s, or not all of it can be read\n",
                work.folder);
        return EXIT_LACKING;
    }
    printf("%lu\n", lines);
    return EXIT_FINE;
}
