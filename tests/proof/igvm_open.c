/* SPDX-License-Identifier: MIT */
/*
 * igvm_file_open(): looks at no byte behind the file's end, and takes a file if and only if its
 * fixed header is right: then the headers are aligned, behind it, and there is data behind them.
 *
 * The checksum may have any value here; that it is the CRC-32 of those bytes is shown by tests.
 * Bound: files of up to 72 bytes.
 */
#include "proof.h"

#include <igvm_file.c>

#define FILE_MAX 72u

static unsigned sums;
static size_t summed;

uint32_t sum_any(uint32_t crc, struct bytes b)
{
    uint32_t value;
    (void)crc;
    sums++;
    summed += b.size;
    __CPROVER_assert(b.size == 0 || __CPROVER_r_ok(b.at, b.size), "what is summed is there");
    return value;
}

bool fail_because(struct fail *f, const char *what, ...)
{
    (void)what;
    f->what[0] = 'x';
    return false;
}

int main(void)
{
    struct igvm_file file;
    struct fail f;
    size_t size;
    __CPROVER_assume(size <= FILE_MAX);
    uint8_t *bytes = malloc(size);
    f.what[0] = 0;
    if (!igvm_file_open(&file, (struct bytes){bytes, size}, &f)) {
        __CPROVER_assert(f.what[0] != 0, "a reason");
        REACH("refused");
        return 0;
    }
    struct igvm_header_v1 h;
    __CPROVER_assert(size >= sizeof(h), "a header is there");
    memcpy(&h, bytes, sizeof(h));
    size_t fixed = h.version == 1 ? sizeof(struct igvm_header_v1) : sizeof(struct igvm_header_v2);
    __CPROVER_assert(h.magic == IGVM_MAGIC && (h.version == 1 || h.version == 2), "ours");
    __CPROVER_assert(h.file_size == size, "whole");
    __CPROVER_assert(file.bytes.at == bytes && file.bytes.size == size, "these bytes");
    __CPROVER_assert(file.headers == h.headers_offset && file.headers >= fixed &&
                         file.headers % 8 == 0,
                     "headers behind the fixed one");
    __CPROVER_assert(file.headers_end - file.headers == h.headers_size &&
                         file.headers_end >= file.headers && file.headers_end % 8 == 0,
                     "of whole 8 bytes");
    __CPROVER_assert(file.headers_end < size, "data behind them");
    __CPROVER_assert(sums == 4 && summed == fixed + h.headers_size, "all of it is summed");
    if (h.version == 2) {
        struct igvm_header_v2 v2;
        __CPROVER_assert(size >= sizeof(v2), "the longer header is there");
        memcpy(&v2, bytes, sizeof(v2));
        __CPROVER_assert(v2.architecture == IGVM_ARCH_X64 && v2.page_size == IGVM_PAGE_SIZE,
                         "for this machine");
        REACH("version 2");
    } else {
        REACH("version 1");
    }
}
