/* SPDX-License-Identifier: MIT */
/* Events of the GHCB page: each with its result, and each error of the protocol. */
#include "conform.h"
#include <svsm/abi/ghcb_host.h>

#define SCRATCH (PAGE_GHCB + offsetof(struct ghcb, shared_buffer))
#define HPET UINT64_C(0xfed00000)
#define HPET_PERIOD 10000000u /* fs, of QEMU's */
#define SERIAL_SCRATCH_REGISTER 0x3ffu

/* The answer to the last event: what is printed goes through the same page. */
static struct ghcb answer;

static void exit_taken(void)
{
    const volatile uint64_t *from = (const volatile uint64_t *)the_ghcb;
    uint64_t *to = (uint64_t *)&answer;

    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*to); i++) {
        to[i] = from[i];
    }
}

static void event(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb_ask(code, info1, info2);
    exit_taken();
}

static bool answered(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return answer.valid_bitmap[bit / 8] >> bit % 8 & 1;
}

static void result(uint64_t info1, uint64_t info2, const char *name, uint64_t value)
{
    check((uint32_t)answer.sw_exitinfo1, info1, name, value);
    if (info1 != GHCB_RESULT_OK) {
        check(answer.sw_exitinfo2, info2, name, value);
    }
}

static void ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb_begin();
    event(code, info1, info2);
}

static void usage(void)
{
    for (uint32_t wrong = 1; wrong != 0; wrong <<= 9) {
        ghcb_begin();
        the_ghcb->usage = wrong;
        event(GHCB_EVENT_FEATURES, 0, 0);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_USAGE, "event-usage-%x", wrong);
    }
}

static void unknown(void)
{
    static const uint64_t codes[] = {0x26,
                                     0x28,
                                     0x40,
                                     0x60,
                                     0x78,
                                     0x79,
                                     0x80,
                                     0x8c,
                                     0x400,
                                     0x403,
                                     0x404,
                                     0x8000000f,
                                     0x80000019,
                                     0x8000001e,
                                     0x80001000,
                                     0x8000fffc,
                                     UINT64_C(0x100000072)};

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        ask(codes[i], 0, 0);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_EVENT, "event-unknown-%x", codes[i]);
    }
}

/* The three words themselves must be valid. */
static void words(void)
{
    static const size_t members[] = {offsetof(struct ghcb, sw_exitcode),
                                     offsetof(struct ghcb, sw_exitinfo1),
                                     offsetof(struct ghcb, sw_exitinfo2)};

    for (unsigned i = 0; i < 3; i++) {
        ghcb_begin();
        the_ghcb->sw_exitcode = GHCB_EVENT_FEATURES;
        for (unsigned k = 0; k < 3; k++) {
            if (k != i) {
                ghcb_mark(members[k]);
            }
        }
        ghcb_exit();
        exit_taken();
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_MISSING_INPUT, "event-word-%x-missing", i);
    }
}

#define RAX (1u << 0)
#define RBX (1u << 1)
#define RCX (1u << 2)
#define RDX (1u << 3)
#define CPL (1u << 4)
#define SCR (1u << 5)

static const struct input {
    const char *name;
    uint64_t code, info1, info2;
    unsigned needs;
} inputs[] = {
    {"dr7-write", VMEXIT_DR7_WRITE, 0, 0, RAX},
    {"rdpmc", VMEXIT_RDPMC, 0, 0, RCX},
    {"cpuid", VMEXIT_CPUID, 0, 0, RAX | RCX},
    {"out", VMEXIT_IOIO, 0x00800010, 0, RAX},
    {"outs", VMEXIT_IOIO, 0x00800214, 1, SCR},
    {"rdmsr", VMEXIT_MSR, 0, 0, RCX},
    {"wrmsr", VMEXIT_MSR, 1, 0, RAX | RCX | RDX},
    {"vmmcall", VMEXIT_VMMCALL, 0, 0, RAX | CPL},
    {"monitor", VMEXIT_MONITOR, 0, 0, RAX | RCX | RDX},
    {"mwait", VMEXIT_MWAIT, 0, 0, RAX | RCX},
    {"mmio-read", GHCB_EVENT_MMIO_READ, HPET, 4, SCR},
    {"mmio-write", GHCB_EVENT_MMIO_WRITE, HPET, 4, SCR},
    {"psc", GHCB_EVENT_PSC, 0, 0, SCR},
    {"extended-request", GHCB_EVENT_EXTENDED_REQUEST, PAGE_BUFFER, PAGE_BUFFER_2, RAX | RBX},
    {"ap-creation", GHCB_EVENT_AP_CREATION, 0x10001, PAGE(PAGE_FREE), RAX},
};

