/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: VMGEXITs of a hostile guest, with any MSR and any page. The guest's other vCPUs may
 * write to the page whenever the host calls out, which each effect here does for them. What holds
 * in any case: nothing outside of the page's answers changes (each page is an allocation of its
 * own), effects are in range, page state changes go forward, a refusal names its rule.
 */
#include "fuzz.h"
#include <ghcb.h>
#include <rules.h>
#include <svsm/abi/ghcb_events.h>
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/vmexit.h>
#include <wire/launch.h>

#define PAGE 4096u
#define GHCB_GPA UINT64_C(0x10000)
#define SHARED_GPA UINT64_C(0x11000)
#define SHARED_PAGES 3u
#define SCRATCH_FIRST offsetof(struct ghcb, shared_buffer)
#define SCRATCH_BEHIND offsetof(struct ghcb, reserved_ff0)
#define CALLS 6

/* The machine of one input. */
static struct {
    struct input *in;
    struct ghcb *page;
    uint8_t *shared[SHARED_PAGES];
    bool hostile; /* the page changes under the host */
    bool wrote_shared;
    unsigned effects;                 /* of the last VMGEXIT, of any kind */
    uint64_t changed[PAGE / 8 * 512]; /* pages whose state changed, with bit 0 for private */
    unsigned changes;
} machine;

static uint8_t answer(void)
{
    machine.effects++;
    if (machine.hostile) {
        uint64_t where = input_number(machine.in, 2) % PAGE;
        ((uint8_t *)machine.page)[where] = input_byte(machine.in);
    }
    return input_byte(machine.in);
}

static void *shared_page(void *context, uint64_t gpa)
{
    (void)context;
    require(gpa % PAGE == 0, "a page is asked for by its address");
    if (gpa == GHCB_GPA) {
        return machine.page;
    }
    if (gpa >= SHARED_GPA && gpa < SHARED_GPA + SHARED_PAGES * UINT64_C(4096)) {
        return machine.shared[(gpa - SHARED_GPA) / PAGE];
    }
    return NULL;
}

static void require_size(unsigned size)
{
    require(size == 1 || size == 2 || size == 4, "port accesses of 1, 2 or 4 bytes");
}

static enum ghcb_io port_in(void *context, uint16_t port, unsigned size, uint32_t *value)
{
    (void)context;
    (void)port;
    require_size(size);
    *value = UINT32_C(0x55555555);
    return (enum ghcb_io)(answer() % 4);
}

static enum ghcb_io port_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    (void)port;
    require_size(size);
    require(size == 4 || value >> 8 * size == 0, "no more bits than the port takes");
    return (enum ghcb_io)(answer() % 4);
}

static enum ghcb_io mmio_read(void *context, uint64_t gpa, unsigned size, uint8_t *bytes)
{
    (void)context;
    (void)gpa;
    require(size >= 1 && size <= 8, "MMIO of 1 to 8 bytes");
    memset(bytes, 0x66, size);
    return (enum ghcb_io)(answer() % 4);
}

static enum ghcb_io mmio_write(void *context, uint64_t gpa, unsigned size, const uint8_t *bytes)
{
    (void)context;
    (void)gpa;
    (void)bytes;
    require(size >= 1 && size <= 8, "MMIO of 1 to 8 bytes");
    return (enum ghcb_io)(answer() % 4);
}

static enum ghcb_io msr_read(void *context, uint32_t index, uint64_t *value)
{
    (void)context;
    *value = index;
    return (enum ghcb_io)(answer() % 4);
}

static enum ghcb_io msr_write(void *context, uint32_t index, uint64_t value)
{
    (void)context;
    (void)index;
    (void)value;
    return (enum ghcb_io)(answer() % 4);
}

static void cpuid(void *context, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx,
                  uint64_t xcr0, uint64_t xss)
{
    (void)context;
    (void)xcr0;
    (void)xss;
    *eax = *ebx = *ecx = *edx = answer();
}

static uint64_t tsc(void *context)
{
    (void)context;
    return answer();
}

