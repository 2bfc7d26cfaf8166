/* SPDX-License-Identifier: MIT */
/* Bare guest and list in one IGVM file. See image.h. */
#include "image.h"

#include <image_write.h>
#include <payload.h>
#include <svsm/abi/snp.h>

#include "list.h"

#define MASK 1u
#define HIGHEST_VTL 2
#define MEMORY (UINT64_C(512) << 20)

static bool add(struct image *image, const char *what, uint64_t gpa, uint8_t type,
                struct bytes bytes, struct fail *f)
{
    uint64_t size = (bytes.size + IMAGE_PAGE - 1) / IMAGE_PAGE * IMAGE_PAGE;

    return image_add(image,
                     &(struct image_part){.what = what,
                                          .gpa = gpa,
                                          .size = size == 0 ? IMAGE_PAGE : size,
                                          .bytes = bytes.at,
                                          .len = bytes.size,
                                          .type = type},
                     f);
}

static bool lay_out(struct image *image, struct bytes elf, const struct truth_list *list,
                    struct fail *f)
{
    const struct bytes none = {0};
    const struct bytes steps = {(const uint8_t *)list, list_size(list)};
    struct vmsa vmsa;

    if (steps.size > TRUTH_LIST_MAX) {
        return fail_because(f, "the list has %u steps; the guest has no room for so many",
                            list->count);
    }
    return add(image, "the CPUID page", IMAGE_CPUID, PSP_PAGE_CPUID, none, f) &&
           add(image, "the secrets page", IMAGE_SECRETS, PSP_PAGE_SECRETS, none, f) &&
           payload_program(image, elf, SNP_FEATURE_SNP, &vmsa, f) &&
           add(image, "the list", TRUTH_LIST_GPA, PSP_PAGE_NORMAL, steps, f) &&
           image_add_vmsa(image, 0, &vmsa, true, f);
}

bool truth_image(struct bytes elf, const struct truth_list *list, struct bytes *file,
                 struct fail *f)
{
    const struct igvm_platform platform = {.mask = MASK,
                                           .highest_vtl = HIGHEST_VTL,
                                           .type = IGVM_PLATFORM_SEV_SNP,
                                           .version = IGVM_PLATFORM_VERSION};
    const struct igvm_guest_policy policy = {.policy = PSP_POLICY_SMT | PSP_POLICY_ONE,
                                             .mask = MASK};
    struct image image;
    struct writer w;

    if (!image_init(&image, MEMORY, 1, f)) {
        return false;
    }
    bool done = lay_out(&image, elf, list, f);
    if (done) {
        writer_init(&w, IGVM_VERSION_1);
        writer_add(&w, IGVM_VHT_SUPPORTED_PLATFORM, &platform, sizeof(platform));
        writer_add(&w, IGVM_VHT_GUEST_POLICY, &policy, sizeof(policy));
        image_write(&w, &image, MASK);
        done = writer_finish(&w, file, f);
    }
    image_free(&image);
    return done;
}
