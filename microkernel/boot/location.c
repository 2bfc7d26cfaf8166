/* SPDX-License-Identifier: MIT */
/* Filled in by the image builder. In a file of its own: no other may believe the zeros. */
#include <boot/boot.h>

[[gnu::section(".rodata.image_location")]] const struct svsm_image_location image_location = {0};
