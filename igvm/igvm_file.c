/* SPDX-License-Identifier: MIT */
/* An IGVM file as such. See igvm_file.h. */
#include "igvm_file.h"

#define POLYNOMIAL UINT32_C(0xedb88320)

static uint32_t crc_add(uint32_t crc, struct bytes b)
{
    for (size_t i = 0; i < b.size; i++) {
        crc ^= b.at[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
        }
    }
    return crc;
}

uint32_t igvm_file_checksum(struct bytes fixed, struct bytes headers)
{
    static const uint8_t zero[sizeof(uint32_t)];
    size_t at = offsetof(struct igvm_header_v1, checksum);
    size_t behind = at + sizeof(zero);
    uint32_t crc = crc_add(~UINT32_C(0), (struct bytes){fixed.at, at});
    crc = crc_add(crc, (struct bytes){zero, sizeof(zero)});
    crc = crc_add(crc, (struct bytes){fixed.at + behind, fixed.size - behind});
    return ~crc_add(crc, headers);
}

static bool check_v2(struct bytes bytes, struct fail *f)
{
    struct igvm_header_v2 h;
    if (!bytes_read(bytes, 0, &h, sizeof(h))) {
        return fail_because(f, "the IGVM file ends within its fixed header");
    }
    if (h.architecture != IGVM_ARCH_X64) {
        return fail_because(f, "the IGVM file is for architecture %u, not x64", h.architecture);
    }
    if (h.page_size != IGVM_PAGE_SIZE) {
        return fail_because(f, "the IGVM file has pages of %u bytes", h.page_size);
    }
    return true;
}

static bool check_extent(const struct igvm_header_v1 *h, size_t fixed, size_t size, struct fail *f)
{
    uint64_t end = (uint64_t)h->headers_offset + h->headers_size;
    if (h->file_size != size) {
        return fail_because(f, "the IGVM file says that it has %u bytes, but it has %zu",
                            h->file_size, size);
    }
    if (h->headers_offset < fixed || h->headers_offset % IGVM_ALIGNMENT != 0 ||
        h->headers_size % IGVM_ALIGNMENT != 0) {
        return fail_because(f, "the IGVM file's variable headers are misplaced: 0x%x bytes at 0x%x",
                            h->headers_size, h->headers_offset);
    }
    if (end >= size) {
        return fail_because(f,
                            "the IGVM file has no data: its headers end at 0x%llx of 0x%zx bytes",
                            (unsigned long long)end, size);
    }
    return true;
}

bool igvm_file_open(struct igvm_file *file, struct bytes bytes, struct fail *f)
{
    struct igvm_header_v1 h = {0};
    bool whole = bytes_read(bytes, 0, &h, sizeof(h));
    if (!whole && bytes_read(bytes, 0, &h.magic, sizeof(h.magic)) && h.magic == IGVM_MAGIC) {
        return fail_because(f, "the IGVM file is cut: it has %zu bytes, and its first header %zu",
                            bytes.size, sizeof(h));
    }
    if (!whole || h.magic != IGVM_MAGIC) {
        return fail_because(f, "this is no IGVM file: it does not begin with \"IGVM\"");
    }
    if (h.version != IGVM_VERSION_1 && h.version != IGVM_VERSION_2) {
        return fail_because(f, "the IGVM file has version %u; 1 and 2 are known", h.version);
    }
    size_t fixed = sizeof(h);
    if (h.version == IGVM_VERSION_2) {
        fixed = sizeof(struct igvm_header_v2);
        if (!check_v2(bytes, f)) {
            return false;
        }
    }
    if (!check_extent(&h, fixed, bytes.size, f)) {
        return false;
    }
    uint32_t sum = igvm_file_checksum((struct bytes){bytes.at, fixed},
                                      (struct bytes){bytes.at + h.headers_offset, h.headers_size});
    if (sum != h.checksum) {
        return fail_because(f,
                            "the IGVM file's headers are damaged: their checksum is 0x%08x, not "
                            "0x%08x",
                            sum, h.checksum);
    }
    *file = (struct igvm_file){bytes, h.headers_offset, h.headers_offset + h.headers_size};
    return true;
}

bool igvm_file_next(const struct igvm_file *file, struct igvm_record *r, bool *more, struct fail *f)
{
    struct igvm_variable v = {0};
    bool first = r->next == 0;
    uint64_t at = first ? file->headers : r->next;
    r->index = first ? 0 : r->index + 1;
    *more = at < file->headers_end;
    if (!*more) {
        return true;
    }
    /* Both ends are multiples of 8, and so is each step: there is room for this much. */
    bytes_read(file->bytes, at, &v, sizeof(v));
    uint64_t padded = (v.length + UINT64_C(7)) & ~UINT64_C(7);
    if (padded > file->headers_end - at - sizeof(v)) {
        return fail_because(f,
                            "header %u of the IGVM file (type 0x%x) has 0x%x bytes, more than "
                            "there are",
                            r->index, v.type, v.length);
    }
    r->type = v.type;
    r->length = v.length;
    r->at = at + sizeof(v);
    r->next = r->at + padded;
    return true;
}

bool igvm_file_content(const struct igvm_file *file, const struct igvm_record *r, void *out,
                       size_t size, struct fail *f)
{
    if (r->length != size || !bytes_read(file->bytes, r->at, out, size)) {
        return fail_because(f, "header %u of the IGVM file (type 0x%x) has 0x%x bytes, not 0x%zx",
                            r->index, r->type, r->length, size);
    }
    return true;
}

bool igvm_file_data(const struct igvm_file *file, const struct igvm_record *r, uint32_t offset,
                    uint64_t len, const uint8_t **data, struct fail *f)
{
    if (offset < file->headers_end || !bytes_has(file->bytes, offset, len)) {
        return fail_because(f,
                            "header %u of the IGVM file (type 0x%x): 0x%llx bytes at 0x%x are "
                            "not within its data",
                            r->index, r->type, (unsigned long long)len, offset);
    }
    *data = file->bytes.at + offset;
    return true;
}
