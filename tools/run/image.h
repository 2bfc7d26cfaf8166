/* SPDX-License-Identifier: MIT */
/* The image to boot, as far as it can be judged before QEMU gets it. */
#pragma once
#include "say.h"

/* Is it there, an image, and whole? Says what is wrong if not. */
enum exit_code image_check(const char *path);
