/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: calls of a guest's vCPUs, in any order, over the fake SNP machine, against a model
 * that knows who owns each page and says what every call has to answer. The host may meddle: from
 * then on the model only asks for a legal answer, and that nothing is ever granted that should not
 * be.
 */
#include "fuzz.h"
#include <fixture.h>

#define STEPS 24
#define LIST_AT (LIST + 8) /* behind the head that it has as a calling area */
#define POOL 12u           /* pages 64 to 75: what calls are mostly about */
#define AREAS 4u

enum owner { NOBODY, GUESTS, CALLING_AREA, SAVE_AREA };

struct area {
    uint64_t page, ca; /* page 0: none */
};

static struct {
    enum owner pages[FAKE_SNP_PAGES];
    struct area areas[FAKE_SNP_VCPUS][AREAS];
    int active[FAKE_SNP_VCPUS]; /* -1: none */
    bool large;                 /* the second frame is one page to the machine */
    bool honest;
} model;

static bool is_ram(uint64_t gpa)
{
    return gpa < HOLE || (gpa >= HIGH && gpa < END);
}

static enum owner *owner_of(uint64_t gpa)
{
    return &model.pages[gpa / SNP_SIZE_4K];
}

static void model_start(void)
{
    memset(&model, 0, sizeof(model));
    for (unsigned i = 0; i < FAKE_SNP_PAGES; i++) {
        model.pages[i] = (i >= 64 && i < 512) || i >= 1032 ? GUESTS : NOBODY;
    }
    for (unsigned i = 0; i < FAKE_SNP_VCPUS; i++) {
        model.active[i] = -1;
    }
    model.areas[0][0] = (struct area){SNP_IMAGE_GUEST_VMSA, FIRST_CA};
    model.active[0] = 0;
    *owner_of(FIRST_CA) = CALLING_AREA;
    model.large = true;
    model.honest = true;
}

static bool has_ca(unsigned vcpu, uint64_t ca)
{
    for (unsigned i = 0; i < AREAS; i++) {
        if (model.areas[vcpu][i].page != 0 && model.areas[vcpu][i].ca == ca) {
            return true;
        }
    }
    return false;
}

static bool ca_free(unsigned vcpu, uint64_t ca)
{
    return *owner_of(ca) == GUESTS || (*owner_of(ca) == CALLING_AREA && has_ca(vcpu, ca));
}

static void ca_leave(unsigned vcpu, uint64_t ca)
{
    *owner_of(ca) = has_ca(vcpu, ca) ? CALLING_AREA : GUESTS;
}

