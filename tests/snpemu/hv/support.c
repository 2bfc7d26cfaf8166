/* SPDX-License-Identifier: MIT */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "guest.h"

#define COM1 0x3f8
#define GATE_INTERRUPT UINT64_C(0x8e00)
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS 0x18
#define VECTORS 0x41

struct [[gnu::packed]] tss {
    uint32_t reserved;
    uint64_t rsp[3];
    uint64_t more[9];
    uint32_t io_map;
};

struct [[gnu::packed]] pointer {
    uint16_t limit;
    uint64_t base;
};

struct caught caught;
struct ghcb *ghcb;
static unsigned expected;
static uint64_t expected_length;
static unsigned failures;
static uint64_t idt[VECTORS][2];
static uint64_t gdt[] = {0, UINT64_C(0x00af9b000000ffff), UINT64_C(0x00cf93000000ffff),
                         0, /* TSS, two entries */
                         0, UINT64_C(0x00cff3000000ffff), UINT64_C(0x00affb000000ffff)};
static struct tss tss;
[[gnu::aligned(16)]] static uint8_t trap_stack[8192];

/* Of start.S: where to go on after UD2 at CPL 3. */
extern uint64_t user_return, user_rsp;
[[gnu::aligned(4096)]] static uint8_t ghcb_page[4096];
[[gnu::aligned(4096)]] static uint8_t spare[8][4096];

extern uint8_t trap_ud[], trap_df[], trap_gp[], trap_pf[], trap_vc[], trap_timer[];
void trap_c(struct frame *frame);

static void gate(unsigned vector, const uint8_t *stub)
{
    uint64_t va = (uint64_t)stub;

    idt[vector][0] =
        (va & 0xffff) | (uint64_t)SEL_CODE << 16 | GATE_INTERRUPT << 32 | (va >> 16 & 0xffff) << 48;
    idt[vector][1] = va >> 32;
}

void traps_load(void)
{
    struct pointer g = {sizeof(gdt) - 1, (uint64_t)gdt};
    struct pointer i = {sizeof(idt) - 1, (uint64_t)idt};

    gate(6, trap_ud);
    gate(8, trap_df);
    gate(13, trap_gp);
    gate(14, trap_pf);
    gate(29, trap_vc);
    gate(0x40, trap_timer);
    uint64_t base = (uint64_t)&tss;
    tss = (struct tss){.rsp = {(uint64_t)trap_stack + sizeof(trap_stack)}, .io_map = 104u << 16};
    gdt[SEL_TSS / 8] = 103 | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24) << 56;
    asm volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(g), "m"(i), "r"(SEL_TSS));
}

static void leave_user(struct frame *frame)
{
    frame->rip = user_return;
    frame->rsp = user_rsp;
    frame->cs = SEL_CODE;
    frame->ss = SEL_DATA;
    user_return = 0;
}

void trap_expect(unsigned vector, uint64_t length)
{
    expected = vector;
    expected_length = length;
    caught = (struct caught){0};
}

uint64_t spare_page(unsigned number)
{
    return (uint64_t)spare[number];
}

uint64_t ghcb_msr_ask(uint64_t request)
{
    msr_write(SNP_MSR_GHCB, request);
    vmgexit();
    return msr_read(SNP_MSR_GHCB);
}

/* CPUID for everybody who executes it: through the MSR protocol. */
static void cpuid_by_msr(struct frame *frame)
{
    uint64_t saved = msr_read(SNP_MSR_GHCB);
    uint64_t *registers[] = {&frame->rax, &frame->rbx, &frame->rcx, &frame->rdx};
    uint32_t leaf = (uint32_t)frame->rax;

    for (unsigned i = 0; i < 4; i++) {
        *registers[i] =
            ghcb_msr_high(ghcb_msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, leaf, i)));
    }
    msr_write(SNP_MSR_GHCB, saved);
    frame->rip += 2;
}

