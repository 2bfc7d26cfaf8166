/* SPDX-License-Identifier: MIT */
/* Descriptor tables, traps, and acts that a fault ends, on several vCPUs: a vCPU is known by the
 * stack that it runs on. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "protocol.h"

#define SEL_CODE UINT64_C(0x08)
#define SEL_DATA 0x10u
#define SEL_TSS 0x30u
#define GATE_INTERRUPT UINT64_C(0x8e00)
#define STUB_SIZE 16u
#define VECTORS 32u
#define TSS_AVAILABLE UINT64_C(0x89)
#define STACK 16384u
#define CMOS_INDEX 0x70u
#define CMOS_DATA 0x71u
#define CMOS_ABOVE_16M 0x34u /* 64 KiB units, two bytes */

struct [[gnu::packed]] pointer {
    uint16_t limit;
    uint64_t base;
};

static struct slot {
    uint64_t rsp; /* 0: none */
    struct fault fault;
} slots[CPUS_MAX];

extern const uint8_t trap_stubs[], probe_leave[];
extern uint64_t gdt[], gdt_end[];
uint64_t probe_enter(act *act, uint64_t argument, struct slot *slot);
void trap_c(struct frame *frame);

uint64_t idt[VECTORS][2];
uint64_t tss[13]; /* never used: there is nothing but CPL 0 */
uint64_t memory_end;
static uint8_t stacks[CPUS_MAX][STACK] [[gnu::aligned(16)]];

/* The first vCPU's stack is start.S's. */
unsigned cpu_self(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0) - (uint64_t)stacks;

    return here < sizeof(stacks) ? (unsigned)(here / STACK) : 0;
}

void *cpu_stack_end(unsigned cpu)
{
    return &stacks[cpu][STACK];
}

void machine_init(void)
{
    uint64_t base = (uint64_t)tss;
    struct pointer i = {sizeof(idt) - 1, (uint64_t)idt};
    struct pointer g = {(uint16_t)((uint8_t *)gdt_end - (uint8_t *)gdt - 1), (uint64_t)gdt};

    for (unsigned v = 0; v < VECTORS; v++) {
        uint64_t va = (uint64_t)trap_stubs + v * STUB_SIZE;
        idt[v][0] =
            (va & 0xffff) | SEL_CODE << 16 | GATE_INTERRUPT << 32 | (va >> 16 & 0xffff) << 48;
        idt[v][1] = va >> 32;
    }
    gdt[SEL_TSS / 8] =
        0x67 | (base & 0xffffff) << 16 | TSS_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
    gdt[SEL_TSS / 8 + 1] = base >> 32;
    asm volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(g), "m"(i), "r"(SEL_TSS));
}

static uint8_t cmos(unsigned index)
{
    ghcb_out(CMOS_INDEX, 1, index);
    ghcb_begin();
    GHCB_SET(rax, 0);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(CMOS_DATA, 1, VMEXIT_IOIO_IN), 0);
    return (uint8_t)the_ghcb->rax;
}

void machine_memory(void)
{
    uint64_t units = cmos(CMOS_ABOVE_16M) | (uint64_t)cmos(CMOS_ABOVE_16M + 1) << 8;

    memory_end = (units + 256) << 16;
}

/* Outside acts: no line may come from a vCPU that does not own the GHCB. */
[[gnu::noreturn]] static void die(const struct frame *frame, unsigned cpu, uint64_t cr2)
{
    if (cpu == 0) {
        print("not ok trap - vector %u error %x rip %x cr2 %x\n", (unsigned)frame->vector,
              frame->error, frame->rip, cr2);
        failures++;
        finish();
    }
    for (;;) {
        (void)msr_ask(ghcb_msr_terminate(7, 0x40 + (unsigned)frame->vector));
    }
}

void trap_c(struct frame *frame)
{
    unsigned cpu = cpu_self();
    struct slot *slot = &slots[cpu];
    uint64_t cr2;

    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    if (slot->rsp == 0) {
        die(frame, cpu, cr2);
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
    struct slot *slot = &slots[cpu_self()];

    slot->fault = (struct fault){.vector = NO_FAULT};
    (void)probe_enter(act, argument, slot);
    slot->rsp = 0;
    return slot->fault;
}

static void read_word(uint64_t gpa)
{
    (void)*word_at(gpa);
}

struct fault memory_read(uint64_t gpa)
{
    return probe(read_word, gpa);
}

void memory_fill(uint64_t gpa, uint64_t value, uint64_t size)
{
    for (uint64_t at = 0; at < size; at += sizeof(value)) {
        *word_at(gpa + at) = value;
    }
}

uint64_t memory_differs(uint64_t gpa, uint64_t value, uint64_t size)
{
    uint64_t count = 0;

    for (uint64_t at = 0; at < size; at += sizeof(value)) {
        count += *word_at(gpa + at) != value;
    }
    return count;
}

void memory_copy(uint64_t gpa, const void *from, uint64_t size)
{
    const uint8_t *bytes = from;

    for (uint64_t i = 0; i < size; i++) {
        /* SAFETY: as word_at() */
        ((volatile uint8_t *)gpa)[i] = bytes[i];
    }
}
