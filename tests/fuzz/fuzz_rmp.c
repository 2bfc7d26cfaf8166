/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the emulator's RMP and the instructions that change it, against a model that says in
 * one expression each when a step may succeed, and what may be different afterwards. Also after
 * each step: what holds for any RMP, and that rights in a nested table are what each access gets.
 */
#include "fuzz.h"
#include <insn.h>
#include <rules.h>
#include <svsm/abi/snp_host.h>

#define FIRST 512u
#define COUNT 520u /* a frame of 2 MiB, and 8 pages of another */
#define LARGE_PAGES 512u
#define STEPS 64

static struct rmp_entry entries[COUNT], before[COUNT];
static struct rmp rmp;

struct step {
    uint64_t frame, gpa;
    uint32_t asid;
    bool large;
};

static bool has(const struct rmp_entry *entry, unsigned flag)
{
    return (entry->flags & flag) != 0;
}

static bool same(const struct rmp_entry *a, const struct rmp_entry *b)
{
    return a->gpa == b->gpa && a->asid == b->asid && a->flags == b->flags &&
           memcmp(a->perms, b->perms, sizeof(a->perms)) == 0;
}

/* Frames at the edges of everything, also of the table; most often one of two. */
static uint64_t pick_frame(uint8_t choice)
{
    static const uint64_t frames[] = {513,  512, 1024, 513,  512, 1024, 513, 512,
                                      1023, 514, 1031, 1032, 511, 0,    512, ~UINT64_C(0)};
    return frames[choice % 16];
}

/* Mostly what fits together, else the state that refusals need is never reached. */
static struct step pick(struct input *in)
{
    static const uint64_t shifts[] = {0, 0, 0, 0, 0, 0,      0,           0,
                                      0, 0, 0, 0, 0, 0x1000, SNP_SIZE_2M, 1};
    uint8_t where = input_byte(in);
    uint8_t how = input_byte(in);
    uint64_t frame = pick_frame(where & 15);

    return (struct step){.frame = frame,
                         .gpa = frame * SNP_SIZE_4K + shifts[where >> 4],
                         .asid = 1 + ((how & 7) == 7),
                         .large = frame == 512 ? (how >> 3 & 3) != 0 : (how >> 3 & 3) == 3};
}

/* The pages that a step may touch: none if they are not all in the table. */
static struct rmp_entry *touched(uint64_t frame, uint64_t pages)
{
    if (frame % pages != 0 || frame < FIRST || frame - FIRST > COUNT - pages) {
        return NULL;
    }
    return &entries[frame - FIRST];
}

/* What the step changed, if it is true to its result. */
static const struct rmp_entry *changed_from;
static uint64_t changed_pages;

static void expect_outside_unchanged(const struct rmp_entry *from, uint64_t pages)
{
    uint64_t first = from ? (uint64_t)(from - entries) : COUNT;
    uint64_t behind = from ? first + pages : COUNT;

    require(memcmp(entries, before, first * sizeof(before[0])) == 0 &&
                memcmp(entries + behind, before + behind, (COUNT - behind) * sizeof(before[0])) ==
                    0,
            "an entry that the step was not about");
    changed_from = from;
    changed_pages = from ? pages : 0;
}

static const struct rmp_entry *old(const struct rmp_entry *entry)
{
    return &before[entry - entries];
}