void trap_c(struct frame *frame)
{
    if (expected != 0 && frame->vector == expected) {
        uint64_t cr2;
        asm volatile("mov %%cr2, %0" : "=r"(cr2));
        caught = (struct caught){.vector = frame->vector,
                                 .error = frame->error,
                                 .rip = frame->rip,
                                 .cr2 = cr2,
                                 .count = caught.count + 1};
        frame->rip += expected_length;
        return;
    }
    if (frame->vector == 6 && (frame->cs & 3) && user_return != 0) {
        leave_user(frame);
        return;
    }
    if (frame->vector == 29 && frame->error == VMEXIT_CPUID) {
        cpuid_by_msr(frame);
        return;
    }
    if (ghcb != NULL) {
        print("not ok trap - vector ");
        print_hex(frame->vector);
        print(" error ");
        print_hex(frame->error);
        print(" rip ");
        print_hex(frame->rip);
        print("\n");
        finish(1);
    }
    ghcb_msr_ask(ghcb_msr_terminate(7, (unsigned)frame->vector));
}

void ghcb_start(void)
{
    uint64_t gpa = (uint64_t)ghcb_page;
    bool cf;

    if (pvalidate(gpa, SNP_PAGE_4K, SNP_PVALIDATE_RESCIND, &cf) != 0 || cf) {
        ghcb_msr_ask(ghcb_msr_terminate(7, 100));
    }
    if (ghcb_msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_SHARED, gpa >> 12)) != GHCB_MSR_PSC_RESPONSE) {
        ghcb_msr_ask(ghcb_msr_terminate(7, 101));
    }
    if (ghcb_msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, gpa >> 12)) !=
        ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gpa >> 12)) {
        ghcb_msr_ask(ghcb_msr_terminate(7, 102));
    }
    ghcb = (struct ghcb *)(SHARED_BASE + gpa);
}

static void valid(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    ghcb->valid_bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static void ghcb_begin(void)
{
    uint64_t *words = (uint64_t *)ghcb;

    for (unsigned i = 0; i < PAGE_SIZE / 8; i++) {
        words[i] = 0;
    }
    ghcb->protocol_version = GHCB_VERSION_MAX;
    ghcb->usage = GHCB_USAGE_STANDARD;
}

static void set_rax(uint64_t value)
{
    ghcb->rax = value;
    valid(offsetof(struct ghcb, rax));
}

uint64_t ghcb_ask(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb->sw_exitcode = code;
    ghcb->sw_exitinfo1 = info1;
    ghcb->sw_exitinfo2 = info2;
    valid(offsetof(struct ghcb, sw_exitcode));
    valid(offsetof(struct ghcb, sw_exitinfo1));
    valid(offsetof(struct ghcb, sw_exitinfo2));
    msr_write(SNP_MSR_GHCB, (uint64_t)ghcb - SHARED_BASE);
    vmgexit();
    return ghcb->sw_exitinfo1;
}

uint32_t ghcb_in(uint16_t port, unsigned size)
{
    ghcb_begin();
    set_rax(0);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(port, size, VMEXIT_IOIO_IN), 0);
    return (uint32_t)ghcb->rax;
}

void ghcb_out(uint16_t port, unsigned size, uint32_t value)
{
    ghcb_begin();
    set_rax(value);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(port, size, 0), 0);
}

static void msr_event(uint32_t index, uint64_t write)
{
    ghcb->rcx = index;
    valid(offsetof(struct ghcb, rcx));
    ghcb_ask(VMEXIT_MSR, write, 0);
}

uint64_t ghcb_rdmsr(uint32_t index)
{
    ghcb_begin();
    msr_event(index, VMEXIT_MSR_READ);
    return ghcb->rdx << 32 | (uint32_t)ghcb->rax;
}

void ghcb_wrmsr(uint32_t index, uint64_t value)
{
    ghcb_begin();
    set_rax((uint32_t)value);
    ghcb->rdx = value >> 32;
    valid(offsetof(struct ghcb, rdx));
    msr_event(index, VMEXIT_MSR_WRITE);
}

void print(const char *text)
{
    for (; *text != 0; text++) {
        ghcb_out(COM1, 1, (uint8_t)*text);
    }
}

void print_hex(uint64_t value)
{
    char digits[17];

    for (int i = 15; i >= 0; i--) {
        digits[i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    digits[16] = 0;
    print(digits);
}

void check(const char *name, uint64_t got, uint64_t want)
{
    print(got == want ? "ok " : "not ok ");
    print(name);
    if (got != want) {
        failures++;
        print(" - got ");
        print_hex(got);
    }
    print("\n");
}

void finish(uint32_t code)
{
    ghcb_out(0xf4, 4, code != 0 ? code : failures);
    for (;;) {
        asm volatile("hlt");
    }
}
