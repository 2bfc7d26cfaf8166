/* SPDX-License-Identifier: MIT */
/* What a file holds, for people and for programs, on stdout. */
#pragma once
#include "parts.h"

struct shown {
    const char *path;
    const struct load *load;
    const struct parts *parts;
    const uint8_t *digest; /* PSP_DIGEST_SIZE bytes */
    const char *profile;
};

/*
 * The file's headers by type: calls for each type that there is, by rising number, with what it is
 * called and how many there are, of all platforms.
 */
void show_headers(const struct load *l,
                  void (*tell)(void *context, const char *name, unsigned count), void *context);

void show_text(const struct shown *s);

/* False: no memory. */
bool show_json(const struct shown *s);

/* The first 8 bytes are enough to tell parts apart by eye. */
#define SHOW_SHORT 17
void show_short(const struct part *part, char out[SHOW_SHORT]);

/* SNP_IMAGE_RAM_* in a word. */
const char *show_ram(uint32_t kind);