static void try_update(struct input *in)
{
    struct step s = pick(in);
    uint8_t bits = input_byte(in);
    bool assigned = (bits & 3) != 0;
    const struct snp_rmp_state state = {.gpa = assigned ? s.gpa : 0,
                                        .assigned = assigned,
                                        .page_size = s.large,
                                        .immutable = (bits >> 2 & 3) == 3,
                                        .asid = (bits >> 4 & 7) == 7 || !assigned ? 0 : s.asid};
    uint64_t pages = s.large ? LARGE_PAGES : 1;
    struct rmp_entry *at = touched(s.frame, pages);
    uint32_t result = rmp_update(&rmp, s.frame, &state);

    bool input = at && state.gpa % (pages * SNP_SIZE_4K) == 0 &&
                 (state.assigned || (state.asid == 0 && !state.immutable));
    bool fits = true;
    for (uint64_t i = 0; input && i < pages; i++) {
        const struct rmp_entry *was = old(at + i);
        fits &= !has(was, RMP_IMMUTABLE) && !has(was, RMP_IN_USE) &&
                (s.large ? has(was, RMP_LARGE) || !has(was, RMP_ASSIGNED) : !has(was, RMP_LARGE));
    }
    require((result == SNP_SUCCESS) == (input && fits), "when an update succeeds");
    require((result == SNP_FAIL_INPUT) == !input, "when an update's input is bad");
    if (result != SNP_SUCCESS) {
        expect_outside_unchanged(NULL, 0);
        return;
    }
    expect_outside_unchanged(at, pages);
    for (uint64_t i = 0; i < pages; i++) {
        const struct rmp_entry *now = at + i;
        require(has(now, RMP_ASSIGNED) == state.assigned, "assigned as asked");
        require(now->asid == state.asid, "ASID as asked");
        require(!state.assigned || now->gpa == state.gpa + i * SNP_SIZE_4K, "address as asked");
        require(has(now, RMP_IMMUTABLE) == state.immutable, "immutable as asked");
        require(!has(now, RMP_VALIDATED) ||
                    (now->gpa == old(now)->gpa && now->asid == old(now)->asid),
                "an update does not carry validation to another address or guest");
    }
}

static void try_psmash(struct input *in)
{
    struct step s = pick(in);
    struct rmp_entry *at = touched(s.frame, LARGE_PAGES);
    uint32_t result = rmp_psmash(&rmp, s.frame);
    bool may = at && has(old(at), RMP_LARGE) && !has(old(at), RMP_IMMUTABLE | RMP_IN_USE);

    require((result == SNP_SUCCESS) == may, "when a split succeeds");
    expect_outside_unchanged(may ? at : NULL, LARGE_PAGES);
    for (uint64_t i = 0; may && i < LARGE_PAGES; i++) {
        struct rmp_entry want = *old(at + i);
        want.flags &= (uint8_t) ~(RMP_LARGE | RMP_VMSA);
        require(same(at + i, &want), "a split changes the size alone");
    }
}

static void try_launch(struct input *in)
{
    struct step s = pick(in);
    bool vmsa = input_byte(in) & 1;
    const uint8_t perms[3] = {input_byte(in) & 15, input_byte(in) & 15, input_byte(in) & 15};
    const struct rmp_entry *first = touched(s.frame, 1);
    uint64_t pages = first && has(first, RMP_LARGE) ? LARGE_PAGES : 1;
    struct rmp_entry *at = touched(s.frame, pages);
    bool may = at && has(at, RMP_ASSIGNED) && has(at, RMP_IMMUTABLE) && at->asid != 0 &&
               !has(at, RMP_VALIDATED) && !(vmsa && pages > 1);
    uint32_t result = rmp_launch(&rmp, s.frame, vmsa, perms);

    require((result == SNP_SUCCESS) == may, "when a launch succeeds");
    expect_outside_unchanged(may ? at : NULL, pages);
    for (uint64_t i = 0; may && i < pages; i++) {
        require(has(at + i, RMP_VALIDATED) && !has(at + i, RMP_IMMUTABLE) &&
                    has(at + i, RMP_VMSA) == vmsa && memcmp(at[i].perms + 1, perms, 3) == 0,
                "what a launch leaves");
    }
}

/* Is this page the guest's to change, for an instruction about so much? */
static bool is_own(const struct rmp_entry *entry, const struct step *s)
{
    return entry && has(entry, RMP_ASSIGNED) && entry->asid == s->asid &&
           entry->gpa == (s->gpa & ~UINT64_C(0xfff)) && !has(entry, RMP_IMMUTABLE) &&
           (!has(entry, RMP_LARGE) || s->large);
}

struct guest {
    struct insn_cpu cpu;
    struct insn_page page;
};

