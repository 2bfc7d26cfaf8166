/* SPDX-License-Identifier: MIT */
/*
 * Traps of the hypervisor itself. An exception is a fault of the emulator, so everything about it
 * is printed; the two that may happen are #GP at the MSR instructions of trap_stubs.S.
 */
#include "trap.h"
#include "interrupt.h"
#include "io.h"
#include "log.h"
#include "machine.h"
#include "stop.h"

#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_TSS 0x18
#define VECTORS 256
#define STUB_SIZE 16
#define VECTOR_NMI 2
#define VECTOR_DF 8
#define VECTOR_GP 13
#define VECTOR_PF 14
#define VECTOR_MC 18
#define STACK_SIZE 4096
#define DESCRIPTOR_CODE UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA UINT64_C(0x00cf93000000ffff)
#define GATE_PRESENT_INTERRUPT UINT64_C(0x8e00)

struct frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

struct [[gnu::packed]] tss {
    uint32_t reserved_00;
    uint64_t rsp[3];
    uint64_t reserved_1c;
    uint64_t ist[7];
    uint64_t reserved_5c;
    uint16_t reserved_64;
    uint16_t io_map;
};
_Static_assert(sizeof(struct tss) == 104, "APM2-12.2.5");

struct [[gnu::packed]] table_pointer {
    uint16_t limit;
    uint64_t base;
};

extern const uint8_t trap_stubs[];
extern const uint8_t trap_rdmsr_at[], trap_wrmsr_at[], trap_refused[];
bool trap_rdmsr(uint32_t index, uint64_t *value);
bool trap_wrmsr(uint32_t index, uint64_t value);
void trap_arrived(struct frame *frame);

/* What each CPU has of its own. */
struct [[gnu::aligned(128)]] tables
{
    struct tss tss;
    uint64_t gdt[5];
    [[gnu::aligned(16)]] uint8_t fault_stack[STACK_SIZE];
};

extern const uint8_t trap_wait_end[];

static struct tables cpus[MACHINE_VCPUS_MAX];
[[gnu::aligned(16)]] static uint64_t idt[VECTORS][2];

/* A broken stack must not keep a fault from being told: these have one of their own. */
static uint64_t ist_of(unsigned vector)
{
    return vector == VECTOR_NMI || vector == VECTOR_DF || vector == VECTOR_PF || vector == VECTOR_MC
               ? 1
               : 0;
}

static void build_tables(struct tables *own)
{
    uint64_t base = (uint64_t)&own->tss;

    own->tss =
        (struct tss){.ist = {(uint64_t)own->fault_stack + STACK_SIZE}, .io_map = sizeof(own->tss)};
    own->gdt[SEL_CODE / 8] = DESCRIPTOR_CODE;
    own->gdt[SEL_DATA / 8] = DESCRIPTOR_DATA;
    own->gdt[SEL_TSS / 8] = (sizeof(own->tss) - 1) | (base & 0xffffff) << 16 |
                            UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
    own->gdt[SEL_TSS / 8 + 1] = base >> 32;
}

static void build_idt(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        uint64_t stub = (uint64_t)trap_stubs + (uint64_t)i * STUB_SIZE;
        idt[i][0] = (stub & 0xffff) | (uint64_t)SEL_CODE << 16 | ist_of(i) << 32 |
                    GATE_PRESENT_INTERRUPT << 32 | (stub >> 16 & 0xffff) << 48;
        idt[i][1] = stub >> 32;
    }
}

void trap_init(unsigned cpu)
{
    struct tables *own = &cpus[cpu];

    build_tables(own);
    if (cpu == 0) {
        build_idt();
    }
    struct table_pointer g = {sizeof(own->gdt) - 1, (uint64_t)own->gdt};
    struct table_pointer i = {sizeof(idt) - 1, (uint64_t)idt};

    /* SAFETY: code and data segments are those of the bootstrap GDT at the same selectors. */
    asm volatile("lgdt %0; lidt %1; ltr %w2" : : "m"(g), "m"(i), "r"(SEL_TSS) : "memory");
}

[[gnu::noreturn]] static void dump(const struct frame *f)
{
    log_line("# exception vector=%lu error=%lx rip=%lx rflags=%lx rsp=%lx cr2=%lx", f->vector,
             f->error, f->rip, f->rflags, f->rsp, cr2_read());
    log_line("# rax=%lx rbx=%lx rcx=%lx rdx=%lx rsi=%lx rdi=%lx rbp=%lx", f->rax, f->rbx, f->rcx,
             f->rdx, f->rsi, f->rdi, f->rbp);
    log_line("# r8=%lx r9=%lx r10=%lx r11=%lx r12=%lx r13=%lx r14=%lx r15=%lx", f->r8, f->r9,
             f->r10, f->r11, f->r12, f->r13, f->r14, f->r15);
    stop_emulator("an exception in the hypervisor");
}

void trap_arrived(struct frame *frame)
{
    if (frame->vector >= TRAP_INTERRUPTS) {
        interrupt_arrived((uint8_t)frame->vector);
        return;
    }
    if (frame->vector == VECTOR_GP &&
        (frame->rip == (uint64_t)trap_rdmsr_at || frame->rip == (uint64_t)trap_wrmsr_at)) {
        frame->rip = (uint64_t)trap_refused;
        return;
    }
    if (frame->vector == VECTOR_NMI) { /* a kick; who waits goes on, whether it sleeps yet or not */
        bool waits = frame->rip >= (uint64_t)trap_wait && frame->rip < (uint64_t)trap_wait_end;
        frame->rip = waits ? (uint64_t)trap_wait_end : frame->rip;
        return;
    }
    dump(frame);
}

void trap_take_interrupts(void)
{
    /* SAFETY: the handlers keep every register; the NOP ends STI's shadow. */
    asm volatile("sti; nop; nop; cli" : : : "memory");
}

bool trap_msr_read(uint32_t index, uint64_t *value)
{
    return trap_rdmsr(index, value);
}

bool trap_msr_write(uint32_t index, uint64_t value)
{
    return trap_wrmsr(index, value);
}
