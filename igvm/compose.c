/* SPDX-License-Identifier: MIT */
/* From an SVSM image and a guest to an IGVM file. See compose.h. */
#include "compose.h"

#include <svsm/abi/snp.h>

#include "compose_ram.h"
#include "image_write.h"
#include "payload.h"
#include "vmsa.h"
#include "writer.h"

#define MASK 1u
#define HIGHEST_VTL 2
/* REQUIRED_MEMORY counts bytes in 32 bits. */
#define REQUIRED_MAX (UINT64_C(1) << 30)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

bool compose_header(struct bytes svsm, struct snp_image_header *h, struct fail *f)
{
    static const char mend[] = "the image of a system for SNP is needed, as build/systems/snp.bin";
    if (!bytes_read(svsm, 0, h, sizeof(*h)) || h->magic != SNP_IMAGE_MAGIC) {
        return fail_with_mend(f, mend, "the SVSM's file is no image for SNP");
    }
    if (h->version != SNP_IMAGE_VERSION) {
        return fail_with_mend(f, mend, "the SVSM's image has version %u; %u is known", h->version,
                              SNP_IMAGE_VERSION);
    }
    if (h->load != SNP_IMAGE_KERNEL) {
        return fail_because(f, "the SVSM's image wants to lie at 0x%llx, not at 0x%llx",
                            (unsigned long long)h->load, (unsigned long long)SNP_IMAGE_KERNEL);
    }
    if (h->image_end % IMAGE_PAGE != 0 || h->pool_end % IMAGE_PAGE != 0 ||
        h->image_end <= h->load || h->pool_end < h->image_end ||
        h->image_end - h->load != round_up(svsm.size, IMAGE_PAGE)) {
        return fail_because(f,
                            "the SVSM's image of 0x%zx bytes says that it ends at 0x%llx, and its "
                            "pool at 0x%llx",
                            svsm.size, (unsigned long long)h->image_end,
                            (unsigned long long)h->pool_end);
    }
    if (h->entry < h->load || h->entry >= h->image_end) {
        return fail_because(f, "the SVSM's image begins to run at 0x%x, which is not in it",
                            h->entry);
    }
    return true;
}

static bool add(struct image *image, const char *what, uint64_t from, uint64_t to, uint8_t type,
                struct bytes bytes, struct fail *f)
{
    return from == to || image_add(image,
                                   &(struct image_part){.what = what,
                                                        .gpa = from,
                                                        .size = to - from,
                                                        .bytes = bytes.at,
                                                        .len = bytes.size,
                                                        .type = type},
                                   f);
}

/* The guest's pages, what ring 0 is told of them, and its first save area. */
static bool add_guest(struct image *image, const struct compose *c, uint64_t end,
                      struct snp_image_launch *launch, struct vmsa *vmsa, struct fail *f)
{
    struct linux_svsm svsm = {.from = SNP_IMAGE_BASE, .to = end, .features = c->guest_features};
    if (c->guest == COMPOSE_LINUX) {
        launch->guest_secrets = LINUX_SECRETS;
        launch->guest_cpuid = LINUX_CPUID;
        launch->guest_caa = LINUX_CALLING_AREA;
        if (!linux_below(image, &c->boot, &svsm, f)) {
            return false;
        }
        *vmsa = svsm.vmsa;
    } else {
        launch->guest_secrets = PAYLOAD_SECRETS;
        launch->guest_cpuid = PAYLOAD_CPUID;
        launch->guest_caa = PAYLOAD_CALLING_AREA;
        if (!payload_add(image, c->payload, c->guest_features, vmsa, f)) {
            return false;
        }
    }
    vmsa->vmpl = SNP_IMAGE_GUEST_VMPL;
    launch->guest_features = c->guest_features;
    launch->flags |= SNP_IMAGE_GUEST;
    return true;
}

