/* SPDX-License-Identifier: MIT */
/* What holds for every launch image, whatever it was made from. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct image; /* igvm/image.h */

/* Judges the image, finishes and frees it. */
void launch_judge(struct image *image);

/* Puts an IGVM file's sizes and checksum right. At least a header of version 1. */
void launch_mend(uint8_t *bytes, size_t size);
