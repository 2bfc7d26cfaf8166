/* SPDX-License-Identifier: MIT */
/* Lines of ring 0. See footprint.h. */
#include "footprint.h"

#include <limits.h>
#include <stdio.h>

unsigned long footprint_lines(const char *tools)
{
    char path[PATH_MAX];
    unsigned long lines = 0;
    if (snprintf(path, sizeof(path), "%s/run/ring0.lines", tools) >= (int)sizeof(path)) {
        return 0;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lu", &lines) != 1) {
        lines = 0;
    }
    fclose(file);
    return lines;
}
