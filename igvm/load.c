/* SPDX-License-Identifier: MIT */
/* An IGVM file to be looked at. See load.h. */
#include "load.h"

#include "profile.h"

/* More than any file needs: what is in memory need not be known for the digest. */
#define MEMORY (UINT64_C(1) << 40)

bool load_file(struct load *l, struct bytes file, enum launch_profile profile, uint32_t vcpus,
               struct fail *f)
{
    const uint32_t most = profile == LAUNCH_UPSTREAM_6_12 ? 1 : IMAGE_VCPUS;
    memset(l, 0, sizeof(*l));
    if (!image_init(&l->image, MEMORY, vcpus == 0 ? most : vcpus, f)) {
        return false;
    }
    l->image.header.profile = profile;
    l->image.header.features = profile_features(profile);
    return igvm_file_open(&l->file, file, f) && igvm_launch(&l->image, file, &l->guest, f);
}

void load_free(struct load *l)
{
    image_free(&l->image);
}

static bool read_page(const struct load *l, uint64_t gpa, uint8_t *out, size_t size)
{
    for (uint32_t i = 0; i < l->image.header.run_count; i++) {
        const struct launch_run *run = &l->image.runs[i];
        if (run->type == PSP_PAGE_VMSA || run->type == LAUNCH_PAGE_ASSIGNED || gpa < run->gpa ||
            gpa - run->gpa >= run->count * IMAGE_PAGE) {
            continue;
        }
        const uint8_t *bytes = image_run_bytes(&l->image, run);
        if (bytes == NULL) {
            memset(out, 0, size);
        } else {
            memcpy(out, bytes + (gpa - run->gpa), size);
        }
        return true;
    }
    return false;
}

bool load_read(const struct load *l, uint64_t gpa, void *out, size_t size)
{
    uint8_t *to = out;
    while (size > 0) {
        size_t piece = IMAGE_PAGE - gpa % IMAGE_PAGE;
        piece = piece < size ? piece : size;
        if (!read_page(l, gpa, to, piece)) {
            return false;
        }
        to += piece;
        gpa += piece;
        size -= piece;
    }
    return true;
}

/* Is this record the save area at gpa? *offset says where its bytes are. */
static bool is_context(const struct load *l, const struct igvm_record *r, uint64_t gpa,
                       uint32_t *offset)
{
    struct igvm_vp_context c;
    struct fail f;
    if (!igvm_file_content(&l->file, r, &c, sizeof(c), &f) || (c.mask & l->guest.mask) == 0 ||
        gpa != VMSA_KVM_GPA - c.vp_index * IMAGE_PAGE) {
        return false;
    }
    *offset = c.file_offset;
    return true;
}

/* The same for a page. */
static bool is_page(const struct load *l, const struct igvm_record *r, uint64_t gpa,
                    uint32_t *offset)
{
    struct igvm_page_data p;
    struct fail f;
    if (r->type == IGVM_VHT_VP_CONTEXT) {
        return is_context(l, r, gpa, offset);
    }
    if (r->type != IGVM_VHT_PAGE_DATA || !igvm_file_content(&l->file, r, &p, sizeof(p), &f)) {
        return false;
    }
    const uint64_t size = (p.flags & IGVM_PAGE_2M) != 0 ? IMAGE_LARGE : IMAGE_PAGE;
    if ((p.mask & l->guest.mask) == 0 || gpa < p.gpa || gpa - p.gpa >= size) {
        return false;
    }
    *offset = p.file_offset == 0 ? 0 : p.file_offset + (uint32_t)(gpa - p.gpa);
    return true;
}

uint32_t load_offset(struct load *l, uint64_t gpa)
{
    struct fail f;
    uint32_t offset = 0;
    /* From where the last one was found to the end, then once from the start. */
    for (unsigned pass = 0; pass < 2; pass++) {
        bool more = true;
        if (l->cursor.next != 0 && is_page(l, &l->cursor, gpa, &offset)) {
            return offset;
        }
        while (igvm_file_next(&l->file, &l->cursor, &more, &f) && more) {
            if (is_page(l, &l->cursor, gpa, &offset)) {
                return offset;
            }
        }
        l->cursor = (struct igvm_record){0};
    }
    return 0;
}