static uint32_t model_create(uint64_t area, uint64_t ca, uint32_t apic, bool good)
{
    unsigned vcpu = apic / 2;
    unsigned i = 0;

    if (area % SNP_SIZE_4K != 0 || ca % SNP_SIZE_4K != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    if (area == ca || !is_ram(area) || !is_ram(ca)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    if (apic % 2 != 0 || vcpu >= FAKE_SNP_VCPUS) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    if (*owner_of(area) != GUESTS || !ca_free(vcpu, ca)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    while (i < AREAS && model.areas[vcpu][i].page != 0) {
        i++;
    }
    if (i == AREAS) {
        return SVSM_ERR_INVALID_REQUEST;
    }
    /* RMPADJUST of 4 KiB, whatever comes of it: the host splits a large page for that. */
    model.large = model.large && (area < LARGE || area >= HOLE);
    if (!good) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    model.areas[vcpu][i] = (struct area){area, ca};
    model.active[vcpu] = (int)i;
    *owner_of(area) = SAVE_AREA;
    *owner_of(ca) = CALLING_AREA;
    return SVSM_SUCCESS;
}

static uint32_t model_delete(uint64_t area)
{
    if (area % SNP_SIZE_4K != 0 || !is_ram(area) || *owner_of(area) != SAVE_AREA) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    for (unsigned vcpu = 0; vcpu < FAKE_SNP_VCPUS; vcpu++) {
        for (unsigned i = 0; i < AREAS; i++) {
            struct area *a = &model.areas[vcpu][i];
            if (a->page != area) {
                continue;
            }
            a->page = 0;
            *owner_of(area) = GUESTS;
            ca_leave(vcpu, a->ca);
            model.active[vcpu] = model.active[vcpu] == (int)i ? -1 : model.active[vcpu];
            return SVSM_SUCCESS;
        }
    }
    require(false, "the model lost a save area");
    return SVSM_SUCCESS;
}

static uint32_t model_remap(unsigned vcpu, uint64_t ca)
{
    struct area *a = &model.areas[vcpu][model.active[vcpu]];
    uint64_t old = a->ca;

    if (ca % SNP_SIZE_4K != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    if (!is_ram(ca) || !ca_free(vcpu, ca)) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    a->ca = ca;
    ca_leave(vcpu, old);
    *owner_of(ca) = CALLING_AREA;
    return SVSM_SUCCESS;
}

static uint32_t model_entry(uint64_t entry)
{
    uint64_t gpa = entry & SVSM_ENTRY_GPA;
    uint64_t pages = (entry & 3) == SNP_PAGE_2M ? 512 : 1;
    enum owner want = entry & SVSM_ENTRY_VALIDATE ? NOBODY : GUESTS;
    unsigned seen = 0;

    if ((entry & 0xff0) != 0 || (entry & 3) > SNP_PAGE_2M || gpa % PAGE(pages) != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    for (uint64_t i = 0; i < pages; i++) {
        if (!is_ram(gpa + PAGE(i)) || *owner_of(gpa + PAGE(i)) > GUESTS) {
            return SVSM_ERR_INVALID_ADDRESS;
        }
        seen |= 1u << *owner_of(gpa + PAGE(i));
    }
    if (seen == 3) {
        return SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_SIZEMISMATCH;
    }
    if (*owner_of(gpa) != want && (entry & SVSM_ENTRY_IGNORE_CF) == 0) {
        return SVSM_ERR_CORE_UNCHANGED;
    }
    /* Nothing is done to pages that are rescinded already: not even their size shows. */
    if (want == GUESTS && *owner_of(gpa) == NOBODY) {
        return SVSM_SUCCESS;
    }
    if (pages > 1 && (!model.large || gpa != LARGE)) {
        return SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_SIZEMISMATCH;
    }
    model.large = model.large && (pages > 1 || gpa < LARGE || gpa >= HOLE);
    for (uint64_t i = 0; i < pages; i++) {
        *owner_of(gpa + PAGE(i)) = want == NOBODY ? GUESTS : NOBODY;
    }
    return SVSM_SUCCESS;
}

static uint64_t pick_gpa(struct input *in)
{
    static const uint64_t odd[] = {LOW,
                                   FIRST_CA,
                                   LIST,
                                   LARGE,
                                   HOLE,
                                   HIGH,
                                   END,
                                   SNP_IMAGE_BASE,
                                   SNP_IMAGE_GUEST_VMSA,
                                   PAGE(65) + 8,
                                   PAGE(65) + 0x800,
                                   ~UINT64_C(0xfff),
                                   PAGE(5),
                                   PAGE(6),
                                   PAGE(7),
                                   PAGE(1023)};
    uint8_t choice = input_byte(in);

    return choice < 192 ? PAGE(64 + choice % POOL) : odd[choice % ARRAY_COUNT(odd)];
}

static bool legal(uint32_t result)
{
    return result == SVSM_SUCCESS ||
           (result >= SVSM_ERR_INCOMPLETE && result <= SVSM_ERR_BUSY &&
            result != SVSM_ERR_UNSUPPORTED_PROTOCOL) ||
           (result >= SVSM_ERR_PROTOCOL_BASE && result <= SVSM_ERR_CORE_UNEXPECTED);
}

static void judge(uint32_t got, uint32_t want)
{
    require(got == UINT32_MAX || legal(got), "an answer that is none");
    require(!model.honest || got == want, "not the answer of the model");
}

static void try_create(struct input *in, unsigned vcpu)
{
    uint64_t area = pick_gpa(in);
    uint64_t ca = pick_gpa(in);
    area = area == LOW ? PAGE(64) : area; /* the model and the fixture take 0 for none */
    uint8_t how = input_byte(in);
    uint32_t apic = (how & 15) < 8 ? (how & 3) * 2 : how & 15;
    struct vmsa vmsa = {.vmpl = how & 0x80 ? how >> 5 & 3 : 2,
                        .efer = (how & 0x90) == 0x90 ? 0 : SNP_EFER_SVME,
                        .sev_features = FEATURES};
    bool good = vmsa.vmpl == 2 && vmsa.efer != 0;
    bool own = area % SNP_SIZE_4K == 0 && is_ram(area) && *owner_of(area) == GUESTS;

    if (own) {
        (void)fake_snp_guest_write(vcpu, area, &vmsa, sizeof(vmsa));
    }
    judge(fixture_core(vcpu, SVSM_CORE_CREATE_VCPU, area, ca, apic),
          model_create(area, ca, apic, good));
}

static void try_delete(struct input *in, unsigned vcpu)
{
    uint64_t area = pick_gpa(in);
    uint32_t want = model_delete(area);
    uint32_t got = fixture_core(vcpu, SVSM_CORE_DELETE_VCPU, area, 0, 0);

    judge(got, model.active[vcpu] < 0 ? UINT32_MAX : want); /* it deleted itself */
}

static void try_pvalidate(struct input *in, unsigned vcpu)
{
    uint64_t entries[8];
    uint16_t count = (uint16_t)(1 + input_byte(in) % 8);
    uint16_t next = 0;
    uint32_t want = SVSM_SUCCESS;
    bool readable = *owner_of(LIST) == GUESTS || *owner_of(LIST) == CALLING_AREA;

    for (unsigned i = 0; i < count; i++) {
        uint8_t how = input_byte(in);
        entries[i] = (pick_gpa(in) & SVSM_ENTRY_GPA) | (how & 12) | (how >= 240 ? how & 3 : 0);
        entries[i] = how >= 248 ? LARGE | SNP_PAGE_2M | (how & 12) : entries[i];
        entries[i] = (entries[i] & SVSM_ENTRY_GPA) == LIST ? PAGE(64) : entries[i];
    }
    fixture_list(LIST_AT, count, 0, entries);
    uint32_t got = fixture_core(vcpu, SVSM_CORE_PVALIDATE, LIST_AT, 0, 0);
    if (!model.honest) {
        judge(got, got);
        return;
    }
    for (uint64_t pages = 0; readable && next < count && want == SVSM_SUCCESS;) {
        uint64_t size = (entries[next] & 3) == SNP_PAGE_2M ? 512 : 1;
        if (pages >= 1024 && (entries[next] & 0xff0) == 0 && (entries[next] & 3) < 2 &&
            (entries[next] & SVSM_ENTRY_GPA) % PAGE(size) == 0) {
            want = SVSM_ERR_INCOMPLETE;
            break;
        }
        want = model_entry(entries[next]);
        next = (uint16_t)(next + (want == SVSM_SUCCESS));
        pages += size;
    }
    judge(got, readable ? want : SVSM_ERR_INVALID_ADDRESS);
    require(!readable || fixture_next(LIST_AT) == next, "where the list stopped");
}

static void try_other(struct input *in, unsigned vcpu)
{
    uint32_t call = input_byte(in);
    uint64_t rcx = input_number(in, 8);
    uint32_t want = SVSM_ERR_UNSUPPORTED_CALL;

    if (call < 4) {
        return; /* those have their own */
    }
    if (call == SVSM_CORE_QUERY_PROTOCOL) {
        want = SVSM_SUCCESS;
    } else if (call == SVSM_CORE_CONFIGURE_VTOM) {
        want = rcx == 1 ? SVSM_SUCCESS : SVSM_ERR_INVALID_REQUEST;
    }
    judge(fixture_core(vcpu, call, rcx, 0, 0), want);
}

/* The host: what it does, or at which operation of the next calls it does it. */
static struct {
    uint64_t gpa;
    unsigned op, act;
} plan;

/* A page under a mapping of ours is not taken: that would end the machine, and is meant to. It may
 * have become one since it was planned. */
static void act(unsigned what, uint64_t gpa)
{
    if (fake_snp_page(gpa)->vmsa) {
        return;
    }
    switch (what % 4) {
    case 0:
        fake_snp_take(gpa);
        break;
    case 1:
        fake_snp_give(gpa);
        break;
    case 2:
        fake_snp_exchange(gpa);
        break;
    default:
        fake_snp_take(gpa);
        fake_snp_give(gpa);
    }
}

static void hook(enum fake_snp_op op, uint64_t gpa)
{
    (void)gpa;
    if (op == plan.op) {
        act(plan.act, plan.gpa);
    }
}

static void meddle(struct input *in)
{
    uint8_t how = input_byte(in);

    plan.gpa = PAGE(64 + input_byte(in) % POOL);
    plan.act = how >> 4;
    plan.op = how % FAKE_SNP_OPS;
    if (*owner_of(plan.gpa) == SAVE_AREA) {
        return; /* see act() */
    }
    if (how & 0x80) {
        act(plan.act, plan.gpa);
    } else {
        fake_snp_fail((enum fake_snp_op)plan.op, how >> 4 & 3, (how & 1) ? SNP_GONE : how >> 4);
    }
    model.honest = false;
}

static void step(struct input *in)
{
    uint8_t what = input_byte(in);
    unsigned vcpu = what >> 6;

    if (model.active[vcpu] < 0) {
        vcpu = 0;
    }
    if (model.active[vcpu] < 0) {
        return;
    }
    switch (what & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
        try_create(in, vcpu);
        break;
    case 4:
    case 5:
        try_delete(in, vcpu);
        break;
    case 6:
    case 7: {
        uint64_t ca = pick_gpa(in);
        uint32_t want = model_remap(vcpu, ca);
        judge(fixture_core(vcpu, SVSM_CORE_REMAP_CA, ca, 0, 0), want);
        break;
    }
    case 8:
    case 9:
    case 10:
    case 11:
        try_pvalidate(in, vcpu);
        break;
    case 12:
        try_other(in, vcpu);
        break;
    case 13:
        (void)fake_snp_guest_write(vcpu, PAGE(64 + input_byte(in) % POOL), "stale", 5);
        break;
    case 14:
        meddle(in);
        break;
    default:
        fake_snp_hook = model.honest ? NULL : hook;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};

    fixture_boot();
    model_start();
    for (unsigned i = 0; i < STEPS && in.at != in.end; i++) {
        step(&in);
    }
    fake_snp_check();
    require(fake_snp_breach() == NULL, fake_snp_breach());
    if (model.honest) {
        const char *wrong = fixture_check();
        require(wrong == NULL, wrong);
    }
    return 0;
}
