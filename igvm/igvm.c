/* SPDX-License-Identifier: MIT */
/* An IGVM file as a launch image. See igvm.h. */
#include "igvm.h"

#include <stdio.h>
#include <string.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/vmsa.h>

#include "igvm_area.h"
#include "igvm_file.h"
#include "vmsa.h"

#define RESET_EIP UINT32_C(0xfffffff0)
#define FLAGS_KNOWN (IGVM_PAGE_2M | IGVM_PAGE_UNMEASURED | IGVM_PAGE_SHARED)
/* Guest policies that KVM takes: versions, SMT, the bit that is always set, debugging. */
#define POLICY_KVM (UINT64_C(0xffff) | PSP_POLICY_SMT | PSP_POLICY_ONE | PSP_POLICY_DEBUG)
#define POLICY_DEMANDED (PSP_POLICY_SMT | PSP_POLICY_ONE)

enum section { SECTION_PLATFORM, SECTION_INIT, SECTION_DIRECTIVE };

struct loader {
    struct igvm_file file;
    struct image *image;
    struct igvm_guest *guest;
    struct fail *f;
    uint32_t masks; /* of all platforms */
    uint32_t mask;  /* of the one that is loaded; 0: not yet found */
    enum section section;
    bool has_policy, has_context;
    struct igvm_areas areas;
    struct vmsa vmsas[IMAGE_VCPUS];
    bool vmsa_given[IMAGE_VCPUS];
    /*
     * QEMU collects pages that follow each other, and loads them only when another page ends the
     * run, or the file does. What comes between is loaded, and measured, before them.
     */
    struct igvm_record pending;
    unsigned pending_count;
    unsigned pending_last;              /* index */
    struct igvm_page_data pending_page; /* the last one */
};

static bool strict(const struct loader *l)
{
    return l->image->header.profile == LAUNCH_STRICT;
}

/* Is it for us? *ours says. A mask that names no platform is refused. */
static bool mask_check(struct loader *l, const struct igvm_record *r, uint32_t mask, bool *ours)
{
    if (mask == 0 || (mask & ~l->masks) != 0) {
        return fail_because(l->f,
                            "header %u of the IGVM file is for platforms 0x%x, which there "
                            "are not",
                            r->index, mask);
    }
    *ours = (mask & l->mask) != 0;
    return true;
}

static bool reserved_check(struct loader *l, const struct igvm_record *r, bool zero)
{
    return zero || fail_because(l->f,
                                "header %u of the IGVM file (type 0x%x) has a reserved field "
                                "that is not zero",
                                r->index, r->type);
}

static bool on_platform(struct loader *l, const struct igvm_record *r)
{
    struct igvm_platform p;
    if (!igvm_file_content(&l->file, r, &p, sizeof(p), l->f)) {
        return false;
    }
    if (p.mask == 0 || (p.mask & (p.mask - 1)) != 0 || (p.mask & l->masks) != 0) {
        return fail_because(l->f, "header %u of the IGVM file: mask 0x%x is no bit of its own",
                            r->index, p.mask);
    }
    if (p.version != IGVM_PLATFORM_VERSION || p.type > IGVM_PLATFORM_CCA) {
        return fail_because(l->f, "header %u of the IGVM file: platform %u, version %u is unknown",
                            r->index, p.type, p.version);
    }
    l->masks |= p.mask;
    if (p.type != IGVM_PLATFORM_SEV_SNP) {
        return true;
    }
    if (l->mask != 0) {
        return fail_because(l->f, "the IGVM file has two parts for SEV-SNP");
    }
    if (p.shared_gpa_boundary != 0) {
        return fail_because(l->f,
                            "the IGVM file wants a shared boundary (vTOM) at 0x%llx, not a "
                            "C-bit",
                            (unsigned long long)p.shared_gpa_boundary);
    }
    l->mask = p.mask;
    return true;
}

