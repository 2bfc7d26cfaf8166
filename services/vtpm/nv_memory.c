/* SPDX-License-Identifier: MIT */
/* Non-volatile state in this task's memory. See nv.h. */
#include "nv.h"

#include <stdlib.h>
#include <string.h>

static struct {
    char name[NV_NAME_MAX];
    uint8_t *data;
    size_t size;
} blobs[NV_BLOBS_MAX];

enum nv_err nv_init(void)
{
    return NV_OK;
}

static int find(const char *name)
{
    for (int i = 0; i < NV_BLOBS_MAX; i++) {
        if (strncmp(blobs[i].name, name, NV_NAME_MAX) == 0) {
            return i;
        }
    }
    return -1;
}

enum nv_err nv_load(const char *name, uint8_t **data, size_t *size)
{
    int i = find(name);
    if (i < 0 || blobs[i].data == NULL) {
        return NV_MISSING;
    }
    *data = malloc(blobs[i].size);
    if (*data == NULL) {
        return NV_FULL;
    }
    memcpy(*data, blobs[i].data, blobs[i].size);
    *size = blobs[i].size;
    return NV_OK;
}

enum nv_err nv_store(const char *name, const uint8_t *data, size_t size)
{
    int i = find(name);
    if (i < 0) {
        i = find("");
    }
    const size_t name_len = strlen(name);
    if (i < 0 || name_len >= NV_NAME_MAX) {
        return NV_FULL;
    }
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        return NV_FULL;
    }
    memcpy(copy, data, size);
    memcpy(blobs[i].name, name, name_len + 1);
    free(blobs[i].data);
    blobs[i].data = copy;
    blobs[i].size = size;
    return NV_OK;
}

enum nv_err nv_delete(const char *name)
{
    int i = find(name);
    if (i < 0) {
        return NV_MISSING;
    }
    free(blobs[i].data);
    memset(&blobs[i], 0, sizeof(blobs[i]));
    return NV_OK;
}
