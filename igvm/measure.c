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
                                 const struct launch_run *run,
                                 const struct measure_visitor *visitor)
{
    const uint8_t *bytes = image_run_bytes(image, run);
    struct digest_page page = {.gpa = run->gpa, .type = run->type};
    struct vmsa vmsa;
    enum digest_error error = DIGEST_OK;
    if (run->type == LAUNCH_PAGE_ASSIGNED) {
        return DIGEST_OK; /* firmware never sees it */
    }
    if (run->type == PSP_PAGE_VMSA) {
        page.gpa = VMSA_KVM_GPA;
        memcpy(&vmsa, bytes, sizeof(vmsa));
        page.secure_tsc = (vmsa.sev_features & SNP_FEATURE_SECURE_TSC) != 0;
    }
    for (uint64_t i = 0; i < run->count && error == DIGEST_OK; i++) {
        page.data = bytes == NULL ? zero_page : bytes + i * IMAGE_PAGE;
        error = digest_add(digest, &page);
        if (visitor != NULL && error == DIGEST_OK) {
            visitor->page(visitor->context,
                          &(struct measure_page){page.gpa, run->gpa + i * IMAGE_PAGE, page.type,
                                                 digest->value});
        }
        page.gpa += IMAGE_PAGE;
    }
    return error;
}

bool measure_pages(const struct image *image, const struct measure_visitor *visitor,
                   uint8_t out[PSP_DIGEST_SIZE], struct fail *f)
{
    struct digest digest;
    digest_init(&digest, (struct digest_hash){.sha384 = sha384});
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        enum digest_error error = add_run(&digest, image, &image->runs[i], visitor);
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

bool measure_image(const struct image *image, uint8_t out[PSP_DIGEST_SIZE], struct fail *f)
{
    return measure_pages(image, NULL, out, f);
}

const char *measure_type(uint8_t type)
{
    static const char *const names[] = {
        [PSP_PAGE_NORMAL] = "normal",
        [PSP_PAGE_VMSA] = "vmsa",
        [PSP_PAGE_ZERO] = "zero",
        [PSP_PAGE_UNMEASURED] = "unmeasured",
        [PSP_PAGE_SECRETS] = "secrets",
        [PSP_PAGE_CPUID] = "cpuid",
        [LAUNCH_PAGE_ASSIGNED] = "required",
    };
    return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

void measure_hex(const uint8_t digest[PSP_DIGEST_SIZE], char out[2 * PSP_DIGEST_SIZE + 1])
{
    for (size_t i = 0; i < PSP_DIGEST_SIZE; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}
