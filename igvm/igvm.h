/* SPDX-License-Identifier: MIT */
/*
 * An IGVM file as a launch image, as QEMU with KVM would load its SEV-SNP part, and with the same
 * digest. Says no to what QEMU or KVM refuse; in the strict profile also to what loaders and
 * measuring programs disagree about. Which host: image->header.profile and .features.
 */
#pragma once
#include <svsm/abi/igvm.h>
#include <svsm/abi/launch.h>

#include "bytes.h"
#include "image.h"

struct igvm_guest {
    uint32_t mask;     /* of the part for SEV-SNP */
    uint64_t policy;   /* PSP_POLICY_* */
    uint64_t features; /* SEV_FEATURES of the first vCPU */
    bool has_id_block;
    bool author_key; /* its signature counts */
    struct psp_id_block id_block;
    struct psp_id_auth id_auth;
};

bool igvm_launch(struct image *image, struct bytes file, struct igvm_guest *guest, struct fail *f);

/* From IGVM's form to the firmware's; without the policy, which another header has. */
void igvm_id_take(struct igvm_guest *guest, const struct igvm_snp_id_block *block);

/* A save area that a file may bring for a host with these features. */
bool igvm_vmsa_check(const struct vmsa *vmsa, uint64_t features, struct fail *f);
