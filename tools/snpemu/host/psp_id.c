/* SPDX-License-Identifier: MIT */
/*
 * ID block and ID authentication at SNP_LAUNCH_FINISH. Which failure has which status is
 * [recalled]; who launches sees only that it failed.
 */
#include <string.h>
#include "psp_internal.h"

static bool key_signs(const struct psp_public_key *key, uint32_t algo, const void *bytes,
                      size_t size, const struct psp_signature *signature)
{
    return algo == PSP_SIGN_ECDSA_P384_SHA384 && psp_crypto_verify(key, bytes, size, signature);
}

static uint32_t refuse(const char **why, const char *text, uint32_t status)
{
    *why = text;
    return status;
}

static uint32_t check_author(const struct psp_id_auth *auth, struct psp_identity *identity,
                             const char **why)
{
    if (!key_signs(&auth->author_key, auth->author_key_algo, &auth->id_key, sizeof(auth->id_key),
                   &auth->id_key_sig)) {
        return refuse(why, "ID block: the author's key did not sign the ID key",
                      PSP_STATUS_BAD_SIGNATURE);
    }
    identity->author = true;
    psp_crypto_sha384(&auth->author_key, sizeof(auth->author_key), identity->author_key_digest);
    return PSP_STATUS_SUCCESS;
}

uint32_t psp_id_check(const struct psp_options *options, struct psp_identity *identity,
                      const char **why)
{
    const struct psp_id_block *block = options->id_block;
    const struct psp_id_auth *auth = options->id_auth;

    if (auth == NULL || block->version != PSP_ID_BLOCK_VERSION) {
        return refuse(why, "ID block: not of version 1, or without its authentication",
                      PSP_STATUS_INVALID_PARAM);
    }
    if (!key_signs(&auth->id_key, auth->id_key_algo, block, sizeof(*block), &auth->id_block_sig)) {
        return refuse(why, "ID block: the ID key did not sign it", PSP_STATUS_BAD_SIGNATURE);
    }
    if (memcmp(block->ld, options->launch_digest, sizeof(block->ld)) != 0) {
        return refuse(why, "ID block: it is for another launch digest", PSP_STATUS_BAD_MEASUREMENT);
    }
    if (block->policy != options->policy) {
        return refuse(why, "ID block: it is for another policy", PSP_STATUS_POLICY_FAILURE);
    }
    identity->present = true;
    identity->guest_svn = block->guest_svn;
    memcpy(identity->family_id, block->family_id, sizeof(identity->family_id));
    memcpy(identity->image_id, block->image_id, sizeof(identity->image_id));
    psp_crypto_sha384(&auth->id_key, sizeof(auth->id_key), identity->id_key_digest);
    return options->author_key ? check_author(auth, identity, why) : PSP_STATUS_SUCCESS;
}
