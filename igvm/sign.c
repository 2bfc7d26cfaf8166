/* SPDX-License-Identifier: MIT */
/* Puts a signed ID block into an IGVM file. See sign.h. */
#include "sign.h"

#include <stdlib.h>
#include <svsm/abi/attest.h>

#include "igvm_file.h"
#include "sign_key.h"

#define RECORD_SIZE (sizeof(struct igvm_variable) + sizeof(struct igvm_snp_id_block))

/* The firmware's form of a key, which is what an author's key signs. */
static void take_key(struct psp_public_key *out, const struct igvm_key *key)
{
    memset(out, 0, sizeof(*out));
    out->curve = key->curve;
    memcpy(out->qx, key->qx, sizeof(out->qx));
    memcpy(out->qy, key->qy, sizeof(out->qy));
}

static bool sign_author(const struct sign_request *r, struct igvm_snp_id_block *b, struct fail *f)
{
    struct psp_public_key key;
    take_key(&key, &b->id_key);
    b->author_key_enabled = 1;
    b->author_key_algo = PSP_SIGN_ECDSA_P384_SHA384;
    return sign_key_public(r->author_key, &b->author_key, f) &&
           sign_key_sign(r->author_key, &key, sizeof(key), &b->id_key_sig, f);
}

static bool make_block(const struct sign_request *r, struct igvm_snp_id_block *b, struct fail *f)
{
    struct psp_id_block id = {
        .version = PSP_ID_BLOCK_VERSION, .guest_svn = r->svn, .policy = r->policy};
    memcpy(id.ld, r->digest, sizeof(id.ld));
    memcpy(id.family_id, r->family_id, sizeof(id.family_id));
    memcpy(id.image_id, r->image_id, sizeof(id.image_id));
    *b = (struct igvm_snp_id_block){
        .mask = r->mask,
        .version = PSP_ID_BLOCK_VERSION,
        .guest_svn = r->svn,
        .id_key_algo = PSP_SIGN_ECDSA_P384_SHA384,
    };
    memcpy(b->ld, id.ld, sizeof(b->ld));
    memcpy(b->family_id, id.family_id, sizeof(b->family_id));
    memcpy(b->image_id, id.image_id, sizeof(b->image_id));
    return sign_key_public(r->id_key, &b->id_key, f) &&
           sign_key_sign(r->id_key, &id, sizeof(id), &b->id_block_sig, f) &&
           (r->author_key == NULL || sign_author(r, b, f));
}

/* The ID block that is replaced. */
static bool is_old(const struct sign_request *r, const struct igvm_file *file,
                   const struct igvm_record *record)
{
    struct igvm_snp_id_block b;
    struct fail f;
    return record->type == IGVM_VHT_SNP_ID_BLOCK &&
           igvm_file_content(file, record, &b, sizeof(b), &f) && b.mask == r->mask;
}

/* Where a header of this type has the offset of its data; 0: nowhere. */
static size_t offset_at(uint32_t type)
{
    switch (type) {
    case IGVM_VHT_PAGE_DATA:
        return offsetof(struct igvm_page_data, file_offset);
    case IGVM_VHT_VP_CONTEXT:
        return offsetof(struct igvm_vp_context, file_offset);
    default:
        return 0; /* no other that has data was taken by the reader */
    }
}

static void move(uint8_t *content, size_t at, uint32_t moved)
{
    uint32_t offset = 0;
    if (at != 0) {
        memcpy(&offset, content + at, sizeof(offset));
        offset += offset != 0 ? moved : 0;
        memcpy(content + at, &offset, sizeof(offset));
    }
}

/* Headers that stay, at `out`, with their offsets moved; *size is theirs. out NULL: only that. */
static bool copy_headers(const struct sign_request *r, const struct igvm_file *file, uint8_t *out,
                         uint32_t moved, size_t *size, struct fail *f)
{
    struct igvm_record record = {0};
    bool more = true;
    *size = 0;
    while (igvm_file_next(file, &record, &more, f)) {
        if (!more) {
            return true;
        }
        const uint64_t from = record.at - sizeof(struct igvm_variable);
        const size_t len = record.next - from;
        if (is_old(r, file, &record)) {
            continue;
        }
        if (out != NULL) {
            uint8_t *to = out + *size;
            memcpy(to, file->bytes.at + from, len);
            move(to + sizeof(struct igvm_variable), offset_at(record.type), moved);
        }
        *size += len;
    }
    return false;
}

static void put_block(uint8_t *out, const struct igvm_snp_id_block *b)
{
    const struct igvm_variable v = {IGVM_VHT_SNP_ID_BLOCK, sizeof(*b)};
    memcpy(out, &v, sizeof(v));
    memcpy(out + sizeof(v), b, sizeof(*b));
}

static void finish(uint8_t *out, size_t headers, size_t headers_size, size_t size)
{
    struct igvm_header_v1 h;
    memcpy(&h, out, sizeof(h));
    const size_t fixed = h.version == IGVM_VERSION_1 ? sizeof(h) : sizeof(struct igvm_header_v2);
    h.headers_size = (uint32_t)headers_size;
    h.file_size = (uint32_t)size;
    memcpy(out, &h, sizeof(h));
    h.checksum =
        igvm_file_checksum((struct bytes){out, fixed}, (struct bytes){out + headers, headers_size});
    memcpy(out, &h, sizeof(h));
}

static bool insert(const struct sign_request *r, const struct igvm_snp_id_block *b,
                   struct bytes *out, struct fail *f)
{
    struct igvm_file file;
    size_t kept = 0;
    if (!igvm_file_open(&file, r->file, f) || !copy_headers(r, &file, NULL, 0, &kept, f)) {
        return false;
    }
    const size_t end = file.headers + kept + RECORD_SIZE;
    const size_t data = r->file.size - file.headers_end;
    if (end + data > UINT32_MAX) {
        return fail_because(f, "the IGVM file would have more than 4 GiB");
    }
    uint8_t *bytes = malloc(end + data);
    if (bytes == NULL) {
        return fail_because(f, "no memory for the signed file");
    }
    memcpy(bytes, r->file.at, file.headers);
    /* Where the file had a block, and a longer one, `moved` wraps and the sums come out right. */
    (void)copy_headers(r, &file, bytes + file.headers, (uint32_t)(end - file.headers_end), &kept,
                       f);
    put_block(bytes + file.headers + kept, b);
    memcpy(bytes + end, r->file.at + file.headers_end, data);
    finish(bytes, file.headers, kept + RECORD_SIZE, end + data);
    *out = (struct bytes){bytes, end + data};
    return true;
}

bool sign_file(const struct sign_request *r, struct bytes *out, struct fail *f)
{
    struct igvm_snp_id_block block;
    return make_block(r, &block, f) && insert(r, &block, out, f);
}