static bool page_state(void *context, uint64_t gpa, bool private, bool large)
{
    (void)context;
    require(gpa % (large ? 512 * PAGE : PAGE) == 0, "a page changes its state as a whole");
    require(gpa >> 52 == 0, "addresses of at most 52 bits");
    bool done = answer() % 8 != 0;
    if (done && machine.changes < sizeof(machine.changed) / sizeof(machine.changed[0])) {
        machine.changed[machine.changes++] = gpa | private | (large ? 2 : 0);
    }
    return done;
}

static bool psmash(void *context, uint64_t gpa)
{
    (void)context;
    (void)gpa;
    return answer() & 1;
}

static const void *guest_request(void *context, const void *request, uint32_t *firmware,
                                 uint32_t *vmm_error)
{
    static const uint8_t page[PAGE] = {0x77};

    (void)context;
    (void)request;
    machine.wrote_shared = true;
    *firmware = answer();
    *vmm_error = answer() % 3;
    return answer() % 4 != 0 ? page : NULL;
}

static const void *certificates(void *context, uint64_t *pages, uint64_t *said)
{
    static const uint8_t table[4 * PAGE] = {0x88};

    (void)context;
    machine.wrote_shared = true;
    *pages = answer() % 4;
    *said = answer() % 4 != 0 ? *pages : answer();
    return table;
}

static bool ap_create(void *context, uint32_t apic_id, uint8_t vmpl, unsigned request,
                      uint64_t vmsa_gpa, uint64_t features)
{
    (void)context;
    (void)features;
    require(apic_id < 4 && vmpl < 4 && request <= GHCB_AP_DESTROY, "a vCPU that exists");
    require(request == GHCB_AP_DESTROY ||
                (vmsa_gpa % PAGE == 0 && vmsa_gpa % (512 * PAGE) != 0 && vmsa_gpa >> 47 == 0),
            "a page that can be a save area");
    return answer() & 1;
}

static enum ghcb_io ipi(void *context, uint64_t icr)
{
    (void)context;
    (void)icr;
    return (enum ghcb_io)(answer() % 4);
}

static void nmi_complete(void *context)
{
    (void)context;
    (void)answer();
}

static bool alternate_end(void *context, uint8_t vmpl, uint8_t tpr)
{
    (void)context;
    (void)tpr;
    require(vmpl > 0 && vmpl < 4, "a level below");
    return answer() & 1;
}

static bool specific_eoi(void *context, uint8_t vmpl, uint8_t vector)
{
    (void)context;
    (void)vector;
    require(vmpl > 0 && vmpl < 4, "a level below");
    return answer() & 1;
}

static const struct ghcb_ops ops = {
    .shared_page = shared_page,
    .port_in = port_in,
    .port_out = port_out,
    .mmio_read = mmio_read,
    .mmio_write = mmio_write,
    .msr_read = msr_read,
    .msr_write = msr_write,
    .cpuid = cpuid,
    .tsc = tsc,
    .page_state = page_state,
    .psmash = psmash,
    .guest_request = guest_request,
    .certificates = certificates,
    .ap_create = ap_create,
    .ipi = ipi,
    .nmi_complete = nmi_complete,
    .alternate_end = alternate_end,
    .specific_eoi = specific_eoi,
};

/* May the host write to this byte of the page? The shared buffer is for events that use it. */
static bool is_answer(size_t at, uint64_t code, bool pages_are_shared)
{
    static const size_t words[] = {
        offsetof(struct ghcb, rax),          offsetof(struct ghcb, rbx),
        offsetof(struct ghcb, rcx),          offsetof(struct ghcb, rdx),
        offsetof(struct ghcb, sw_exitinfo1), offsetof(struct ghcb, sw_exitinfo2),
        offsetof(struct ghcb, valid_bitmap), offsetof(struct ghcb, valid_bitmap) + 8};
    bool buffered = code == VMEXIT_IOIO || code == GHCB_EVENT_MMIO_READ || code == GHCB_EVENT_PSC;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (at - words[i] < 8) {
            return true;
        }
    }
    return (buffered && at >= SCRATCH_FIRST && at < SCRATCH_BEHIND) || pages_are_shared;
}

