/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: IGVM files (igvm/igvm.c). Sizes and checksum are put right, as almost
 * no input would get further; the first byte says which host, and whether to leave that.
 */
#include "fuzz.h"
#include "igvm.h"
#include "launch.h"

#define MEMORY UINT64_C(0x1000000)
#define AS_IT_IS 0x80

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct igvm_guest guest;
    struct image image;
    struct fail f = {0};
    if (size < 1 + sizeof(struct igvm_header_v1)) {
        return 0;
    }
    uint8_t *copy = malloc(size - 1); /* of the exact size, for ASan */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + 1, size - 1);
    if ((data[0] & AS_IT_IS) == 0) {
        launch_mend(copy, size - 1);
    }
    require(image_init(&image, MEMORY, 1 + data[0] % 3, &f), "an empty image");
    image.header.profile = data[0] / 4 % 3;
    image.header.features = 0x229;
    if (igvm_launch(&image, (struct bytes){copy, size - 1}, &guest, &f)) {
        require((guest.features & 1) != 0 && (guest.features & ~image.header.features) == 0,
                "features that the host has");
        require(image.vcpus[0].runnable == 1, "a vCPU that runs");
        launch_judge(&image);
    } else {
        require(f.what[0] != 0, "a reason");
        image_free(&image);
    }
    free(copy);
    return 0;
}
