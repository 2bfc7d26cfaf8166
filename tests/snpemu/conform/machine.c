/* SPDX-License-Identifier: MIT */
/* Descriptor tables, traps, and acts that a fault ends. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

#define SEL_CODE 0x08u
#define SEL_DATA 0x10u
#define SEL_TSS 0x30u
#define GATE_INTERRUPT UINT64_C(0x8e00)
#define STUB_SIZE 16u
#define VECTORS 32u
#define TSS_AVAILABLE UINT64_C(0x89)

struct [[gnu::packed]] tss {
    uint32_t reserved_00;
    uint64_t rsp0, rsp1, rsp2;
    uint64_t reserved_1c;
    uint64_t ist[7];
    uint64_t reserved_5c;
    uint16_t reserved_64, io_map;
};

struct [[gnu::packed]] pointer {
    uint16_t limit;
    uint64_t base;
};

/* One for each level: which act runs there, and what it ran into. */
static struct slot {
    uint64_t rsp; /* 0: none */
    struct fault fault;
} slots[SNP_VMPLS];

extern const uint8_t trap_stubs[], probe_leave[];
extern uint64_t gdt[], gdt_end[];
uint64_t probe_enter(act *act, uint64_t argument, struct slot *slot);
void user_enter(uint64_t code);
void compat_enter(uint64_t code);
void trap_c(struct frame *frame);

uint64_t idt[VECTORS][2];
struct tss tss;
static uint8_t trap_stack[8192] [[gnu::aligned(16)]];

void machine_init(void)
{
    uint64_t base = (uint64_t)&tss;
    struct pointer i = {sizeof(idt) - 1, (uint64_t)idt};
    struct pointer g = {(uint16_t)((uint8_t *)gdt_end - (uint8_t *)gdt - 1), (uint64_t)gdt};

    for (unsigned v = 0; v < VECTORS; v++) {
        uint64_t va = (uint64_t)trap_stubs + v * STUB_SIZE;
        idt[v][0] =
            (va & 0xffff) | SEL_CODE << 16 | GATE_INTERRUPT << 32 | (va >> 16 & 0xffff) << 48;
        idt[v][1] = va >> 32;
    }
    tss.rsp0 = (uint64_t)trap_stack + sizeof(trap_stack);
    tss.io_map = sizeof(tss);
    gdt[SEL_TSS / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | TSS_AVAILABLE << 40 |
                       (base >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = base >> 32;
    asm volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(g), "m"(i), "r"(SEL_TSS));
}

bool vc_serves_cpuid;

static void serve_cpuid(struct frame *frame)
{
    uint64_t saved = msr_read(SNP_MSR_GHCB);

    frame->rax =
        ghcb_msr_high(msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, (uint32_t)frame->rax, 0)));
    msr_write(SNP_MSR_GHCB, saved);
    frame->rip += 2;
}

void trap_c(struct frame *frame)
{
    if (vc_serves_cpuid && frame->vector == SNP_VECTOR_VC && frame->error == VMEXIT_CPUID) {
        serve_cpuid(frame);
        return;
    }
    struct slot *slot = &slots[level_now];
    uint64_t cr2;

    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    if (slot->rsp == 0) {
        print("not ok trap - vector %u error %x rip %x cr2 %x\n", (unsigned)frame->vector,
              frame->error, frame->rip, cr2);
        failures++;
        finish();
    }
    slot->fault = (struct fault){.happened = true,
                                 .vector = (unsigned)frame->vector,
                                 .error = frame->error,
                                 .rip = frame->rip,
                                 .cr2 = cr2};
    frame->rip = (uint64_t)probe_leave;
    frame->rsp = slot->rsp;
    frame->cs = SEL_CODE;
    frame->ss = SEL_DATA;
    frame->rflags = 2;
    slot->rsp = 0;
}

struct fault probe(act *act, uint64_t argument)
{
    struct slot *slot = &slots[level_now];

    slot->fault = (struct fault){.vector = NO_FAULT};
    (void)probe_enter(act, argument, slot);
    slot->rsp = 0;
    return slot->fault;
}

struct fault probe_user(const void *code)
{
    return probe(user_enter, (uint64_t)code);
}

struct fault probe_compat(const void *code)
{
    return probe(compat_enter, (uint64_t)code);
}