static struct guest guest_of(const struct step *s, uint8_t vmpl)
{
    return (struct guest){
        .cpu = {.features = SNP_FEATURE_SNP, .asid = s->asid, .vmpl = vmpl, .long64 = true},
        .page = {.gpa = s->gpa, .frame = s->frame, .private = true, .large = s->large}};
}

static bool done(const struct insn_result *result)
{
    require(result->rule < RULE_COUNT, "a rule that exists");
    require(result->changed ? result->outcome == INSN_DONE && result->eax == SNP_SUCCESS : true,
            "only what succeeds changes anything");
    require(result->changed || result->rule != RULE_NONE, "what does not succeed names its rule");
    return result->changed;
}

static void try_pvalidate(struct input *in)
{
    struct step s = pick(in);
    uint8_t more = input_byte(in);
    struct guest g = guest_of(&s, (more >> 1 & 7) == 7 ? 1 : 0);
    uint32_t edx = more & 1;
    struct insn_result result = insn_pvalidate_check(&g.cpu, s.gpa, s.large, edx);
    if (result.outcome == INSN_WALK) {
        result = insn_pvalidate(&rmp, &g.cpu, &g.page, s.large, edx);
    }
    uint64_t pages = s.large ? LARGE_PAGES : 1;
    const struct rmp_entry *entry = touched(s.frame, 1);
    bool may = g.cpu.vmpl == 0 && is_own(entry, &s) && has(entry, RMP_LARGE) == s.large &&
               !(s.large && s.gpa % SNP_SIZE_2M != 0);
    bool same_state = may && has(old(entry), RMP_VALIDATED) == (edx != 0);

    require(done(&result) == (may && !same_state), "when PVALIDATE changes a page");
    require(result.cf == same_state, "when PVALIDATE sets CF");
    expect_outside_unchanged(result.changed ? entry : NULL, pages);
    for (uint64_t i = 0; result.changed && i < pages; i++) {
        struct rmp_entry want = *old(entry + i);
        want.flags = (uint8_t)((want.flags & ~RMP_VALIDATED) | (edx ? RMP_VALIDATED : 0));
        require(same(entry + i, &want), "PVALIDATE changes one bit");
    }
}

static void try_rmpadjust(struct input *in)
{
    struct step s = pick(in);
    uint8_t more = input_byte(in);
    uint8_t vmpl = more & 3;
    uint8_t target = more >> 2 & 7;
    uint8_t mask = input_byte(in) & 15;
    bool vmsa = more >> 5 & 1;
    struct guest g = guest_of(&s, vmpl);
    uint64_t rdx = snp_rmpadjust(target, mask, vmsa ? SNP_RMPADJUST_VMSA : 0);
    struct insn_result result = insn_rmpadjust_check(&g.cpu, s.gpa, s.large, rdx);
    if (result.outcome == INSN_WALK) {
        result = insn_rmpadjust(&rmp, &g.cpu, &g.page, s.large, rdx);
    }
    uint64_t pages = s.large ? LARGE_PAGES : 1;
    const struct rmp_entry *entry = touched(s.frame, 1);
    bool may = target < SNP_VMPLS && target > vmpl && is_own(entry, &s) &&
               has(entry, RMP_LARGE) == s.large && !(s.large && s.gpa % SNP_SIZE_2M != 0) &&
               has(entry, RMP_VALIDATED) && (mask & ~old(entry)->perms[vmpl]) == 0 &&
               (vmpl != 0 || vmsa || !has(old(entry), RMP_IN_USE));

    require(done(&result) == may, "when RMPADJUST succeeds");
    expect_outside_unchanged(may ? entry : NULL, pages);
    for (uint64_t i = 0; may && i < pages; i++) {
        struct rmp_entry want = *old(entry + i);
        want.perms[target] = mask;
        if (vmpl == 0) {
            want.flags = (uint8_t)((want.flags & ~RMP_VMSA) | (vmsa ? RMP_VMSA : 0));
        }
        require(same(entry + i, &want), "RMPADJUST changes one level and the mark");
    }
}

/* A vCPU begins or ceases to run from a save area. */
static void try_in_use(struct input *in)
{
    struct rmp_entry *entry = touched(pick_frame(input_byte(in)), 1);

    changed_pages = 0;
    if (entry && has(entry, RMP_VMSA) && !has(entry, RMP_LARGE)) {
        entry->flags ^= RMP_IN_USE;
    }
}