static void expect_page(const uint8_t *before, uint64_t code)
{
    /* The GHCB itself may be named as the page of a response, a table or a list. */
    bool shared =
        machine.wrote_shared || code == GHCB_EVENT_APIC_IDS || code == GHCB_EVENT_EXTENDED_REQUEST;
    const uint8_t *now = (const uint8_t *)machine.page;

    for (size_t i = 0; i < PAGE; i++) {
        require(now[i] == before[i] || is_answer(i, code, shared), "a byte that is no answer");
    }
}

/* Goes through the list as it was, by its rules, and finds that the host did no more and no else.
 */
static void expect_psc(const struct ghcb *was)
{
    uint64_t at = was->sw_scratch - GHCB_GPA;
    struct ghcb_psc_header old, now;

    if (at < SCRATCH_FIRST || at > SCRATCH_BEHIND - sizeof(old)) {
        require(machine.changes == 0, "a state change without a list");
        return;
    }
    memcpy(&old, (const uint8_t *)was + at, sizeof(old));
    memcpy(&now, (const uint8_t *)machine.page + at, sizeof(now));
    require(now.end_entry == old.end_entry && now.reserved_004 == old.reserved_004,
            "the end of the list");
    require(now.cur_entry >= old.cur_entry, "the list is gone through forwards");
    require(now.cur_entry == old.cur_entry || now.cur_entry <= old.end_entry + 1,
            "not behind the end of the list");
    size_t entry_at = at + sizeof(old);
    for (unsigned i = 0; entry_at + 8 <= SCRATCH_BEHIND; i++, entry_at += 8) {
        uint64_t before, after;
        memcpy(&before, (const uint8_t *)was + entry_at, 8);
        memcpy(&after, (const uint8_t *)machine.page + entry_at, 8);
        uint64_t pages = before & GHCB_PSC_2M ? 512 : 1;
        require((before & ~GHCB_PSC_CUR_PAGE) == (after & ~GHCB_PSC_CUR_PAGE),
                "only the pages done of an entry");
        require((after & GHCB_PSC_CUR_PAGE) >= (before & GHCB_PSC_CUR_PAGE), "pages done go up");
        bool mine = i >= old.cur_entry && i <= now.cur_entry && i <= old.end_entry;
        require(mine || before == after, "an entry that is not the host's now");
        require(i < old.cur_entry || i >= now.cur_entry || (after & GHCB_PSC_CUR_PAGE) == pages,
                "an entry that was passed is done");
    }
}

static void expect_changes(const struct ghcb *was)
{
    for (unsigned i = 0; i < machine.changes; i++) {
        uint64_t gpa = machine.changed[i] & ~UINT64_C(0xfff);
        uint64_t size = machine.changed[i] & 2 ? 512 * PAGE : PAGE;
        require(!(machine.changed[i] & 1) || GHCB_GPA < gpa || GHCB_GPA >= gpa + size,
                "the GHCB does not take itself away");
    }
    require(machine.changes == 0 || machine.hostile || was->sw_exitcode == GHCB_EVENT_PSC,
            "page states change by the event for it");
}

static bool valid(const struct ghcb *page, size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return page->valid_bitmap[bit / 8] >> bit % 8 & 1;
}

static void expect_answer(const struct ghcb_outcome *outcome, const struct ghcb *was)
{
    const struct ghcb *now = machine.page;
    bool answered = outcome->action == GHCB_RESUME || outcome->action == GHCB_HOLD ||
                    outcome->action == GHCB_RUN_VMPL;

    if (!answered) {
        return;
    }
    require(valid(now, offsetof(struct ghcb, sw_exitinfo1)) &&
                valid(now, offsetof(struct ghcb, sw_exitinfo2)),
            "both words of an answer are valid");
    require(now->sw_exitinfo1 <= GHCB_RESULT_MALFORMED, "a result that exists");
    if (now->sw_exitinfo1 == GHCB_RESULT_MALFORMED) {
        require(now->sw_exitinfo2 >= GHCB_ERROR_USAGE &&
                    now->sw_exitinfo2 <= GHCB_ERROR_INVALID_EVENT,
                "an error that exists");
    } else if (now->sw_exitinfo1 == GHCB_RESULT_EXCEPTION) {
        require(now->sw_exitinfo2 == UINT64_C(0x80000b0d) || now->sw_exitinfo2 == 0x80000306,
                "#GP or #UD");
    }
    bool bad = now->sw_exitinfo1 != GHCB_RESULT_OK ||
               (was->sw_exitcode == GHCB_EVENT_PSC && now->sw_exitinfo2 != GHCB_PSC_OK);
    require(!bad || outcome->rule != RULE_NONE, "a refusal names its rule");
}

