/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: what the boot loader says (microkernel/boot/mbinfo.c), against a second reading of
 * the memory map and of the command line that is written in another way.
 */
#include "fuzz.h"
#include <boot/mbinfo.h>

#define ENTRIES 128
#define HEAD 24

struct range {
    uint64_t base, end;
};

static uint64_t le(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; i > 0; i--) {
        v = v << 8 | p[i - 1];
    }
    return v;
}

/* The usable ranges of the map that have an end. */
static unsigned ranges_read(const uint8_t *map, size_t size, struct range out[ENTRIES])
{
    unsigned count = 0;
    size_t at = 0;
    for (unsigned i = 0; i < ENTRIES && size - at >= HEAD; i++) {
        uint64_t length = le(map + at, 4);
        if (length < HEAD - 4 || at + 4 + length > size) {
            break;
        }
        struct range r = {le(map + at + 4, 8), 0};
        if (le(map + at + 20, 4) == 1 &&
            !__builtin_add_overflow(r.base, le(map + at + 12, 8), &r.end)) {
            out[count++] = r;
        }
        at += 4 + length;
    }
    return count;
}

static void try_map(const uint8_t *map, size_t size, uint64_t at)
{
    static struct range ranges[ENTRIES];
    unsigned count = ranges_read(map, size, ranges);
    uint64_t end = at;
    for (bool grown = true; grown;) {
        grown = false;
        for (unsigned i = 0; i < count; i++) {
            if (ranges[i].base <= end && ranges[i].end > end) {
                end = ranges[i].end;
                grown = true;
            }
        }
    }
    require(mbinfo_map_end(map, size, at) == (end == at ? 0 : end), "end of the memory");
}

/* The first word that begins with "name=". */
static const char *option(const char *line, const char *name, size_t *len)
{
    size_t name_len = strlen(name);
    while (*line != 0) {
        size_t word = strcspn(line, " ");
        if (word > name_len && strncmp(line, name, name_len) == 0 && line[name_len] == '=') {
            *len = word - name_len - 1;
            return line + name_len + 1;
        }
        line += word;
        line += strspn(line, " ");
    }
    return NULL;
}

static void try_line(const char *line)
{
    static const char *const names[] = {"a", "selftest", "log", "sel"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = 0;
        size_t want_len = 0;
        const char *got = mbinfo_option(line, names[i], &len);
        require(got == option(line, names[i], &want_len), "place of an option's value");
        require(got == NULL || len == want_len, "length of an option's value");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    uint8_t kind = input_byte(&in);
    uint64_t at = input_number(&in, 8);
    size_t left = (size_t)(in.end - in.at);
    uint8_t *copy = malloc(left + 1); /* of the exact size, for ASan */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, left == 0 ? (const uint8_t *)"" : in.at, left);
    copy[left] = 0;
    if (kind % 2 == 0) {
        copy = realloc(copy, left == 0 ? 1 : left);
        try_map(copy, left, at);
    } else {
        try_line((const char *)copy);
    }
    free(copy);
    return 0;
}
