/* SPDX-License-Identifier: MIT */
/* Whole files in memory. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data; /* from malloc */
    size_t size;
};

/* False, with errno set, if it cannot be done. */
[[nodiscard]] bool file_read(const char *path, struct bytes *out);
/* Through a file beside it that is renamed: what was there stays whole. */
[[nodiscard]] bool file_write(const char *path, const void *data, size_t size);
