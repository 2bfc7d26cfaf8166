/* SPDX-License-Identifier: MIT */
/* What holds for every launch image, whatever it was made from. */
#pragma once

struct image; /* igvm/image.h */

/* Judges the image, finishes and frees it. */
void launch_judge(struct image *image);
