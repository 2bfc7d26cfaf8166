/* SPDX-License-Identifier: MIT */
/* See digest.h. Facts: launch.h. */
#include "digest.h"

#include <string.h>

#define PAGE_SIZE UINT64_C(4096)

static int measured(uint8_t type)
{
    return type == PSP_PAGE_NORMAL || type == PSP_PAGE_VMSA;
}

static enum digest_error check(const struct digest_page *first, uint64_t count)
{
    if (first->type < PSP_PAGE_NORMAL || first->type > PSP_PAGE_CPUID) {
        return DIGEST_BAD_TYPE;
    }
    if (measured(first->type) && !first->data) {
        return DIGEST_NO_DATA;
    }
    if (first->gpa % PAGE_SIZE || count > (UINT64_MAX - first->gpa) / PAGE_SIZE + 1) {
        return DIGEST_BAD_ADDRESS;
    }
    return DIGEST_OK;
}

static void hash_contents(const struct digest_hash *hash, const struct digest_page *page,
                          const uint8_t *data, uint8_t out[PSP_DIGEST_SIZE])
{
    uint8_t copy[PAGE_SIZE];

    memcpy(copy, data, sizeof(copy));
    if (page->type == PSP_PAGE_VMSA && page->secure_tsc) {
        memset(copy + PSP_VMSA_UNMEASURED_OFFSET, 0, PSP_VMSA_UNMEASURED_SIZE);
    }
    hash->sha384(hash->context, copy, sizeof(copy), out);
}

/* Page number index of a run. */
static void add(struct digest *digest, const struct digest_page *first, uint64_t index)
{
    struct psp_page_info info = {
        .length = PSP_PAGE_INFO_LENGTH,
        .page_type = first->type,
        .vmpl1_perms = first->perms[0],
        .vmpl2_perms = first->perms[1],
        .vmpl3_perms = first->perms[2],
        .gpa = first->gpa + index * PAGE_SIZE,
    };

    memcpy(info.digest_cur, digest->value, sizeof(info.digest_cur));
    if (measured(first->type)) {
        const uint8_t *data = first->data;

        hash_contents(&digest->hash, first, data + index * PAGE_SIZE, info.contents);
    }
    digest->hash.sha384(digest->hash.context, &info, sizeof(info), digest->value);
}

void digest_init(struct digest *digest, struct digest_hash hash)
{
    *digest = (struct digest){.hash = hash};
}

enum digest_error digest_add(struct digest *digest, const struct digest_page *page)
{
    return digest_add_pages(digest, page, 1);
}

enum digest_error digest_add_pages(struct digest *digest, const struct digest_page *first,
                                   uint64_t count)
{
    enum digest_error error = check(first, count);

    for (uint64_t i = 0; error == DIGEST_OK && i < count; i++) {
        add(digest, first, i);
    }
    return error;
}
