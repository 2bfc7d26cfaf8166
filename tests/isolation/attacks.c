/* SPDX-License-Identifier: MIT */
/*
 * Instructions that CPL 3 must not execute, and register games. Each asm block is one forbidden
 * instruction; SAFETY: it is expected to be refused by the CPU, that is the test.
 */
#include "attacks.h"
#include "../tasks/raw.h"

static uint64_t scratch[4];

#define INSN(...) __asm__ volatile(__VA_ARGS__)

static void control_registers(enum act act)
{
    uint64_t v = 0;
    switch (act) {
    case ACT_insn_read_cr0:
        INSN("mov %%cr0, %0" : "=r"(v));
        break;
    case ACT_insn_read_cr2:
        INSN("mov %%cr2, %0" : "=r"(v));
        break;
    case ACT_insn_read_cr3:
        INSN("mov %%cr3, %0" : "=r"(v));
        break;
    case ACT_insn_read_cr4:
        INSN("mov %%cr4, %0" : "=r"(v));
        break;
    case ACT_insn_write_cr0:
        INSN("mov %0, %%cr0" : : "r"(v));
        break;
    case ACT_insn_write_cr3:
        INSN("mov %0, %%cr3" : : "r"(v));
        break;
    case ACT_insn_write_cr4:
        INSN("mov %0, %%cr4" : : "r"(v));
        break;
    case ACT_insn_write_cr8:
        INSN("mov %0, %%cr8" : : "r"(v));
        break;
    case ACT_insn_read_dr7:
        INSN("mov %%dr7, %0" : "=r"(v));
        break;
    case ACT_insn_write_dr0:
        INSN("mov %0, %%dr0" : : "r"(v));
        break;
    case ACT_insn_clts:
        INSN("clts");
        break;
    case ACT_insn_lmsw:
        INSN("lmsw %w0" : : "r"(v));
        break;
    case ACT_insn_smsw:
        INSN("smsw %0" : "=r"(v));
        break;
    case ACT_insn_xsetbv:
        INSN("xsetbv" : : "a"(1), "d"(0), "c"(0));
        break;
    default:
        break;
    }
}

static void tables(enum act act)
{
    switch (act) {
    case ACT_insn_lgdt:
        INSN("lgdt %0" : : "m"(scratch));
        break;
    case ACT_insn_lidt:
        INSN("lidt %0" : : "m"(scratch));
        break;
    case ACT_insn_lldt:
        INSN("lldt %w0" : : "r"(0));
        break;
    case ACT_insn_ltr:
        INSN("ltr %w0" : : "r"(0x28));
        break;
    case ACT_insn_sgdt:
        INSN("sgdt %0" : "=m"(scratch));
        break;
    case ACT_insn_sidt:
        INSN("sidt %0" : "=m"(scratch));
        break;
    case ACT_insn_sldt:
        INSN("sldt %0" : "=m"(scratch));
        break;
    case ACT_insn_str:
        INSN("str %0" : "=m"(scratch));
        break;
    case ACT_load_kernel_data_selector:
        INSN("mov %w0, %%ds" : : "r"(0x10));
        break;
    default:
        break;
    }
}

static void ports_and_caches(enum act act)
{
    uint32_t a = 0;
    uint32_t d = 0;
    switch (act) {
    case ACT_insn_hlt:
        INSN("hlt");
        break;
    case ACT_insn_cli:
        INSN("cli");
        break;
    case ACT_insn_sti:
        INSN("sti");
        break;
    case ACT_insn_in:
        INSN("inb $0x70, %%al" : "=a"(a));
        break;
    case ACT_insn_out:
        INSN("outb %%al, $0x80" : : "a"(0));
        break;
    case ACT_insn_insb:
        INSN("insb" : : "D"(scratch), "d"(0x60) : "memory");
        break;
    case ACT_insn_outsb:
        INSN("outsb" : : "S"(scratch), "d"(0x80) : "memory");
        break;
    case ACT_insn_rdmsr:
        INSN("rdmsr" : "=a"(a), "=d"(d) : "c"(0xc0000080));
        break;
    case ACT_insn_wrmsr:
        INSN("wrmsr" : : "a"(a), "d"(d), "c"(0xc0000080));
        break;
    case ACT_insn_rdpmc:
        INSN("rdpmc" : "=a"(a), "=d"(d) : "c"(0));
        break;
    case ACT_insn_invd:
        INSN("invd");
        break;
    case ACT_insn_wbinvd:
        INSN("wbinvd");
        break;
    case ACT_insn_invlpg:
        INSN("invlpg %0" : : "m"(scratch));
        break;
    case ACT_insn_swapgs:
        INSN("swapgs");
        break;
    case ACT_insn_sysret:
        INSN("sysretq" : : "c"(0x400000));
        break;
    case ACT_insn_wrfsbase:
        INSN("wrfsbase %0" : : "r"(UINT64_C(0)));
        break;
    case ACT_insn_wrgsbase:
        INSN("wrgsbase %0" : : "r"(UINT64_C(0)));
        break;
    case ACT_insn_vmrun:
        INSN(".byte 0x0f, 0x01, 0xd8" : : "a"(0));
        break;
    case ACT_insn_vmmcall:
        INSN(".byte 0x0f, 0x01, 0xd9");
        break;
    case ACT_insn_pvalidate:
        INSN(".byte 0xf2, 0x0f, 0x01, 0xff" : : "a"(0), "c"(0), "d"(0));
        break;
    case ACT_insn_rsm:
        INSN("rsm");
        break;
    case ACT_insn_ud2:
        INSN("ud2");
        break;
    default:
        break;
    }
}