/* What no step may bring about: more for a level than it had, but by RMPADJUST from above it. */
static void expect_nothing_gained(unsigned step)
{
    for (uint64_t i = 0; i < changed_pages; i++) {
        const struct rmp_entry *now = changed_from + i;
        bool validated = has(now, RMP_VALIDATED) && !has(old(now), RMP_VALIDATED);
        bool marked = has(now, RMP_VMSA) && !has(old(now), RMP_VMSA);
        require(!validated || step == 2 || step == 3, "validation by PVALIDATE or launch alone");
        require(!marked || step == 2 || step == 4, "a mark by RMPADJUST or launch alone");
        for (unsigned level = 1; level < SNP_VMPLS; level++) {
            bool gained = now->perms[level] & ~old(now)->perms[level];
            require(!gained || step == 2 || step == 4, "rights by RMPADJUST or launch alone");
        }
    }
}

static void expect_sound(void)
{
    for (uint64_t i = 0; i < changed_pages; i++) {
        const struct rmp_entry *e = changed_from + i;
        require(e->perms[0] == (has(e, RMP_ASSIGNED) ? SNP_PERM_ALL : 0), "VMPL0 has all rights");
        require(has(e, RMP_ASSIGNED) || (e->flags == 0 && e->asid == 0), "nobody's page is empty");
        require(!has(e, RMP_VALIDATED) || e->asid != 0, "firmware's pages are not validated");
        if (has(e, RMP_LARGE)) {
            const struct rmp_entry *head = entries + (e - entries) / LARGE_PAGES * LARGE_PAGES;
            struct rmp_entry want = *head;
            want.gpa += (uint64_t)(e - head) * SNP_SIZE_4K;
            require(same(e, &want), "all parts of 2 MiB say the same");
        }
    }
}

/* Rights in a table are exactly what each access to the page gets. */
static void expect_rights(struct input *in)
{
    struct step s = pick(in);

    for (unsigned i = 0; i < 64; i++) {
        struct rmp_access access = {.gpa = s.gpa,
                                    .frame = s.frame,
                                    .asid = s.asid,
                                    .vmpl = i & 3,
                                    .private = i >> 2 & 1,
                                    .write = i >> 3 & 1,
                                    .fetch = i >> 4 & 1,
                                    .user = i >> 5 & 1};
        if (access.fetch && (access.write || !access.private)) {
            continue;
        }
        unsigned rule = ~0u;
        enum rmp_verdict verdict = rmp_access(&rmp, &access, &rule);
        uint8_t rights = rmp_rights(&rmp, s.gpa, s.frame, s.asid, access.vmpl, access.private);
        uint8_t needs = access.write    ? SNP_PERM_WRITE
                        : !access.fetch ? SNP_PERM_READ
                        : access.user   ? SNP_PERM_EXEC_USER
                                        : SNP_PERM_EXEC_SUPERVISOR;
        require((verdict == RMP_OK) == ((rights & needs) != 0), "rights against accesses");
        require((verdict == RMP_OK) == (rule == RULE_NONE) && rule < RULE_COUNT,
                "a refusal names its rule");
        require(!(access.private && verdict == RMP_OK && !is_own(touched(s.frame, 1), &s)) ||
                    has(touched(s.frame, 1), RMP_LARGE),
                "a private access to a page of somebody else");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const steps[])(struct input *) = {try_update,    try_psmash,    try_launch,
                                                    try_pvalidate, try_rmpadjust, try_in_use};
    struct input in = {data, data + size};

    rmp_init(&rmp, entries, FIRST, COUNT);
    for (unsigned i = 0; i < STEPS && in.at != in.end; i++) {
        unsigned step = input_byte(&in) % (sizeof(steps) / sizeof(steps[0]));
        memcpy(before, entries, sizeof(before));
        steps[step](&in);
        expect_nothing_gained(step);
        expect_sound();
        expect_rights(&in);
    }
    return 0;
}
