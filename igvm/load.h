/* SPDX-License-Identifier: MIT */
/* An IGVM file as a host of some kind loads it, for programs that look at it rather than run it. */
#pragma once
#include "igvm.h"
#include "igvm_file.h"

struct load {
    struct image image;
    struct igvm_guest guest;
    struct igvm_file file;
    struct igvm_record cursor; /* load_offset()'s: pages are mostly asked for as they come */
};

/*
 * vcpus: 0 for as many as there can be, where the digest does not depend on it; 1 for upstream-6.12
 * then. load_free() also after an error. The file's bytes have to stay.
 */
bool load_file(struct load *l, struct bytes file, enum launch_profile profile, uint32_t vcpus,
               struct fail *f);

void load_free(struct load *l);

/* Bytes of the guest's memory right behind the launch; false: not all of them are loaded there. */
bool load_read(const struct load *l, uint64_t gpa, void *out, size_t size);

/*
 * Where in the file the page at gpa has its bytes; 0: nowhere, it is zero or not the file's. A save
 * area's gpa is that of its run.
 */
uint32_t load_offset(struct load *l, uint64_t gpa);
