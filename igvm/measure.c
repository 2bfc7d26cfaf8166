/* SPDX-License-Identifier: MIT */
/* The launch digest of an image. See measure.h. */
#include "measure.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <svsm/abi/snp.h>

static const uint8_t zero_page[IMAGE_PAGE];

static void sha384(void *context, const void *bytes, size_t size, uint8_t out[PSP_DIGEST_SIZE])
{
    (void)context;
    SHA384(bytes, size, out);
}

static enum digest_error add_run(struct digest *digest, const struct image *image,
                                 const struct launch_run *run)
{
    struct digest_page page = {.gpa = run->gpa, .type = run->type};
    struct vmsa vmsa;
    if (run->type == LAUNCH_PAGE_ASSIGNED) {
        return DIGEST_OK; /* firmware never sees it */
    }
    if (run->type == PSP_PAGE_VMSA) {
        page.gpa = VMSA_KVM_GPA;
        memcpy(&vmsa, image_run_bytes(image, run), sizeof(vmsa));
        page.secure_tsc = (vmsa.sev_features & SNP_FEATURE_SECURE_TSC) != 0;
    }
    page.data = image_run_bytes(image, run);
    if (page.data != NULL) {
        return digest_add_pages(digest, &page, run->count);
    }
    enum digest_error error = DIGEST_OK;
    page.data = zero_page;
    for (uint64_t i = 0; i < run->count && error == DIGEST_OK; i++) {
        error = digest_add(digest, &page);
        page.gpa += IMAGE_PAGE;
    }
    return error;
}

bool measure_image(const struct image *image, uint8_t out[PSP_DIGEST_SIZE], struct fail *f)
{
    struct digest digest;
    digest_init(&digest, (struct digest_hash){.sha384 = sha384});
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        enum digest_error error = add_run(&digest, image, &image->runs[i]);
        if (error != DIGEST_OK) {
            return fail_because(f, "run %u of the launch image cannot be measured (%d)", i,
                                (int)error);
        }
    }
    for (size_t i = 0; i < PSP_DIGEST_SIZE; i++) {
        out[i] = digest.value[i];
    }
    return true;
}

void measure_hex(const uint8_t digest[PSP_DIGEST_SIZE], char out[2 * PSP_DIGEST_SIZE + 1])
{
    for (size_t i = 0; i < PSP_DIGEST_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}
