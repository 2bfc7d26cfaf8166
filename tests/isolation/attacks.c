/* SPDX-License-Identifier: MIT */
/*
 * Instructions that CPL 3 must not execute, and register games. Each asm block is one forbidden
 * instruction; SAFETY: it is expected to be refused by the CPU, that is the test.
 */
#include "attacks.h"
#include "../tasks/raw.h"

static uint64_t scratch[4];
static uint8_t area[1024] __attribute__((aligned(64)));
static const uint16_t unmasked = 0x37b; /* divisions by zero raise #MF */

struct [[gnu::packed]] far {
    uint64_t offset;
    uint16_t selector;
};
static const struct far to_ring_0 = {SVSM_IMAGE_VA, 0x08};
static const struct far to_32_bit = {SVSM_IMAGE_VA, 0x1b};
static const struct far to_task_state = {SVSM_IMAGE_VA, 0x33};

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
    case ACT_insn_in_console:
        INSN("inb %%dx, %%al" : "=a"(a) : "d"(0x3f8));
        break;
    case ACT_insn_out_reset:
        INSN("outb %%al, %%dx" : : "a"(6), "d"(0xcf9));
        break;
    case ACT_insn_in_last_port:
        INSN("inl %%dx, %%eax" : "=a"(a) : "d"(0xffff));
        break;
    case ACT_insn_rep_insl:
        INSN("rep insl" : : "D"(scratch), "d"(0xcfc), "c"(4) : "memory");
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
    case ACT_insn_ud2:
        INSN("ud2");
        break;
    default:
        break;
    }
}

/* Virtualisation and SNP: none of it is a task's. */
static void machine(enum act act)
{
    switch (act) {
    case ACT_insn_vmrun:
        INSN(".byte 0x0f, 0x01, 0xd8" : : "a"(0));
        break;
    case ACT_insn_vmmcall:
        INSN(".byte 0x0f, 0x01, 0xd9");
        break;
    case ACT_insn_vmload:
        INSN(".byte 0x0f, 0x01, 0xda" : : "a"(0));
        break;
    case ACT_insn_vmsave:
        INSN(".byte 0x0f, 0x01, 0xdb" : : "a"(0));
        break;
    case ACT_insn_stgi:
        INSN(".byte 0x0f, 0x01, 0xdc");
        break;
    case ACT_insn_clgi:
        INSN(".byte 0x0f, 0x01, 0xdd");
        break;
    case ACT_insn_skinit:
        INSN(".byte 0x0f, 0x01, 0xde" : : "a"(0));
        break;
    case ACT_insn_invlpga:
        INSN(".byte 0x0f, 0x01, 0xdf" : : "a"(0), "c"(0));
        break;
    case ACT_insn_vmgexit:
        INSN(".byte 0xf3, 0x0f, 0x01, 0xd9");
        break;
    case ACT_insn_pvalidate:
        INSN(".byte 0xf2, 0x0f, 0x01, 0xff" : : "a"(0), "c"(0), "d"(0));
        break;
    case ACT_insn_rmpadjust:
        INSN(".byte 0xf3, 0x0f, 0x01, 0xfe" : : "a"(0), "c"(0), "d"(0));
        break;
    case ACT_insn_rmpupdate:
        INSN(".byte 0xf2, 0x0f, 0x01, 0xfe" : : "a"(0), "c"(scratch));
        break;
    case ACT_insn_psmash:
        INSN(".byte 0xf3, 0x0f, 0x01, 0xff" : : "a"(0));
        break;
    case ACT_insn_invlpgb:
        INSN(".byte 0x0f, 0x01, 0xfe" : : "a"(0), "c"(0), "d"(0));
        break;
    case ACT_insn_tlbsync:
        INSN(".byte 0x0f, 0x01, 0xff");
        break;
    case ACT_insn_vmxon:
        INSN(".byte 0xf3, 0x0f, 0xc7, 0x30" : : "a"(scratch));
        break;
    case ACT_insn_vmcall:
        INSN(".byte 0x0f, 0x01, 0xc1");
        break;
    case ACT_insn_rsm:
        INSN("rsm");
        break;
    default:
        break;
    }
}

