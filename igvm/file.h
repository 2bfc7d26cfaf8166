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

void file_free(struct file *file);
