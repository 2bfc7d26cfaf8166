/* SPDX-License-Identifier: MIT */
/* The launch digest of an image, from the very runs that will be loaded. */
#pragma once
#include <digest.h>

#include "image.h"

/* image: before image_finish(). Only a broken image fails. */
bool measure_image(const struct image *image, uint8_t digest[PSP_DIGEST_SIZE], struct fail *f);

/* One page that was measured. */
struct measure_page {
    uint64_t gpa;          /* as it is measured: of save areas, KVM's */
    uint64_t place;        /* as the launch image has it: of save areas, by vCPU */
    uint8_t type;          /* PSP_PAGE_* */
    const uint8_t *digest; /* with it */
};

struct measure_visitor {
    void (*page)(void *context, const struct measure_page *page);
    void *context;
};

/* The same, and every page is shown as it is added. */
bool measure_pages(const struct image *image, const struct measure_visitor *visitor,
                   uint8_t digest[PSP_DIGEST_SIZE], struct fail *f);

/* A PSP_PAGE_* in a word. */
const char *measure_type(uint8_t type);

/* 96 hex digits and a zero. */
void measure_hex(const uint8_t digest[PSP_DIGEST_SIZE], char out[2 * PSP_DIGEST_SIZE + 1]);