static bool on_policy(struct loader *l, const struct igvm_record *r)
{
    struct igvm_guest_policy p;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &p, sizeof(p), l->f) ||
        !reserved_check(l, r, p.reserved_00c == 0) || !mask_check(l, r, p.mask, &ours)) {
        return false;
    }
    if (!ours) {
        return true;
    }
    if (l->has_policy) {
        return fail_because(l->f, "the IGVM file has two guest policies");
    }
    if ((p.policy & ~POLICY_KVM) != 0 || (p.policy & POLICY_DEMANDED) != POLICY_DEMANDED) {
        return fail_because(l->f,
                            "the guest policy 0x%llx is not one that KVM takes: 0x%llx are "
                            "needed, of 0x%llx",
                            (unsigned long long)p.policy, (unsigned long long)POLICY_DEMANDED,
                            (unsigned long long)POLICY_KVM);
    }
    l->guest->policy = p.policy;
    l->has_policy = true;
    return true;
}

static bool add_page(struct loader *l, const struct igvm_record *r)
{
    struct igvm_page_data p;
    const uint8_t *data = NULL;
    char what[48];
    if (!igvm_file_content(&l->file, r, &p, sizeof(p), l->f)) {
        return false;
    }
    uint64_t size = (p.flags & IGVM_PAGE_2M) != 0 ? IMAGE_LARGE : IMAGE_PAGE;
    if (p.file_offset != 0 && !igvm_file_data(&l->file, r, p.file_offset, size, &data, l->f)) {
        return false;
    }
    if (p.gpa % size != 0) {
        return fail_because(l->f, "header %u of the IGVM file: a page at 0x%llx", r->index,
                            (unsigned long long)p.gpa);
    }
    snprintf(what, sizeof(what), "header %u of the IGVM file", r->index);
    struct image_part part = {
        .what = what,
        .gpa = p.gpa,
        .size = size,
        .bytes = data,
        .len = data == NULL ? 0 : size,
        .type = (p.flags & IGVM_PAGE_UNMEASURED) != 0 ? PSP_PAGE_UNMEASURED : PSP_PAGE_NORMAL,
    };
    if (p.data_type != IGVM_DATA_NORMAL) { /* the firmware's and the hypervisor's to fill */
        part.type = p.data_type == IGVM_DATA_SECRETS ? PSP_PAGE_SECRETS : PSP_PAGE_CPUID;
        part.bytes = NULL;
        part.len = 0;
    }
    return image_add(l->image, &part, l->f);
}

/* Adds the pages that wait. They are headers in a row, and all of them were looked at before. */
static bool flush(struct loader *l)
{
    struct igvm_record r = l->pending;
    bool more = true;
    bool done = true;
    for (unsigned i = 0; i < l->pending_count && done; i++) {
        done = add_page(l, &r) && igvm_file_next(&l->file, &r, &more, l->f);
    }
    l->pending_count = 0;
    return done;
}

static bool goes_on(const struct loader *l, const struct igvm_record *r,
                    const struct igvm_page_data *p)
{
    const struct igvm_page_data *last = &l->pending_page;
    uint64_t size = (last->flags & IGVM_PAGE_2M) != 0 ? IMAGE_LARGE : IMAGE_PAGE;
    return l->pending_count > 0 && l->pending_last + 1 == r->index && last->gpa + size == p->gpa &&
           last->flags == p->flags && last->data_type == p->data_type && last->mask == p->mask &&
           (last->file_offset == 0) == (p->file_offset == 0);
}

static bool page_check(struct loader *l, const struct igvm_record *r,
                       const struct igvm_page_data *p)
{
    if (!reserved_check(l, r, p->reserved_016 == 0 && (p->flags & ~FLAGS_KNOWN) == 0)) {
        return false;
    }
    if (p->data_type > IGVM_DATA_CPUID_XF) {
        return fail_because(l->f, "header %u of the IGVM file: a page of the unknown type %u",
                            r->index, p->data_type);
    }
    if (strict(l) && (p->flags & IGVM_PAGE_SHARED) != 0) {
        return fail_because(l->f,
                            "header %u of the IGVM file: a shared page, which QEMU makes "
                            "private and measures",
                            r->index);
    }
    if (strict(l) && l->has_context) {
        return fail_because(l->f,
                            "header %u of the IGVM file: a page behind the save area; KVM "
                            "measures save areas last",
                            r->index);
    }
    return true;
}

