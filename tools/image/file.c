/* SPDX-License-Identifier: MIT */
/* Whole files in memory. See file.h. */
#include "file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)256 << 20)

static bool read_all(FILE *f, struct bytes *out)
{
    size_t room = 65536;
    out->size = 0;
    out->data = malloc(room);
    while (out->data != NULL) {
        out->size += fread(out->data + out->size, 1, room - out->size, f);
        if (out->size < room) {
            return ferror(f) == 0;
        }
        if (room >= FILE_MAX) {
            errno = EFBIG;
            return false;
        }
        room *= 2;
        uint8_t *grown = realloc(out->data, room);
        if (grown == NULL) {
            return false;
        }
        out->data = grown;
    }
    return false;
}

bool file_read(const char *path, struct bytes *out)
{
    *out = (struct bytes){0};
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return false;
    }
    bool ok = read_all(f, out);
    int saved = errno;
    fclose(f);
    if (!ok) {
        free(out->data);
        *out = (struct bytes){0};
        errno = saved;
    }
    return ok;
}

bool file_write(const char *path, const void *data, size_t size)
{
    char part[4096];
    if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    FILE *f = fopen(part, "wb");
    if (f == NULL) {
        return false;
    }
    bool ok = fwrite(data, 1, size, f) == size;
    ok = fclose(f) == 0 && ok;
    ok = ok && rename(part, path) == 0;
    if (!ok) {
        int saved = errno;
        remove(part);
        errno = saved;
    }
    return ok;
}
