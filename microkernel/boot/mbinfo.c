/* SPDX-License-Identifier: MIT */
/* See mbinfo.h. The loader is trusted no further than a parser trusts its input. */
#include <boot/mbinfo.h>

#define USABLE 1u
#define ENTRY_MIN 20u /* base, length, type; the size field in front does not count itself */
#define ENTRIES_MAX 128u

struct [[gnu::packed]] entry {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
};

/* One pass: the end of an entry that holds `at`, or `at`. */
static uint64_t pass(const uint8_t *map, size_t size, uint64_t at)
{
    uint64_t end = at;
    size_t offset = 0;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        struct entry e;
        if (size - offset < sizeof(e)) {
            break;
        }
        memcpy(&e, map + offset, sizeof(e));
        if (e.size < ENTRY_MIN || e.size > size - offset - sizeof(e.size)) {
            break;
        }
        if (e.type == USABLE && e.base <= at && at - e.base < e.length &&
            e.length <= UINT64_MAX - e.base && e.base + e.length > end) {
            end = e.base + e.length;
        }
        offset += e.size + sizeof(e.size);
    }
    return end;
}

uint64_t mbinfo_map_end(const void *map, size_t size, uint64_t at)
{
    uint64_t end = at;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        uint64_t further = pass(map, size, end);
        if (further == end) {
            break;
        }
        end = further;
    }
    return end == at ? 0 : end;
}

static size_t match(const char *word, const char *name)
{
    size_t i = 0;
    while (name[i] != 0 && word[i] == name[i]) {
        i++;
    }
    return name[i] == 0 && word[i] == '=' ? i + 1 : 0;
}

const char *mbinfo_option(const char *line, const char *name, size_t *len)
{
    const char *p = line;
    while (*p != 0) {
        while (*p == ' ') {
            p++;
        }
        size_t value = match(p, name);
        const char *end = p;
        while (*end != 0 && *end != ' ') {
            end++;
        }
        if (value != 0) {
            *len = (size_t)(end - p) - value;
            return p + value;
        }
        p = end;
    }
    return NULL;
}