static bool on_page(struct loader *l, const struct igvm_record *r)
{
    struct igvm_page_data p;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &p, sizeof(p), l->f) || !page_check(l, r, &p) ||
        !mask_check(l, r, p.mask, &ours)) {
        return false;
    }
    if (!ours) {
        return true;
    }
    if (!goes_on(l, r, &p)) {
        if (!flush(l)) {
            return false;
        }
        l->pending = *r;
    }
    l->pending_page = p;
    l->pending_last = r->index;
    l->pending_count++;
    return true;
}

static bool on_area(struct loader *l, const struct igvm_record *r)
{
    struct igvm_parameter_area a;
    return igvm_file_content(&l->file, r, &a, sizeof(a), l->f) &&
           igvm_area_make(&l->areas, &a, l->f);
}

static bool on_parameter(struct loader *l, const struct igvm_record *r)
{
    struct igvm_parameter p;
    return igvm_file_content(&l->file, r, &p, sizeof(p), l->f) &&
           igvm_area_fill(&l->areas, r->type, &p, l->image, l->f);
}

static bool on_insert(struct loader *l, const struct igvm_record *r)
{
    struct igvm_parameter_insert i;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &i, sizeof(i), l->f) || !mask_check(l, r, i.mask, &ours)) {
        return false;
    }
    if (strict(l) && ours && l->pending_count > 0) {
        return fail_because(l->f,
                            "header %u of the IGVM file: a parameter area is inserted behind "
                            "pages; QEMU measures it before them, others after",
                            r->index);
    }
    return !ours || igvm_area_insert(&l->areas, &i, l->image, l->f);
}

static bool on_required(struct loader *l, const struct igvm_record *r)
{
    struct igvm_required_memory m;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &m, sizeof(m), l->f) ||
        !reserved_check(l, r, m.reserved_014 == 0 && (m.flags & ~1u) == 0) ||
        !mask_check(l, r, m.mask, &ours)) {
        return false;
    }
    const struct image_part part = {.what = "the memory that the IGVM file requires",
                                    .gpa = m.gpa,
                                    .size = m.size,
                                    .type = LAUNCH_PAGE_ASSIGNED};
    /* Memory for guests of KVM 6.12 comes in small pages; others may have large ones. */
    bool small = l->image->header.profile == LAUNCH_UPSTREAM_6_12;
    return !ours ||
           (small ? image_add(l->image, &part, l->f) : image_add_large(l->image, &part, l->f));
}

static bool on_context(struct loader *l, const struct igvm_record *r)
{
    struct igvm_vp_context c;
    const uint8_t *data = NULL;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &c, sizeof(c), l->f) ||
        !reserved_check(l, r, c.reserved_012 == 0) || !mask_check(l, r, c.mask, &ours)) {
        return false;
    }
    if (!ours) {
        return true;
    }
    if (c.gpa != VMSA_KVM_GPA) {
        return fail_because(l->f,
                            "header %u of the IGVM file: a save area at 0x%llx; KVM has it at "
                            "0x%llx",
                            r->index, (unsigned long long)c.gpa, (unsigned long long)VMSA_KVM_GPA);
    }
    if (c.vp_index >= l->image->header.vcpu_count) {
        return fail_with_mend(l->f, "a machine with more vCPUs is needed",
                              "header %u of the IGVM file: a save area for vCPU %u", r->index,
                              c.vp_index);
    }
    if (l->vmsa_given[c.vp_index]) {
        return fail_because(l->f, "the IGVM file has two save areas for vCPU %u", c.vp_index);
    }
    if (!igvm_file_data(&l->file, r, c.file_offset, sizeof(struct vmsa), &data, l->f)) {
        return false;
    }
    memcpy(&l->vmsas[c.vp_index], data, sizeof(struct vmsa));
    l->vmsa_given[c.vp_index] = true;
    l->has_context = true;
    return igvm_vmsa_check(&l->vmsas[c.vp_index], l->image->header.features, l->f);
}

static bool on_id_block(struct loader *l, const struct igvm_record *r)
{
    struct igvm_snp_id_block b;
    struct igvm_guest *g = l->guest;
    bool ours = false;
    if (!igvm_file_content(&l->file, r, &b, sizeof(b), l->f) || !mask_check(l, r, b.mask, &ours)) {
        return false;
    }
    if (!ours) {
        return true;
    }
    if (g->has_id_block) {
        return fail_because(l->f, "the IGVM file has two ID blocks");
    }
    igvm_id_take(g, &b);
    return true;
}

