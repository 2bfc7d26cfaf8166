/* SPDX-License-Identifier: MIT */
/*
 * From the save area that the launch has measured into 64-bit C. It starts in 32-bit protected mode
 * with paging off, which makes all memory private; where the C-bit is, the firmware's CPUID page
 * says, and nobody else is asked. No stack, no call, until that is done.
 *
 * The bootstrap tables map the first GiB twice, at 0 and at KERNEL_BASE, private, writable and
 * executable, and the boot vCPU's GHCB, shared. They serve until mm/kernel_space.c has built the
 * final ones and are cleared afterwards.
 */
#include <cpu/asm.h>
#include <mm/kmap.h>
#include <snp/asm.h>

#define PA(symbol) ((symbol) - KERNEL_BASE)

    .section .snp_header, "a"
    .balign 8
    .globl snp_header
snp_header: /* struct snp_image_header */
    .quad BOOT_HEADER_MAGIC
    .long 1
    .long PA(boot_entry)
    .quad PA(kernel_start)
    .quad 0, 0, 0 /* the image builder's */
    .quad PA(bss_start)
    .quad 0
    .size snp_header, . - snp_header

    .section .boot.text, "ax"
    .code32
    .globl boot_entry
    .type boot_entry, @function
boot_entry:
    cli
    cld
    movl $BOOT_CPUID_PA, %esi
    movl (%esi), %ecx
    cmpl $BOOT_CPUID_MAX, %ecx
    ja no_cbit
    addl $BOOT_CPUID_FIRST, %esi
1:  testl %ecx, %ecx
    jz no_cbit
    cmpl $BOOT_CPUID_SEV, (%esi)
    je 2f
    addl $BOOT_CPUID_SIZE, %esi
    decl %ecx
    jmp 1b
2:  movl BOOT_CPUID_EBX(%esi), %ecx
    andl $0x3f, %ecx
    subl $32, %ecx
    jb no_cbit
    movl $1, %ebp
    shll %cl, %ebp /* the C-bit's upper half */
    movl $PA(boot_tables), %edi
    movl $((boot_shared - boot_tables) / 8), %ecx
3:  testb $1, (%edi)
    jz 4f
    orl %ebp, 4(%edi)
4:  addl $8, %edi
    decl %ecx
    jnz 3b
    movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $PA(boot_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $(EFER_LME | EFER_NXE), %eax
    wrmsr
    movl $CR0_BITS, %eax
    movl %eax, %cr0
    lgdtl PA(boot_gdt_pointer)
    ljmpl $SEL_KERNEL_CODE, $PA(long_mode)

no_cbit:
    movl $BOOT_TERMINATE_CPUID, %eax
    xorl %edx, %edx
    movl $BOOT_MSR_GHCB, %ecx
    wrmsr
    rep; vmmcall
    jmp no_cbit

    .code64
long_mode:
    movabsq $boot_high, %rax
    jmp *%rax
    .size boot_entry, . - boot_entry

/* The bottom of every back trace. CR3 gets its C-bit here: a 32-bit move has no room for it. */
    .globl boot_high
    .type boot_high, @function
boot_high:
    xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl $SEL_KERNEL_DATA, %eax
    movl %eax, %ss
    movl %ebp, %eax
    shlq $32, %rax
    movq %rax, pages_private(%rip)
    movq %cr3, %rcx
    orq %rcx, %rax
    movq %rax, %cr3
    movq $boot_stack_end, %rsp
    xorl %ebp, %ebp
    pushq $0 /* end of the chain of frames */
    pushq %rbp
    movq %rsp, %rbp
    call boot_main
    ud2
    .size boot_high, . - boot_high

/* Where another vCPU begins: final tables, its own stack, RDI = its number (snp/ap.c). */
    .text
    .globl ap_start
    .type ap_start, @function
ap_start:
    cld
    pushq $0
    pushq $0
    movq %rsp, %rbp
    call ap_main
    ud2
    .size ap_start, . - ap_start

    .section .boot.rodata, "a"
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
    .quad 0x00cf93000000ffff /* data */
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long PA(boot_gdt)

    .section .boot.tables, "aw"
    .balign 4096
    .globl boot_tables, boot_tables_end, boot_pdpt_high
boot_tables:
boot_pml4:
    .quad PA(boot_pdpt_low) + 3
    .fill 510, 8, 0
    .quad PA(boot_pdpt_high) + 3
boot_pdpt_low:
    .quad PA(boot_pd) + 3
    .fill 511, 8, 0
boot_pdpt_high: /* entry 511 changes in mm/kernel_space.c, with the same GHCB below it */
    .fill 510, 8, 0
    .quad PA(boot_pd) + 3
    .quad PA(boot_windows) + 3
boot_pd:
    .set page, 0
    .rept 512
    .quad page + 0x83 /* 2 MiB, writable, present */
    .set page, page + 0x200000
    .endr
boot_windows:
    .quad PA(boot_shared) + 3
    .fill 511, 8, 0
boot_shared: /* no C-bit from here on */
    .quad PA(boot_ghcb) + 3
    .fill 511, 8, 0
boot_tables_end:

    .section .boot.stack, "aw", @nobits
    .balign 4096
    .globl boot_ghcb, boot_stack, boot_stack_end
boot_ghcb: /* in the final tables mapped at GHCB_VA only, so it is the stack's guard as well */
    .skip 4096
boot_stack:
    .skip 16384
boot_stack_end:
    .section .note.GNU-stack, "", @progbits
