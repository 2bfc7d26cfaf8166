/* SPDX-License-Identifier: MIT */
/* From the command line's files to a launch image, its digest and the firmware's context. */
#pragma once
#include <svsm/abi/launch.h>

#include "fail.h"
#include "image.h"
#include "options.h"
#include "psp.h"

struct guest {
    struct image image;
    uint8_t digest[PSP_DIGEST_SIZE];
    struct psp *psp; /* NULL after guest_measure() */
};

/* Reads the files and lays out the guest; then its digest is known. */
bool guest_measure(struct guest *g, const struct options *o, struct fail *f);

/* The firmware's last step, then the secrets page. Refuses what firmware refuses. */
bool guest_launch(struct guest *g, const struct options *o, struct fail *f);

void guest_free(struct guest *g);