static void page_exit(struct ghcb_state *state, const struct ghcb_config *config, uint8_t vmpl)
{
    static struct ghcb was;
    bool registered = state->registered == state->msr;
    uint64_t msr = state->msr;

    memcpy(&was, machine.page, sizeof(was));
    const struct ghcb_outcome outcome = ghcb_vmgexit(state, config, &ops, NULL, vmpl);

    require(state->msr == msr, "the address of the page stays");
    require(outcome.rule < RULE_COUNT && outcome.target < 4 && outcome.term_set < 16,
            "an outcome in range");
    require(outcome.action != GHCB_STOPPED || outcome.rule != RULE_NONE, "a stop names its rule");
    if (msr != GHCB_GPA || !registered) {
        require(memcmp(&was, machine.page, PAGE) == 0 && machine.effects == 0,
                "no page, no effects");
        return;
    }
    expect_changes(&was);
    if (machine.hostile) {
        return;
    }
    expect_page((const uint8_t *)&was, was.sw_exitcode);
    expect_answer(&outcome, &was);
    if (was.sw_exitcode == GHCB_EVENT_PSC && machine.page->sw_exitinfo1 == GHCB_RESULT_OK &&
        valid(&was, offsetof(struct ghcb, sw_scratch))) {
        expect_psc(&was);
    }
}

static void msr_exit(struct ghcb_state *state, const struct ghcb_config *config, uint8_t vmpl)
{
    static struct ghcb was;
    uint64_t request = state->msr;

    memcpy(&was, machine.page, sizeof(was));
    const struct ghcb_outcome outcome = ghcb_vmgexit(state, config, &ops, NULL, vmpl);

    require(machine.hostile || memcmp(&was, machine.page, PAGE) == 0, "the MSR has no page");
    require(outcome.rule < RULE_COUNT && outcome.target < 4, "an outcome in range");
    require(state->msr == request || ghcb_msr_code(state->msr) == ghcb_msr_code(request) + 1 ||
                ghcb_msr_code(request) == GHCB_MSR_SEV_INFO_REQUEST,
            "the response belongs to the request");
    require(outcome.action != GHCB_HOLD || state->held, "who waits is known to wait");
    ghcb_wake(state, &ops, NULL, request >> 12 & 1);
    require(!state->held, "who is woken waits no more");
}