/* QEMU refuses a header that it does not know whatever platform it is for. */
static const struct {
    uint32_t type;
    bool (*read)(struct loader *l, const struct igvm_record *r);
} readers[] = {
    {IGVM_VHT_SUPPORTED_PLATFORM, on_platform}, {IGVM_VHT_GUEST_POLICY, on_policy},
    {IGVM_VHT_PARAMETER_AREA, on_area},         {IGVM_VHT_PAGE_DATA, on_page},
    {IGVM_VHT_PARAMETER_INSERT, on_insert},     {IGVM_VHT_VP_CONTEXT, on_context},
    {IGVM_VHT_REQUIRED_MEMORY, on_required},    {IGVM_VHT_VP_COUNT, on_parameter},
    {IGVM_VHT_SNP_ID_BLOCK, on_id_block},       {IGVM_VHT_MEMORY_MAP, on_parameter},
    {IGVM_VHT_ENVIRONMENT_INFO, on_parameter},  {IGVM_VHT_MADT, on_parameter},
};

static bool section_check(struct loader *l, const struct igvm_record *r)
{
    enum section section = SECTION_DIRECTIVE;
    if (r->type <= IGVM_VHT_PLATFORM_LAST) {
        section = SECTION_PLATFORM;
    } else if (r->type <= IGVM_VHT_INIT_LAST) {
        section = SECTION_INIT;
    }
    if (section < l->section) {
        return fail_because(l->f, "header %u of the IGVM file (type 0x%x) comes too late", r->index,
                            r->type);
    }
    l->section = section;
    if (section != SECTION_PLATFORM && l->mask == 0) {
        return fail_because(l->f, "the IGVM file has no part for SEV-SNP");
    }
    return true;
}

static bool read_record(struct loader *l, const struct igvm_record *r)
{
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (readers[i].type == r->type) {
            return section_check(l, r) && readers[i].read(l, r);
        }
    }
    return fail_because(l->f, "header %u of the IGVM file has type 0x%x, which QEMU refuses",
                        r->index, r->type);
}

static bool read_all(struct loader *l)
{
    struct igvm_record r = {0};
    bool more = true;
    while (igvm_file_next(&l->file, &r, &more, l->f)) {
        if (!more) {
            return flush(l);
        }
        if (!read_record(l, &r)) {
            return false;
        }
    }
    return false;
}

/* Save areas by rising index, as firmware measures them. */
static bool add_vmsas(struct loader *l)
{
    struct launch_header *h = &l->image->header;
    if (!l->has_policy) {
        return fail_because(l->f, "the IGVM file has no guest policy for SEV-SNP");
    }
    if (!l->vmsa_given[0]) {
        return fail_because(l->f, "the IGVM file has no save area for vCPU 0");
    }
    l->guest->mask = l->mask;
    l->guest->features = l->vmsas[0].sev_features;
    l->guest->id_block.policy = l->guest->policy; /* as QEMU has it */
    for (uint32_t i = 0; i < h->vcpu_count; i++) {
        bool given = l->vmsa_given[i];
        if (!given && h->profile != LAUNCH_UPSTREAM_6_12) {
            continue;
        }
        if (!given) { /* upstream KVM measures every vCPU, started or not */
            vmsa_reset(&l->vmsas[i], RESET_EIP, l->guest->features);
        }
        if (!image_add_vmsa(l->image, i, &l->vmsas[i], i == 0, l->f)) {
            return false;
        }
    }
    return true;
}

bool igvm_launch(struct image *image, struct bytes bytes, struct igvm_guest *guest, struct fail *f)
{
    static struct loader loader; /* too large for a stack */
    loader = (struct loader){.image = image, .guest = guest, .f = f};
    memset(guest, 0, sizeof(*guest));
    bool done = igvm_file_open(&loader.file, bytes, f) && read_all(&loader) && add_vmsas(&loader);
    igvm_area_free(&loader.areas);
    return done;
}
