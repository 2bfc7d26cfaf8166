/* SPDX-License-Identifier: MIT */
/*
 * igvm_file_next(), igvm_file_content(), igvm_file_data(): each step through the headers of an IGVM
 * file goes on, by multiples of 8 bytes, and never beyond their end; what a header holds and what
 * it names lies in the file, and is given out if and only if it does.
 *
 * Assumes what the proof igvm_open asserts of igvm_file_open(), and of the place to go on from what
 * is asserted here of the step before. Bound: files of up to 96 bytes, contents of 16.
 */
#include "proof.h"

#include <igvm_file.c>

#define FILE_MAX 96u

bool fail_because(struct fail *f, const char *what, ...)
{
    (void)what;
    f->what[0] = 'x';
    return false;
}

static void prove_content(const struct igvm_file *file, const struct igvm_record *r)
{
    uint8_t out[16];
    struct fail f;
    f.what[0] = 0;
    bool given = igvm_file_content(file, r, out, sizeof(out), &f);
    __CPROVER_assert(given == (r->length == sizeof(out)), "contents of this size only");
    __CPROVER_assert(given || f.what[0] != 0, "a reason");
    size_t i;
    __CPROVER_assume(i < sizeof(out));
    if (given) {
        __CPROVER_assert(out[i] == file->bytes.at[r->at + i], "the header's own");
        REACH("contents");
    }
}

static void prove_data(const struct igvm_file *file, const struct igvm_record *r)
{
    const uint8_t *data = NULL;
    uint32_t offset;
    uint64_t len;
    struct fail f;
    f.what[0] = 0;
    bool given = igvm_file_data(file, r, offset, len, &data, &f);
    bool there = offset >= file->headers_end && offset <= file->bytes.size &&
                 len <= file->bytes.size - offset;
    __CPROVER_assert(given == there, "data that is there, behind the headers");
    __CPROVER_assert(given || f.what[0] != 0, "a reason");
    if (given) {
        __CPROVER_assert(data == file->bytes.at + offset, "at its offset");
        REACH("data");
    }
}

int main(void)
{
    struct igvm_file file;
    struct igvm_record r;
    struct fail f;
    bool more;
    size_t size;
    __CPROVER_assume(size <= FILE_MAX);
    file.bytes.at = malloc(size);
    file.bytes.size = size;
    __CPROVER_assume(file.headers >= sizeof(struct igvm_header_v1) && file.headers % 8 == 0);
    __CPROVER_assume(file.headers_end % 8 == 0 && file.headers <= file.headers_end);
    __CPROVER_assume(file.headers_end < size);
    __CPROVER_assume(r.next == 0 ||
                     (r.next >= file.headers && r.next <= file.headers_end && r.next % 8 == 0));
    uint64_t from = r.next == 0 ? file.headers : r.next;
    unsigned index = r.index;
    bool first = r.next == 0;
    f.what[0] = 0;

    if (!igvm_file_next(&file, &r, &more, &f)) {
        __CPROVER_assert(f.what[0] != 0, "a reason");
        REACH("refused");
        return 0;
    }
    __CPROVER_assert(more == (from < file.headers_end), "up to the end and not further");
    __CPROVER_assert(r.index == (first ? 0 : index + 1), "counted");
    if (!more) {
        REACH("the end");
        return 0;
    }
    __CPROVER_assert(r.at == from + 8, "behind its own head");
    __CPROVER_assert(r.next > from && r.next <= file.headers_end && r.next % 8 == 0, "it goes on");
    __CPROVER_assert(r.length <= r.next - r.at && r.next - r.at < (uint64_t)r.length + 8,
                     "the content, and padding of less than 8 bytes");
    REACH("a header");
    prove_content(&file, &r);
    prove_data(&file, &r);
}