static void give(unsigned what)
{
    if (what & RAX) {
        GHCB_SET(rax, 0);
    }
    if (what & RBX) {
        GHCB_SET(rbx, 1);
    }
    if (what & RCX) {
        GHCB_SET(rcx, 0);
    }
    if (what & RDX) {
        GHCB_SET(rdx, 0);
    }
    if (what & CPL) {
        the_ghcb->cpl = 0;
        ghcb_mark(offsetof(struct ghcb, cpl));
    }
    if (what & SCR) {
        GHCB_SET(sw_scratch, SCRATCH);
    }
}

/* Each event without each of the inputs that it needs. */
static void missing(void)
{
    for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        const struct input *in = &inputs[i];
        for (unsigned bit = 1; bit <= SCR; bit <<= 1) {
            if ((in->needs & bit) == 0) {
                continue;
            }
            ghcb_begin();
            give(in->needs & ~bit);
            event(in->code, in->info1, in->info2);
            check((uint32_t)answer.sw_exitinfo1, GHCB_RESULT_MALFORMED, "event-%s-without-%x",
                  in->name, (uint64_t)bit);
            check(answer.sw_exitinfo2, GHCB_ERROR_MISSING_INPUT, "event-%s-without-%x-code",
                  in->name, (uint64_t)bit);
        }
    }
    ghcb_begin();
    GHCB_SET(rax, 0xd);
    GHCB_SET(rcx, 0);
    event(VMEXIT_CPUID, 0, 0);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_MISSING_INPUT, "event-cpuid-0d-without-xcr0", 0);
}

/* Scratch memory must lie in the GHCB's own buffer. */
static void scratch(void)
{
    const uint64_t wrong[] = {
        PAGE_GHCB, PAGE_GHCB + 0x7f8, PAGE_GHCB + 0xff0, PAGE_BUFFER,
        0,         ~UINT64_C(0),      SCRATCH - 1,       SCRATCH + GHCB_BUFFER_SIZE - 3};

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ghcb_begin();
        GHCB_SET(sw_scratch, wrong[i]);
        event(GHCB_EVENT_MMIO_READ, HPET, 4);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_SCRATCH, "event-scratch-%x", wrong[i]);
    }
}

