/* SPDX-License-Identifier: MIT */
/* The launch digest of an image, from the very runs that will be loaded. */
#pragma once
#include <digest.h>

#include "image.h"

/* image: before image_finish(). Only a broken image fails. */
bool measure_image(const struct image *image, uint8_t digest[PSP_DIGEST_SIZE], struct fail *f);

/* 96 hex digits and a zero. */
void measure_hex(const uint8_t digest[PSP_DIGEST_SIZE], char out[2 * PSP_DIGEST_SIZE + 1]);
