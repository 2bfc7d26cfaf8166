/* SPDX-License-Identifier: MIT */
/* Whole files in memory. */
#pragma once
#include "bytes.h"
#include "fail.h"

struct file {
    struct bytes bytes;
};

/* An error leaves nothing to be freed. */
bool file_read(struct file *file, const char *path, struct fail *f);

/* All of it or nothing: a file that was there stays as it is if this one cannot be written. */
bool file_write(const char *path, struct bytes bytes, struct fail *f);

void file_free(struct file *file);
