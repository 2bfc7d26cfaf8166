/* SPDX-License-Identifier: MIT */
/* Parameter areas of an IGVM file: pages that the loader fills and puts into the guest. */
#pragma once
#include <svsm/abi/igvm.h>

#include "fail.h"
#include "image.h"

#define IGVM_AREAS_MAX 32u
#define IGVM_AREA_SIZE_MAX UINT64_C(0x1000000)

struct igvm_area {
    uint32_t index; /* the file's name for it */
    bool inserted;
    uint64_t size;
    uint8_t *bytes;
};

struct igvm_areas {
    unsigned count;
    uint64_t size; /* of all */
    struct igvm_area list[IGVM_AREAS_MAX];
};

bool igvm_area_make(struct igvm_areas *areas, const struct igvm_parameter_area *a, struct fail *f);

/* Fills one parameter by its type, IGVM_VHT_*. */
bool igvm_area_fill(struct igvm_areas *areas, uint32_t type, const struct igvm_parameter *p,
                    const struct image *image, struct fail *f);

bool igvm_area_insert(struct igvm_areas *areas, const struct igvm_parameter_insert *insert,
                      struct image *image, struct fail *f);

void igvm_area_free(struct igvm_areas *areas);