static bool add_svsm(struct image *image, const struct compose *c, const struct snp_image_header *h,
                     const struct snp_image_launch *launch, const struct vmsa *guest,
                     struct fail *f)
{
    const struct bytes none = {0};
    const struct bytes page = {(const void *)launch, sizeof(*launch)};
    const struct bytes save = {(const void *)guest, sizeof(*guest)};
    struct vmsa vmsa;
    vmsa_protected_mode(&vmsa, h->entry, c->features);
    return add(image, "the secrets page", SNP_IMAGE_SECRETS, SNP_IMAGE_CPUID, PSP_PAGE_SECRETS,
               none, f) &&
           add(image, "the CPUID page", SNP_IMAGE_CPUID, SNP_IMAGE_LAUNCH, PSP_PAGE_CPUID, none,
               f) &&
           add(image, "the launch page", SNP_IMAGE_LAUNCH, SNP_IMAGE_GUEST_VMSA, PSP_PAGE_NORMAL,
               page, f) &&
           add(image, "the guest's save area", SNP_IMAGE_GUEST_VMSA,
               SNP_IMAGE_GUEST_VMSA + IMAGE_PAGE, PSP_PAGE_NORMAL, save, f) &&
           add(image, "the SVSM", h->load, h->image_end, PSP_PAGE_NORMAL, c->svsm, f) &&
           add(image, "the SVSM's pool", h->image_end, h->pool_end, PSP_PAGE_NORMAL, none, f) &&
           image_add_vmsa(image, 0, &vmsa, true, f);
}

static void write_required(struct writer *w, const struct snp_image_launch *launch)
{
    for (uint32_t i = 0; i < launch->ram_count; i++) {
        const struct snp_image_ram *ram = &launch->ram[i];
        for (uint64_t at = 0; ram->kind == SNP_IMAGE_RAM_VALIDATE && at < ram->size;
             at += REQUIRED_MAX) {
            uint64_t left = ram->size - at;
            const struct igvm_required_memory m = {
                .gpa = ram->gpa + at,
                .mask = MASK,
                .size = (uint32_t)(left < REQUIRED_MAX ? left : REQUIRED_MAX),
            };
            writer_add(w, IGVM_VHT_REQUIRED_MEMORY, &m, sizeof(m));
        }
    }
}

static bool write_file(const struct compose *c, const struct image *image,
                       const struct snp_image_launch *launch, struct bytes *file, struct fail *f)
{
    const struct igvm_platform platform = {.mask = MASK,
                                           .highest_vtl = HIGHEST_VTL,
                                           .type = IGVM_PLATFORM_SEV_SNP,
                                           .version = IGVM_PLATFORM_VERSION};
    const struct igvm_guest_policy policy = {.policy = c->policy, .mask = MASK};
    struct writer w;
    writer_init(&w, c->version);
    writer_add(&w, IGVM_VHT_SUPPORTED_PLATFORM, &platform, sizeof(platform));
    writer_add(&w, IGVM_VHT_GUEST_POLICY, &policy, sizeof(policy));
    write_required(&w, launch);
    image_write(&w, image, MASK);
    return writer_finish(&w, file, f);
}

static bool check(const struct compose *c, const struct snp_image_header *h, struct fail *f)
{
    if (((c->features & c->guest_features) & SNP_FEATURE_SNP) == 0) {
        return fail_because(f, "SEV_FEATURES without SNP");
    }
    if (h->pool_end > c->memory) {
        return fail_with_mend(f, "--memory SIZE gives the machine more",
                              "the SVSM needs memory up to 0x%llx, but there is 0x%llx",
                              (unsigned long long)h->pool_end, (unsigned long long)c->memory);
    }
    if (c->memory > COMPOSE_RAM_END) {
        return fail_because(f,
                            "0x%llx bytes of memory: images for more than 0x%llx are not made yet",
                            (unsigned long long)c->memory, (unsigned long long)COMPOSE_RAM_END);
    }
    return true;
}

static bool lay_out(const struct compose *c, struct image *image, struct snp_image_launch *launch,
                    struct fail *f)
{
    struct snp_image_header h = {0};
    struct vmsa guest = {0};
    if (!compose_header(c->svsm, &h, f) || !check(c, &h, f)) {
        return false;
    }
    const uint64_t end = round_up(h.pool_end, IMAGE_LARGE);
    *launch = (struct snp_image_launch){.magic = SNP_IMAGE_LAUNCH_MAGIC,
                                        .version = SNP_IMAGE_VERSION,
                                        .flags = c->console ? SNP_IMAGE_CONSOLE : 0,
                                        .vcpu_count = c->vcpus};
    return (c->guest == COMPOSE_NONE || add_guest(image, c, end, launch, &guest, f)) &&
           compose_ram(launch, image, SNP_IMAGE_BASE, end, f) &&
           add_svsm(image, c, &h, launch, &guest, f);
}

bool compose_make(const struct compose *c, struct bytes *file, struct fail *f)
{
    struct snp_image_launch launch;
    struct image image;
    bool done = image_init(&image, c->memory, c->vcpus, f) && lay_out(c, &image, &launch, f) &&
                write_file(c, &image, &launch, file, f);
    image_free(&image);
    return done;
}
