/* SPDX-License-Identifier: MIT */
/* See igvm_maker.h. */
#include "igvm_maker.h"

#include <string.h>

#include "igvm_file.h"

void maker_begin(struct maker *m, unsigned version)
{
    const struct igvm_header_v2 h = {
        .v1 = {.magic = IGVM_MAGIC, .version = version},
        .architecture = IGVM_ARCH_X64,
        .page_size = IGVM_PAGE_SIZE,
    };
    memset(m, 0, sizeof(*m));
    m->fixed = version == 1 ? sizeof(h.v1) : sizeof(h);
    m->headers_end = m->fixed;
    m->end = MAKER_DATA;
    memcpy(m->bytes, &h, m->fixed);
}

size_t maker_header(struct maker *m, uint32_t type, const void *content, size_t len)
{
    const struct igvm_variable v = {type, (uint32_t)len};
    size_t at = m->headers_end + sizeof(v);
    memcpy(m->bytes + m->headers_end, &v, sizeof(v));
    memcpy(m->bytes + at, content, len);
    m->headers_end = at + ((len + 7) & ~(size_t)7);
    return at;
}

uint32_t maker_page(struct maker *m, uint8_t byte)
{
    size_t at = m->end;
    memset(m->bytes + at, byte, IGVM_PAGE_SIZE);
    m->end += IGVM_PAGE_SIZE;
    return (uint32_t)at;
}

void maker_checksum(struct maker *m)
{
    struct igvm_header_v1 h;
    memcpy(&h, m->bytes, sizeof(h));
    h.checksum = igvm_file_checksum((struct bytes){m->bytes, m->fixed},
                                    (struct bytes){m->bytes + h.headers_offset, h.headers_size});
    memcpy(m->bytes, &h, sizeof(h));
}

void maker_finish(struct maker *m)
{
    struct igvm_header_v1 h;
    memcpy(&h, m->bytes, sizeof(h));
    h.headers_offset = (uint32_t)m->fixed;
    h.headers_size = (uint32_t)(m->headers_end - m->fixed);
    h.file_size = (uint32_t)m->end;
    memcpy(m->bytes, &h, sizeof(h));
    maker_checksum(m);
}
