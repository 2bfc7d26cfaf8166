/* SPDX-License-Identifier: MIT */
/* An image's pages and save areas as headers of an IGVM file, in the order in which they were
 * added. */
#pragma once
#include "image.h"
#include "writer.h"

/* mask: the compatibility mask of the platform that they are for. */
void image_write(struct writer *w, const struct image *image, uint32_t mask);
