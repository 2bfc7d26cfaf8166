/* SPDX-License-Identifier: MIT */
/*
 * From an SVSM image (snp_image.h) and a guest to an IGVM file. Everything is measured: the guest's
 * pages first, by its own order, then the SVSM's by rising address, then the save area. Guest
 * memory that no page is loaded into is required, not loaded: ring 0 validates it.
 *
 * Deterministic: the same request gives the same bytes.
 */
#pragma once
#include <svsm/abi/snp_image.h>

#include "bytes.h"
#include "fail.h"
#include "linux.h"

enum compose_guest { COMPOSE_NONE, COMPOSE_PAYLOAD, COMPOSE_LINUX };

struct compose {
    struct bytes svsm;       /* flat, with struct snp_image_header at its start */
    uint64_t memory;         /* bytes of the machine, a multiple of 2 MiB */
    uint32_t vcpus;          /* 1 to 16 */
    uint64_t policy;         /* PSP_POLICY_* */
    uint64_t features;       /* SEV_FEATURES of VMPL0, SNP_FEATURE_* */
    uint64_t guest_features; /* of the guest's level */
    bool console;            /* a development image that prints to the host */
    unsigned version;        /* of the file: IGVM_VERSION_1 or _2 */
    enum compose_guest guest;
    struct bytes payload;   /* COMPOSE_PAYLOAD, see payload.h */
    struct linux_boot boot; /* COMPOSE_LINUX */
};

/* *file is the caller's to free(). */
bool compose_make(const struct compose *c, struct bytes *file, struct fail *f);

/* The header of a flat SVSM image, checked against the bytes behind it. */
bool compose_header(struct bytes svsm, struct snp_image_header *h, struct fail *f);