/* Sets what makes most events go further than their first check. */
static void page_fill(struct input *in)
{
    uint8_t *bytes = (uint8_t *)machine.page;
    static const uint16_t codes[] = {0x7b, 0x7c, 0x72, 0x01, 0x02, 0x10, 0x10, 0x10,  0x11,
                                     0x12, 0x13, 0x14, 0x15, 0x17, 0x18, 0x04, 0xfffd};
    uint8_t choice = input_byte(in);

    for (unsigned n = input_byte(in) % 24; n > 0; n--) {
        uint64_t where = input_number(in, 2) % (PAGE / 8);
        uint64_t value = input_number(in, input_byte(in) % 9);
        memcpy(bytes + where * 8, &value, 8);
    }
    if (choice & 1) {
        memset(machine.page->valid_bitmap, 0xff, sizeof(machine.page->valid_bitmap));
        machine.page->usage = 0;
        machine.page->protocol_version = 2;
    }
    if (choice & 2) {
        uint16_t code = codes[input_byte(in) % (sizeof(codes) / sizeof(codes[0]))];
        bool event = code < 0x20 || code == 0xfffd;
        machine.page->sw_exitcode = code | (event ? UINT64_C(0x80000000) : 0);
        machine.page->sw_scratch = GHCB_GPA + SCRATCH_FIRST;
    }
    switch (choice >> 2 & 3) {
    case 0: /* pages */
        machine.page->sw_exitinfo1 = SHARED_GPA + (choice >> 6 == 3);
        machine.page->sw_exitinfo2 = SHARED_GPA + PAGE;
        machine.page->rax = SHARED_GPA + (choice & 16 ? 2 * PAGE : PAGE);
        machine.page->rbx &= 3;
        machine.shared[0][0x34] = 5;
        break;
    case 1: /* small numbers, a count and a place in the buffer, at the limits */
        machine.page->sw_exitinfo1 = input_byte(in) % 6;
        machine.page->sw_exitinfo2 = input_byte(in) % 12;
        machine.page->sw_scratch += input_byte(in) % 16 * 8 + (choice & 16 ? 1984 : 0);
        break;
    case 2: /* ports */
        machine.page->sw_exitinfo1 = input_number(in, 1) | 0x3f80000;
        machine.page->sw_exitinfo2 = input_byte(in) * (choice & 16 ? 8u : 1u);
        break;
    default: /* a vCPU, its level, a request */
        machine.page->sw_exitinfo1 =
            ghcb_ap_creation(input_byte(in) % 6, input_byte(in) % 6, input_byte(in) % 4);
        machine.page->sw_exitinfo2 = UINT64_C(0x203000) | (choice & 16 ? 8 : 0);
        machine.page->rax = 1;
    }
}

static void list_fill(struct input *in)
{
    struct ghcb_psc *list = (struct ghcb_psc *)(void *)machine.page->shared_buffer;
    uint8_t count = input_byte(in);

    list->header.cur_entry = input_byte(in) % 4;
    list->header.end_entry = count;
    list->header.cur_entry += count > 248 ? count - 3 : 0;
    unsigned first = list->header.cur_entry;
    for (unsigned i = first; i <= count && i < GHCB_PSC_ENTRIES && i < first + 32; i++) {
        uint8_t bits = input_byte(in);
        uint64_t gfn = bits & 0x80 ? input_number(in, 2) : 16 + (bits >> 4 & 3) * 512;
        list->entries[i] = ghcb_psc_entry(bits & 7, gfn, bits & 8 ? GHCB_PSC_2M : 0);
    }
}

static void run(struct input *in)
{
    struct ghcb_state state;
    struct ghcb_config config = {
        .profile = input_byte(in) % 3, .cbit = 47, .vm_features = 1, .vcpus = 4};
    uint8_t more = input_byte(in);

    config.hv_features = more & 1 ? 0 : input_number(in, 2);
    machine.hostile = more >> 1 & 1;
    ghcb_reset(&state, &config);
    for (unsigned i = 0; i < CALLS && in->at != in->end; i++) {
        uint8_t kind = input_byte(in);
        machine.effects = machine.changes = 0;
        machine.wrote_shared = false;
        if (kind & 1) {
            state.msr = input_number(in, kind & 2 ? 2 : 8);
        } else {
            state.msr = state.registered = GHCB_GPA;
            if (kind & 2) {
                list_fill(in);
            }
            page_fill(in);
            state.registered = (kind & 0x70) == 0x70 ? SHARED_GPA : GHCB_GPA;
        }
        if (ghcb_msr_code(state.msr) == GHCB_MSR_PAGE) {
            page_exit(&state, &config, kind >> 2 & 3);
        } else {
            msr_exit(&state, &config, kind >> 2 & 3);
        }
    }
}

static void *page_new(void)
{
    void *page = aligned_alloc(PAGE, PAGE);

    require(page, "memory for a page");
    memset(page, 0, PAGE);
    return page;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};

    machine.in = &in;
    machine.page = page_new();
    for (unsigned i = 0; i < SHARED_PAGES; i++) {
        machine.shared[i] = page_new();
    }
    run(&in);
    free(machine.page);
    for (unsigned i = 0; i < SHARED_PAGES; i++) {
        free(machine.shared[i]);
    }
    return 0;
}
