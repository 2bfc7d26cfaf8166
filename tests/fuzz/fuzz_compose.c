/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: composing (igvm/compose.c, payload.c) and looking at the result (tools/inspect). The
 * first byte chooses the guest, and whether the SVSM's header is left as it is; the next two cut
 * the input into the SVSM's image and the guest's file. Whatever is made, every host takes, unless
 * it lacks a feature, and its parts can be named or the reason is said.
 */
#include "compose.h"
#include "fuzz.h"
#include "load.h"
#include "parts.h"

#define MEMORY (UINT64_C(256) << 20)
#define AS_IT_IS 0x80
#define IMAGE_ROUND(size) (((size) + IMAGE_PAGE - 1) & ~(IMAGE_PAGE - 1))

static void mend(uint8_t *svsm, size_t size)
{
    struct snp_image_header h;
    memcpy(&h, svsm, sizeof(h));
    h.magic = SNP_IMAGE_MAGIC;
    h.version = SNP_IMAGE_VERSION;
    h.load = SNP_IMAGE_KERNEL;
    h.image_end = h.load + IMAGE_ROUND(size);
    h.entry = (uint32_t)h.load + h.entry % (uint32_t)size;
    h.pool_end = h.image_end + h.pool_end % 64 * IMAGE_PAGE;
    memcpy(svsm, &h, sizeof(h));
}

static void judge(struct bytes file)
{
    static struct load l;
    static struct parts parts;
    struct fail f = {0};
    if (!load_file(&l, file, LAUNCH_STRICT, 0, &f)) {
        fprintf(stderr, "%s\n", f.what);
        require(false, "a file that hosts take");
    }
    f.what[0] = 0;
    require(parts_read(&parts, &l, &f) || f.what[0] != 0, "parts, or a reason");
    parts_free(&parts);
    load_free(&l);
}

static uint8_t *copy_of(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size); /* of the exact size, for ASan */
    require(copy != NULL, "memory");
    memcpy(copy, data, size);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fail f = {0};
    struct bytes file = {0};
    if (size < 3) {
        return 0;
    }
    size_t svsm_size = (size_t)(data[1] | data[2] << 8) % (size - 2);
    uint8_t *svsm = copy_of(data + 3, svsm_size);
    uint8_t *guest = copy_of(data + 3 + svsm_size, size - 3 - svsm_size);
    const struct bytes other = {guest, size - 3 - svsm_size};
    if ((data[0] & AS_IT_IS) == 0 && svsm_size >= sizeof(struct snp_image_header)) {
        mend(svsm, svsm_size);
    }
    const struct compose c = {
        .svsm = {svsm, svsm_size},
        .memory = MEMORY,
        .vcpus = 1 + data[0] % 3,
        .policy = 0x30000,
        .features = 1,
        .guest_features = 1,
        .version = 1 + data[0] / 4 % 2,
        .guest = (enum compose_guest)(data[0] / 8 % 3),
        .payload = other,
        .boot = {.kernel = other, .cmdline = ""},
    };
    if (compose_make(&c, &file, &f)) {
        judge(file);
        free((void *)file.at);
    } else {
        require(f.what[0] != 0, "a reason");
    }
    free(svsm);
    free(guest);
    return 0;
}
