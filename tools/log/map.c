/* SPDX-License-Identifier: MIT */
/* See map.h. Programs are named relative to the map's folder, one a line, ring 0 first. */
#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/log.h>

#include "elffile.h"
#include "file.h"
#include "say.h"

#define KERNEL_BASE UINT64_C(0xffffffff80000000) /* mm/kmap.h: physical addresses behind it */
#define RINGS "log_rings"

static const char not_map[] = "that is no map of an image";
static const char mend[] = "--map FILE names the map beside the image that runs";

static bool no_map(const char *path, const char *why)
{
    say_error(EXIT_LACKING, mend, "%s: %s", path, why);
    return false;
}

static bool find_rings(struct map *m, const char *path)
{
    struct diag d = {0};
    struct bytes file = {0};
    struct elffile elf;
    GElf_Sym symbol;
    if (!file_read(path, &file)) {
        return no_map(path, strerror(errno));
    }
    bool good = elffile_open(&d, path, file.data, file.size, "kernel", &elf);
    if (good) {
        good = elffile_symbol(&elf, RINGS, &symbol) && symbol.st_value >= KERNEL_BASE &&
               symbol.st_size == sizeof(struct svsm_log_rings);
        elffile_close(&elf);
    }
    free(file.data);
    if (!good) {
        return no_map(path, "that is no ring 0 with a log as this program knows it");
    }
    m->rings = symbol.st_value - KERNEL_BASE;
    return true;
}

/* NAME=FILE */
static bool take_line(struct map *m, const char *folder, int folder_len, char *line)
{
    char path[PATH_MAX];
    char *file = strchr(line, '=');
    if (file == NULL) {
        return no_map(folder, not_map);
    }
    *file++ = 0;
    file[strcspn(file, "\n")] = 0;
    if (strcmp(line, "ring0") == 0) {
        int len =
            snprintf(path, sizeof(path), "%.*s%s", file[0] == '/' ? 0 : folder_len, folder, file);
        return len < (int)sizeof(path) ? find_rings(m, path) : no_map(folder, not_map);
    }
    if (m->task_count == SVSM_TASKS_MAX || strlen(line) >= SVSM_NAME_MAX) {
        return no_map(folder, not_map);
    }
    memcpy(m->tasks[m->task_count++], line, strlen(line) + 1);
    return true;
}

bool map_read(struct map *m, const char *path)
{
    char line[PATH_MAX + SVSM_NAME_MAX];
    const char *slash = strrchr(path, '/');
    int folder_len = slash == NULL ? 0 : (int)(slash - path) + 1;
    *m = (struct map){0};
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return no_map(path, strerror(errno));
    }
    bool good = true;
    while (good && fgets(line, sizeof(line), file) != NULL) {
        good = take_line(m, path, folder_len, line);
    }
    fclose(file);
    return good && m->rings == 0 ? no_map(path, not_map) : good;
}

const char *map_task(const struct map *m, uint32_t task)
{
    if (task == SVSM_LOG_RING0) {
        return "ring0";
    }
    return task < m->task_count ? m->tasks[task] : "?";
}