/* State and waiting that only ring 0 may change. */
static void modes(enum act act)
{
    uint64_t v = 0;
    switch (act) {
    case ACT_insn_rdfsbase:
        INSN("rdfsbase %0" : "=r"(v));
        break;
    case ACT_insn_rdgsbase:
        INSN("rdgsbase %0" : "=r"(v));
        break;
    case ACT_insn_wrfsbase:
        INSN("wrfsbase %0" : : "r"(UINT64_C(0)));
        break;
    case ACT_insn_wrgsbase:
        INSN("wrgsbase %0" : : "r"(UINT64_C(0)));
        break;
    case ACT_insn_monitor:
        INSN(".byte 0x0f, 0x01, 0xc8" : : "a"(scratch), "c"(0), "d"(0));
        break;
    case ACT_insn_mwait:
        INSN(".byte 0x0f, 0x01, 0xc9" : : "a"(0), "c"(0));
        break;
    case ACT_insn_stac:
        INSN(".byte 0x0f, 0x01, 0xcb");
        break;
    case ACT_insn_clac:
        INSN(".byte 0x0f, 0x01, 0xca");
        break;
    case ACT_insn_rdpkru:
        INSN(".byte 0x0f, 0x01, 0xee" : "=a"(v) : "c"(0) : "rdx");
        break;
    case ACT_insn_wrpkru:
        INSN(".byte 0x0f, 0x01, 0xef" : : "a"(0), "c"(0), "d"(0));
        break;
    case ACT_insn_invpcid:
        INSN(".byte 0x66, 0x0f, 0x38, 0x82, 0x01" : : "a"(0), "c"(scratch));
        break;
    case ACT_insn_xsaves:
        INSN(".byte 0x48, 0x0f, 0xc7, 0x29" : : "a"(0), "d"(0), "c"(area) : "memory");
        break;
    case ACT_insn_xrstors:
        INSN(".byte 0x48, 0x0f, 0xc7, 0x19" : : "a"(0), "d"(0), "c"(area));
        break;
    case ACT_insn_sysenter:
        INSN("sysenter");
        break;
    case ACT_insn_sysexit:
        INSN("sysexit" : : "c"(0x400000), "d"(0x400000));
        break;
    default:
        break;
    }
}

/* Interrupts that a task raises itself. */
static void software_interrupts(enum act act)
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
    case ACT_int_nmi:
        INSN("int $2");
        break;
    case ACT_int_double_fault:
        INSN("int $8");
        break;
    case ACT_int_machine_check:
        INSN("int $18");
        break;
    case ACT_int_vmm_communication:
        INSN("int $29");
        break;
    case ACT_int_spurious_vector:
        INSN("int $0xff");
        break;
    case ACT_int3:
        INSN("int3");
        break;
    case ACT_int1:
        INSN(".byte 0xf1");
        break;
    default:
        break;
    }
}

static void control_transfer(enum act act)
{
    switch (act) {
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
    case ACT_far_call_to_ring_0:
        INSN("rex64 lcall *%0" : : "m"(to_ring_0) : "memory");
        break;
    case ACT_far_jump_to_32_bit_code: /* where SYSRET would look for it */
        INSN("rex64 ljmp *%0" : : "m"(to_32_bit) : "memory");
        break;
    case ACT_far_call_to_task_state:
        INSN("rex64 lcall *%0" : : "m"(to_task_state) : "memory");
        break;
    case ACT_single_step_itself:
        INSN("pushfq; orq $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
        break;
    case ACT_x87_exception:
        INSN("fninit; fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(unmasked));
        break;
    case ACT_trap_flag_into_kernel:
        INSN("pushfq; orq $0x100, (%%rsp); popfq; syscall; nop"
             :
             : "a"(SVSM_SYS_RANDOM), "D"(SVSM_HEAP_VA), "S"(8)
             : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
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
    machine(act);
    modes(act);
    software_interrupts(act);
    control_transfer(act);
}
