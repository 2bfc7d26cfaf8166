/* SPDX-License-Identifier: MIT */
/* See linux_entry.h. */
#include "linux_entry.h"

#include "linux_pages.h"
#include "vmsa.h"

/*
 * EBX: CPUID page, EDI: PML4, EBP: the kernel's 64-bit entry, ESI: boot_params, ESP: a stack. No
 * address is written into the code. Offsets: struct snp_cpuid_page, its entries of 48 bytes.
 * A CPUID page without the C-bit's leaf ends the guest through the GHCB MSR (general reason).
 *
 * SAFETY: bytes for the guest; nothing of it ever runs in the program that holds them.
 */
__asm__(".pushsection .rodata.linux_entry, \"a\"\n"
        ".globl linux_entry_start, linux_entry_end\n"
        ".code32\n"
        "linux_entry_start:\n"
        "    movl (%ebx), %ecx\n"
        "    addl $16, %ebx\n"
        "1:  testl %ecx, %ecx\n"
        "    jz 5f\n"
        "    cmpl $0x8000001f, (%ebx)\n"
        "    je 2f\n"
        "    addl $48, %ebx\n"
        "    decl %ecx\n"
        "    jmp 1b\n"
        "2:  movl 28(%ebx), %ecx\n" /* EBX of the leaf */
        "    andl $0x3f, %ecx\n"
        "    subl $32, %ecx\n"
        "    jb 5f\n"
        "    movl $1, %eax\n"
        "    shll %cl, %eax\n" /* the upper half of the C-bit */
        "    movl %edi, %ebx\n"
        "    movl $3072, %ecx\n" /* entries of LINUX_ENTRY_TABLES */
        "3:  testb $1, (%ebx)\n"
        "    jz 4f\n"
        "    orl %eax, 4(%ebx)\n"
        "4:  addl $8, %ebx\n"
        "    decl %ecx\n"
        "    jnz 3b\n"
        "    movl %cr4, %eax\n"
        "    orl $0x20, %eax\n" /* PAE */
        "    movl %eax, %cr4\n"
        "    movl %edi, %cr3\n" /* walks are private without a C-bit */
        "    movl $0xc0000080, %ecx\n"
        "    rdmsr\n"
        "    orl $0x900, %eax\n" /* EFER: LME, NXE */
        "    wrmsr\n"
        "    pushl $0x10\n" /* VMSA_SELECTOR_CODE */
        "    pushl %ebp\n"
        "    movl %cr0, %eax\n"
        "    orl $0x80010000, %eax\n" /* PG, WP */
        "    movl %eax, %cr0\n"
        "    lretl\n"
        "5:  movl $0x100, %eax\n"
        "    xorl %edx, %edx\n"
        "    movl $0xc0010130, %ecx\n"
        "    wrmsr\n"
        "    rep; vmmcall\n"
        "    hlt\n"
        "linux_entry_end:\n"
        ".code64\n"
        ".popsection\n");

_Static_assert(LINUX_ENTRY_TABLES * 512 == 3072 && VMSA_SELECTOR_CODE == 0x10, "the code has both");

void linux_entry_vmsa(struct vmsa *vmsa, const struct linux_entry *entry, uint64_t features)
{
    vmsa_protected_mode(vmsa, entry->code, features);
    vmsa->gdtr = (struct vmsa_segment){.limit = LINUX_GDT_SIZE - 1, .base = entry->gdt};
    vmsa->rsp = entry->code + LINUX_ENTRY_SIZE;
    vmsa->rbx = entry->cpuid;
    vmsa->rdi = entry->tables;
    vmsa->rbp = entry->kernel;
    vmsa->rsi = entry->boot_params;
}
