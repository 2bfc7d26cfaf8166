/* SPDX-License-Identifier: MIT */
/* The ID block of an IGVM file, in the firmware's form. */
#include <string.h>
#include <svsm/abi/attest.h>

#include "igvm.h"

static void key_take(struct psp_public_key *out, const struct igvm_key *key)
{
    out->curve = key->curve;
    memcpy(out->qx, key->qx, sizeof(out->qx));
    memcpy(out->qy, key->qy, sizeof(out->qy));
}

static void signature_take(struct psp_signature *out, const struct igvm_signature *signature)
{
    memcpy(out->r, signature->r, sizeof(out->r));
    memcpy(out->s, signature->s, sizeof(out->s));
}

void igvm_id_take(struct igvm_guest *guest, const struct igvm_snp_id_block *block)
{
    struct psp_id_block *id = &guest->id_block;
    struct psp_id_auth *auth = &guest->id_auth;
    guest->has_id_block = true;
    guest->author_key = block->author_key_enabled != 0;
    memcpy(id->ld, block->ld, sizeof(id->ld));
    memcpy(id->family_id, block->family_id, sizeof(id->family_id));
    memcpy(id->image_id, block->image_id, sizeof(id->image_id));
    id->version = PSP_ID_BLOCK_VERSION; /* QEMU's, whatever the file says */
    id->guest_svn = block->guest_svn;
    auth->id_key_algo = block->id_key_algo;
    auth->author_key_algo = block->author_key_algo;
    signature_take(&auth->id_block_sig, &block->id_block_sig);
    signature_take(&auth->id_key_sig, &block->id_key_sig);
    key_take(&auth->id_key, &block->id_key);
    key_take(&auth->author_key, &block->author_key);
}
