/* SPDX-License-Identifier: MIT */
/* Lines of ring 0. See footprint.h. */
#include "footprint.h"

#include <fts.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned long file_lines(const char *path)
{
    unsigned long lines = 0;
    bool blank = true;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    for (int c = getc(file); c != EOF; c = getc(file)) {
        if (c == '\n') {
            lines += blank ? 0 : 1;
            blank = true;
        } else if (c != ' ' && c != '\t') {
            blank = false;
        }
    }
    fclose(file);
    return lines;
}

static bool is_source(const char *name)
{
    size_t len = strlen(name);
    return len > 2 && name[len - 2] == '.' && strchr("chS", name[len - 1]) != NULL;
}

unsigned long footprint_lines(const char *tools)
{
    char folder[PATH_MAX];
    unsigned long lines = 0;
    if (snprintf(folder, sizeof(folder), "%s/../../microkernel", tools) >= (int)sizeof(folder)) {
        return 0;
    }
    char *roots[] = {folder, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *e = NULL; walk != NULL && (e = fts_read(walk)) != NULL;) {
        if (e->fts_info == FTS_F && is_source(e->fts_name)) {
            lines += file_lines(e->fts_path);
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    }
    return lines;
}