static void simple(void)
{
    ask(GHCB_EVENT_FEATURES, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-features", 0);
    uint64_t features = answer.sw_exitinfo2;
    check(features, ghcb_msr_data(msr_ask(GHCB_MSR_FEATURES_REQUEST)),
          "event-features-equal-the-msr-protocols");
    ask(VMEXIT_WBINVD, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-wbinvd", 0);
    ask(VMEXIT_RDTSC, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-rdtsc", 0);
    check(answered(offsetof(struct ghcb, rax)) && answered(offsetof(struct ghcb, rdx)), true,
          "event-rdtsc-registers-valid");
    uint64_t first = answer.rdx << 32 | (uint32_t)answer.rax;
    ask(VMEXIT_RDTSC, 0, 0);
    check((answer.rdx << 32 | (uint32_t)answer.rax) > first, true, "event-rdtsc-goes-on");
    ask(VMEXIT_DR7_READ, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-dr7-read", 0);
    ask(GHCB_EVENT_NMI_COMPLETE, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-nmi-complete", 0);
    ask(GHCB_EVENT_AP_JUMP_TABLE, 2, 0);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-jump-table-request-2", 0);
    ghcb_begin();
    give(RAX | RCX);
    event(VMEXIT_CPUID, 0, 0);
    result(GHCB_RESULT_OK, 0, "event-cpuid", 0);
    check(answer.rbx, ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, 0, 1))),
          "event-cpuid-equals-the-msr-protocols");
}

static void msrs(void)
{
    ghcb_begin();
    GHCB_SET(rcx, 0x1b);
    event(VMEXIT_MSR, VMEXIT_MSR_READ, 0);
    result(GHCB_RESULT_OK, 0, "event-rdmsr-apic-base", 0);
    check(answer.rax >> 11 & 1, 1, "event-rdmsr-apic-enabled");
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t none[] = {0x40000fff, 0xc0011fff, 0x00000ffe};
        ghcb_begin();
        GHCB_SET(rcx, none[i]);
        event(VMEXIT_MSR, VMEXIT_MSR_READ, 0);
        check((uint32_t)answer.sw_exitinfo1, GHCB_RESULT_EXCEPTION, "event-rdmsr-%x-refused",
              (uint64_t)none[i]);
        check(answer.sw_exitinfo2 & 0x80000fff, 0x80000b0d, "event-rdmsr-%x-raises-gp",
              (uint64_t)none[i]);
    }
}

static void mmio(void)
{
    ghcb_begin();
    GHCB_SET(sw_scratch, SCRATCH);
    event(GHCB_EVENT_MMIO_READ, HPET, 4);
    result(GHCB_RESULT_OK, 0, "event-mmio-read", 0);
    check(*(uint32_t *)answer.shared_buffer >> 16, 0x8086, "event-mmio-read-hpet-vendor");
    const uint64_t memory[] = {PAGE_BUFFER, PAGE(PAGE_FREE), 0, LARGE};
    for (unsigned i = 0; i < sizeof(memory) / sizeof(memory[0]); i++) {
        ghcb_begin();
        GHCB_SET(sw_scratch, SCRATCH);
        event(i % 2 ? GHCB_EVENT_MMIO_WRITE : GHCB_EVENT_MMIO_READ, memory[i], 4);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-mmio-memory-%x", i);
    }
    for (unsigned size = 9; size < 64; size += 20) {
        ghcb_begin();
        GHCB_SET(sw_scratch, SCRATCH);
        event(GHCB_EVENT_MMIO_READ, HPET, size);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-mmio-size-%x", size);
    }
}

static void io(void)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t value = 0x5au << i & 0xff;
        ghcb_out(SERIAL_SCRATCH_REGISTER, 1, value);
        exit_taken();
        result(GHCB_RESULT_OK, 0, "event-out", 0);
        ghcb_begin();
        GHCB_SET(rax, UINT64_C(0x1122334455667700));
        event(VMEXIT_IOIO, vmexit_ioio(SERIAL_SCRATCH_REGISTER, 1, VMEXIT_IOIO_IN), 0);
        result(GHCB_RESULT_OK, 0, "event-in", 0);
        check(answer.rax & 0xff, value, "event-in-reads-%x-back", (uint64_t)value);
    }
}

/*
 * No event is too crooked: across the border of a page, of what the emulator reaches at once (1 GiB
 * far up, 512 GiB below), and from the frame buffer into RAM, where no byte of it is answered.
 */
static void mmio_across(void)
{
    static const uint64_t places[] = {HPET + 0xffd, UINT64_C(0x803ffffffc), UINT64_C(0x803fffffff),
                                      UINT64_C(0x7ffffffffc), UINT64_C(0x7ffffffff9)};

    for (unsigned i = 0; i < 2 * sizeof(places) / sizeof(places[0]); i++) {
        ghcb_begin();
        GHCB_SET(sw_scratch, SCRATCH);
        event(i % 2 ? GHCB_EVENT_MMIO_WRITE : GHCB_EVENT_MMIO_READ, places[i / 2], 8);
        result(GHCB_RESULT_OK, 0, "event-mmio-across-%x", i);
    }
    ghcb_begin();
    GHCB_SET(sw_scratch, SCRATCH);
    event(GHCB_EVENT_MMIO_READ, HPET + 4, 8);
    result(GHCB_RESULT_OK, 0, "event-mmio-pieces", 0);
    check(*(uint32_t *)answer.shared_buffer, HPET_PERIOD, "event-mmio-pieces-hpet-period");
    ghcb_begin();
    GHCB_SET(sw_scratch, SCRATCH);
    event(GHCB_EVENT_MMIO_READ, UINT64_C(0xbfffc), 8);
    result(GHCB_RESULT_OK, 0, "event-mmio-into-memory", 0);
    check(*(uint64_t *)answer.shared_buffer, UINT64_MAX, "event-mmio-into-memory-reads-ones");
}

