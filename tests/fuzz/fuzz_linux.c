/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: kernels (igvm/linux/linux.c). The first bytes choose command line and initrd;
 * the signatures are put right in most inputs.
 */
#include "fuzz.h"
#include "launch.h"
#include "linux.h"

#define MEMORY UINT64_C(0x2000000)

static void mend(uint8_t *file, size_t size)
{
    if (size >= 0x264) {
        memcpy(file + 0x1fe, "\x55\xaa", 2);
        memcpy(file + 0x202, "HdrS", 4);
        file[0x207] = 2;
        file[0x211] |= 1;
        file[0x236] |= 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t initrd[0x10000];
    static char line[0x1800];
    struct image image;
    struct fail f = {0};
    if (size < 4) {
        return 0;
    }
    uint8_t *copy = malloc(size - 3);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + 3, size - 3);
    if (data[0] % 8 != 0) {
        mend(copy, size - 3);
    }
    size_t len = (size_t)data[1] * 24;
    memset(line, 'x', len);
    line[len] = 0;
    require(image_init(&image, MEMORY, 1 + data[0] / 8 % 16, &f), "an empty image");
    image.header.cbit = data[0] % 2 == 0 ? 47 : 51;
    const struct linux_boot boot = {
        .kernel = {copy, size - 3}, .initrd = {initrd, (size_t)data[2] * 0x101}, .cmdline = line};
    if (linux_launch(&image, &boot, 1, &f)) {
        uint64_t pages = 0;
        for (uint32_t i = 0; i < image.header.run_count; i++) {
            pages += image.runs[i].type == PSP_PAGE_VMSA ? 0 : image.runs[i].count;
        }
        require(pages == (MEMORY - 0x20000) / IMAGE_PAGE, "all of memory but the VGA window");
        launch_judge(&image);
    } else {
        require(f.what[0] != 0, "a reason");
        image_free(&image);
    }
    free(copy);
    return 0;
}
