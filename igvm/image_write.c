/* SPDX-License-Identifier: MIT */
/* From an image to headers of an IGVM file. See image_write.h. */
#include "image_write.h"

#include <string.h>

static const uint8_t zero_page[IMAGE_PAGE];

static void write_run(struct writer *w, const struct image *image, const struct launch_run *run,
                      uint32_t mask)
{
    const uint8_t *bytes = image_run_bytes(image, run);
    struct igvm_page_data page = {.gpa = run->gpa, .mask = mask};
    if (run->type == PSP_PAGE_VMSA) {
        const struct igvm_vp_context context = {.gpa = VMSA_KVM_GPA, .mask = mask};
        struct vmsa vmsa;
        memcpy(&vmsa, bytes, sizeof(vmsa));
        writer_context(w, context, &vmsa);
        return;
    }
    if (run->type != PSP_PAGE_NORMAL) { /* firmware's to fill */
        page.data_type = run->type == PSP_PAGE_SECRETS ? IGVM_DATA_SECRETS : IGVM_DATA_CPUID;
        bytes = NULL;
    }
    for (uint64_t i = 0; i < run->count; i++, page.gpa += IMAGE_PAGE) {
        writer_page(w, page, bytes == NULL ? zero_page : bytes + i * IMAGE_PAGE);
    }
}

void image_write(struct writer *w, const struct image *image, uint32_t mask)
{
    for (uint32_t i = 0; i < image->header.run_count; i++) {
        write_run(w, image, &image->runs[i], mask);
    }
}