static void control_transfer(enum act act)
{
    switch (act) {
    case ACT_int_0x80:
        INSN("int $0x80");
        break;
    case ACT_int_page_fault:
        INSN("int $14");
        break;
    case ACT_int_timer_vector:
        INSN("int $0x40");
        break;
    case ACT_iret_to_ring_0:
        INSN("pushq $0x10; pushq %%rsp; pushfq; pushq $0x08; leaq 1f(%%rip), %%rax; pushq %%rax;"
             "iretq; 1:"
             :
             :
             : "rax", "memory");
        break;
    case ACT_far_return_to_ring_0:
        INSN("pushq $0x08; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" : : : "rax", "memory");
        break;
    case ACT_single_step_itself:
        INSN("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
        break;
    case ACT_divide_by_zero:
        INSN("divl %0" : : "r"(0), "a"(1), "d"(0));
        break;
    default:
        break;
    }
}

void attack_instruction(enum act act)
{
    control_registers(act);
    tables(act);
    ports_and_caches(act);
    control_transfer(act);
}

uint64_t attack_popf(uint64_t must_stay, uint64_t must_not)
{
    uint64_t flags = 0;
    INSN("pushfq; popq %0" : "=r"(flags));
    flags = (flags & ~must_stay) | must_not;
    INSN("pushq %0; popfq; pushfq; popq %0" : "+r"(flags) : : "cc", "memory");
    return (flags & must_stay) == must_stay && (flags & must_not) == 0 ? 0 : 1;
}

void attack_load_gs(void)
{
    uint16_t ss = 0;
    INSN("mov %%ss, %0" : "=r"(ss));
    INSN("mov %0, %%gs" : : "r"(ss));
    INSN("mov %0, %%gs" : : "r"((uint16_t)0));
    (void)raw_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 16, 0, 0, 0, 0);
}

void attack_flags_into_kernel(uint64_t flags)
{
    uint64_t number = SVSM_SYS_RANDOM;
    uint64_t to = SVSM_HEAP_VA;
    uint64_t size = 64;
    INSN("pushfq; orq %3, (%%rsp); popfq; syscall; pushfq; andq $~0x40400, (%%rsp); popfq"
         : "+a"(number), "+D"(to), "+S"(size)
         : "r"(flags)
         : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

uint64_t attack_registers_after_system_call(void)
{
    uint64_t any = 0;
    uint64_t number = SVSM_SYS_RANDOM;
    uint64_t di = SVSM_HEAP_VA;
    uint64_t si = 16;
    uint64_t kept = 0;
    INSN("movq $0x11, %%rdx; movq $0x22, %%r8; movq $0x33, %%r9; movq $0x44, %%r10;"
         "movq $0x55, %%r12; movq $0x66, %%r15; syscall;"
         "movq %%rdx, %[any]; orq %%r8, %[any]; orq %%r9, %[any]; orq %%r10, %[any];"
         "movq %%r12, %[kept]; xorq %%r15, %[kept]"
         : [any] "=&b"(any), [kept] "=&r"(kept), "+a"(number), "+D"(di), "+S"(si)
         :
         : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r15", "memory", "cc");
    return (any | di | si | number) == 0 && kept == (0x55 ^ 0x66) ? 0 : 1;
}

uint64_t attack_vectors_are_clear(void)
{
    static uint8_t image[512] __attribute__((aligned(16)));
    uint8_t any = 0;
    INSN("fxsave64 %0" : "=m"(image));
    for (int i = 32; i < 416; i++) {
        any |= image[i];
    }
    return any;
}