/* Bits and words that an event has no use for are zero. */
static void reserved(void)
{
    static const uint64_t port_bits[] = {1, 13, 14, 15, 32, 63};
    static const uint64_t codes[] = {VMEXIT_DR7_READ, VMEXIT_RDTSC,        VMEXIT_INVD,
                                     VMEXIT_WBINVD,   GHCB_EVENT_FEATURES, GHCB_EVENT_NMI_COMPLETE};
    uint64_t in = vmexit_ioio(SERIAL_SCRATCH_REGISTER, 1, VMEXIT_IOIO_IN);

    for (unsigned i = 0; i < sizeof(port_bits) / sizeof(port_bits[0]); i++) {
        ask(VMEXIT_IOIO, in | UINT64_C(1) << port_bits[i], 0);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-in-reserved-bit-%x",
               port_bits[i]);
    }
    ask(VMEXIT_IOIO, in, 1);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-in-with-a-count-%x", 1);
    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        ask(codes[i], 1, 0);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-%x-with-info-1", codes[i]);
        ask(codes[i], 0, UINT64_C(1) << 63);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-%x-with-info-2", codes[i]);
    }
    ghcb_begin();
    GHCB_SET(rcx, 0x1b);
    event(VMEXIT_MSR, VMEXIT_MSR_READ, 1);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-rdmsr-with-info-2-%x", 1);
}

static void requests(void)
{
    const uint64_t pages[][2] = {{PAGE_BUFFER, PAGE_BUFFER},
                                 {PAGE_BUFFER + 8, PAGE_BUFFER_2},
                                 {PAGE_BUFFER, PAGE_BUFFER_2 + 1}};

    for (unsigned i = 0; i < 3; i++) {
        ask(GHCB_EVENT_GUEST_REQUEST, pages[i][0], pages[i][1]);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_MISSING_INPUT, "event-guest-request-pages-%x", i);
    }
    volatile uint8_t *message = (volatile uint8_t *)(SHARED + PAGE_BUFFER);
    for (unsigned i = 0; i < PAGE_SIZE; i++) {
        message[i] = (uint8_t)(i * 7);
    }
    ask(GHCB_EVENT_GUEST_REQUEST, PAGE_BUFFER, PAGE_BUFFER_2);
    result(GHCB_RESULT_OK, 0, "event-guest-request-of-noise", 0);
    check((uint32_t)answer.sw_exitinfo2 != 0, true, "event-guest-request-of-noise-fails");
    check(answer.sw_exitinfo2 >> 32, GHCB_REQUEST_VMM_OK, "event-guest-request-reaches-firmware");
    ghcb_begin();
    GHCB_SET(rax, PAGE(3) + 1);
    GHCB_SET(rbx, 1);
    message[0x34] = 5; /* MSG_REPORT_REQ: only then are the registers looked at */
    event(GHCB_EVENT_EXTENDED_REQUEST, PAGE_BUFFER, PAGE_BUFFER_2);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-extended-request-unaligned", 0);
}

static void creation(void)
{
    uint64_t vmsa = PAGE(PAGE_FREE + 1);
    static const uint64_t wrong_vmsa[] = {1, LARGE, UINT64_C(0xffffffff000)};

    for (unsigned i = 0; i < 3; i++) {
        ghcb_begin();
        GHCB_SET(rax, sev_features());
        event(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0, 1, GHCB_AP_CREATE),
              i == 0 ? vmsa + wrong_vmsa[0] : wrong_vmsa[i]);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-ap-creation-area-%x", i);
    }
    for (unsigned request = 3; request < 0x10000; request = request * 4 + 1) {
        ghcb_begin();
        GHCB_SET(rax, sev_features());
        event(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0, 1, request), vmsa);
        result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-ap-creation-request-%x",
               request);
    }
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    event(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0x7777, 0, GHCB_AP_CREATE), vmsa);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-ap-creation-no-such-apic", 0);
    ghcb_begin();
    GHCB_SET(rax, sev_features() | SNP_FEATURE_VTOM);
    event(GHCB_EVENT_AP_CREATION, ghcb_ap_creation(0, 1, GHCB_AP_CREATE), vmsa);
    result(GHCB_RESULT_MALFORMED, GHCB_ERROR_INVALID_INPUT, "event-ap-creation-features", 0);
}

void test_events(void)
{
    usage();
    unknown();
    words();
    missing();
    scratch();
    simple();
    msrs();
    mmio();
    mmio_across();
    io();
    reserved();
    requests();
    creation();
}
