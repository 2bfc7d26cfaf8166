/* SPDX-License-Identifier: MIT */
/* A look at the image. See image.h. */
#include "image.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../image/multiboot.h"

static const char mend[] = "tools/svsm build makes one; --image FILE names another";

/*
 * The header in the first bytes of a file, at which offset, as a loader looks for it; at multiples
 * of 4.
 */
static bool header_find(const uint8_t *bytes, size_t size, struct multiboot_header *h, size_t *at)
{
    for (*at = 0; *at + sizeof(*h) <= size; *at += 4) {
        memcpy(h, bytes + *at, sizeof(*h));
        if (h->magic == MULTIBOOT_MAGIC && h->magic + h->flags + h->checksum == 0) {
            return (h->flags & MULTIBOOT_ADDRESSES) != 0;
        }
    }
    return false;
}

/* Does the file hold all that the header wants loaded? */
static bool is_whole(const struct multiboot_header *h, size_t at, uint64_t size)
{
    uint64_t before = (uint64_t)h->header_addr - h->load_addr;
    return h->load_addr <= h->header_addr && h->load_addr <= h->load_end_addr && before <= at &&
           at - before + (h->load_end_addr - h->load_addr) <= size;
}

enum exit_code image_check(const char *path)
{
    uint8_t bytes[MULTIBOOT_SEARCH];
    struct multiboot_header header;
    size_t at;
    struct stat st;
    FILE *file = NULL;
    bool there = stat(path, &st) == 0;
    if (there && S_ISREG(st.st_mode)) {
        file = fopen(path, "re");
    }
    if (file == NULL) {
        return say_error(EXIT_LACKING, mend, "there is no image %s: %s", path,
                         there && !S_ISREG(st.st_mode) ? "that is no file" : strerror(errno));
    }
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    if (!header_find(bytes, size, &header, &at)) {
        return say_error(EXIT_LACKING, mend, "%s is no image of the SVSM", path);
    }
    if (!is_whole(&header, at, (uint64_t)st.st_size)) {
        return say_error(EXIT_LACKING, mend, "the image %s is cut off", path);
    }
    return EXIT_FINE;
}
