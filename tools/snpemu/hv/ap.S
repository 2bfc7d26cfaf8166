/* SPDX-License-Identifier: MIT */
/*
 * The start of all CPUs but the first, in real mode in the page SMP_TRAMPOLINE, to which this is
 * copied. The two words at its end are the first CPU's CR3 and CR4.
 */
#define TRAMPOLINE 0x8000
#define HERE(symbol) ((symbol) - ap_trampoline + TRAMPOLINE)
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define CR0_PE_WP_PG 0x80010011
#define SEL_CODE 0x08
#define SEL_DATA 0x10
#define SEL_CODE32 0x18

    .section .rodata
    .balign 16
    .globl ap_trampoline, ap_trampoline_end
    .code16
ap_trampoline:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl ap_gdt_pointer - ap_trampoline
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE32, $HERE(ap_32)
    .code32
ap_32:
    movl $SEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl HERE(ap_cr4), %eax
    movl %eax, %cr4
    movl HERE(ap_cr3), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME_NXE, %eax
    wrmsr
    movl $CR0_PE_WP_PG, %eax
    movl %eax, %cr0
    ljmpl $SEL_CODE, $HERE(ap_64)
    .code64
ap_64:
    movq $ap_entry, %rax
    jmp *%rax
    .balign 8
ap_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
    .quad 0x00cf93000000ffff /* data */
    .quad 0x00cf9b000000ffff /* 32-bit code */
ap_gdt_end:
ap_gdt_pointer:
    .word ap_gdt_end - ap_gdt - 1
    .long HERE(ap_gdt)
    .balign 8
ap_cr3:
    .long 0
ap_cr4:
    .long 0
ap_trampoline_end:

    .text
ap_entry: /* the initial APIC ID is the vCPU's number */
    movl $1, %eax
    cpuid
    shrl $24, %ebx
    cmpl ap_count, %ebx
    jae park
    movl %ebx, %edi
    movq ap_stacks(, %rdi, 8), %rsp
    xorl %ebp, %ebp
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    call ap_main
    ud2
park:
    cli
    hlt
    jmp park

    .bss
    .balign 8
    .globl ap_stacks, ap_count
ap_stacks:
    .skip 16 * 8
ap_count:
    .skip 4
    .section .note.GNU-stack, "", @progbits
