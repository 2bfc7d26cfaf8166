/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: OVMF images (tools/snpemu/host/ovmf.c). The input is the end of one of 64 KiB, so
 * that most inputs have a size that is accepted; the footer is put there in every second.
 */
#include "fuzz.h"
#include "launch.h"
#include "ovmf.h"

#define MEMORY UINT64_C(0x1000000)

static const uint8_t footer[] = {0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    struct fail f = {0};
    if (size < 2 || size > OVMF_SIZE_UNIT) {
        return 0;
    }
    size_t whole = data[0] == 0xff ? size : OVMF_SIZE_UNIT;
    uint8_t *rom = calloc(1, whole);
    if (rom == NULL) {
        return 0;
    }
    memcpy(rom + whole - (size - 1), data + 1, size - 1);
    if (data[0] % 2 == 0) {
        memcpy(rom + whole - OVMF_TABLE_END - sizeof(footer), footer, sizeof(footer));
    }
    require(image_init(&image, MEMORY, 1 + data[0] / 2 % 3, &f), "an empty image");
    if (ovmf_launch(&image, (struct bytes){rom, whole}, 1, &f)) {
        require(image.header.fw_cfg == 1, "fw_cfg");
        launch_judge(&image);
    } else {
        require(f.what[0] != 0, "a reason");
        image_free(&image);
    }
    free(rom);
    return 0;
}
