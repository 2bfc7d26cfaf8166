/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader (multiboot 1: 32-bit protected mode, paging off) into 64-bit C, for the boot
 * CPU and, through a trampoline below 1 MiB, for every application processor.
 *
 * The bootstrap tables map the first GiB twice, at 0 and at KERNEL_BASE, writable and executable.
 * They serve until mm/kernel_space.c has built the final ones and are cleared afterwards.
 */
#include <cpu/asm.h>
#include <mm/kmap.h>

#define PA(symbol) ((symbol) - KERNEL_BASE)
#define MULTIBOOT_LOADED 0x2badb002
#define COM1 0x3f8

    .section .multiboot, "a"
    .balign 8
    .globl multiboot_header
multiboot_header: /* bit 1: memory map wanted, bit 16: addresses follow */
    .long 0x1badb002
    .long 0x00010002
    .long -(0x1badb002 + 0x00010002)
    .long PA(multiboot_header)
    .long PA(kernel_start)
    .long PA(kernel_end) /* the image builder puts the end of the blob here */
    .long PA(kernel_end) /* and the end of the pool here */
    .long PA(boot_entry)

    .section .boot.text, "ax"
    .code32
    .globl boot_entry
    .type boot_entry, @function
boot_entry:
    cli
    cld
    movl $PA(boot_stack_end), %esp
    movl %ebx, %ebp /* multiboot information */
    movl $PA(text_not_multiboot), %esi
    cmpl $MULTIBOOT_LOADED, %eax
    jne boot_stop
    movl $0x80000000, %eax
    cpuid
    movl $PA(text_no_long_mode), %esi
    cmpl $0x80000001, %eax
    jb boot_stop
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc boot_stop
    movl $1, %edi
    jmp enter_long_mode

/* Say why (zero-terminated at ESI) on COM1 and stop. No stack, no memory writes. */
boot_stop:
    movw $(COM1 + 5), %dx
1:  inb %dx, %al
    testb $0x20, %al
    jz 1b
    lodsb
    testb %al, %al
    jz 2f
    movw $COM1, %dx
    outb %al, %dx
    jmp boot_stop
2:  movl $0x3, %eax /* exit code of port_stop, where the test device exists */
    movw $0xf4, %dx
    outl %eax, %dx
3:  cli
    hlt
    jmp 3b

/* EDI = 1 on the boot CPU, 0 on another. EBP is kept. */
enter_long_mode:
    movl %cr4, %eax
    orl $0x20, %eax /* PAE */
    movl %eax, %cr4
    movl $PA(boot_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    testl %edi, %edi
    jnz 1f
    orl $EFER_NXE, %eax /* this one's stack is mapped NX; the boot CPU asks for NX in C first */
1:  wrmsr
    movl $CR0_BITS, %eax
    movl %eax, %cr0
    lgdtl PA(boot_gdt_pointer)
    ljmpl $SEL_KERNEL_CODE, $PA(long_mode)

ap_entry32: /* from the trampoline: protected mode, flat segments of boot_gdt */
    movl $SEL_KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %edi, %edi
    jmp enter_long_mode

    .code64
long_mode:
    movabsq $boot_high, %rax
    jmp *%rax
    .size boot_entry, . - boot_entry

/* The bottom of every back trace: the boot CPU calls boot_main, the others ap_main. */
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
    testl %edi, %edi
    jz ap_high
    movl %ebp, %edi
    movq $boot_stack_end, %rsp
    xorl %ebp, %ebp
    pushq $0 /* end of the chain of frames */
    pushq %rbp
    movq %rsp, %rbp
    call boot_main
    ud2

/* Which vCPU this is, is settled by arrival; the stack is that vCPU's own. */
ap_high:
    movl $1, %edi
    lock xaddl %edi, ap_arrived(%rip)
    incl %edi
    cmpl $16, %edi
    jae park
    movl %edi, %eax
    shlq $VCPU_SHIFT, %rax
    leaq (VCPU_VA + VCPU_STACK_END)(%rax), %rsp
    pushq $0
    pushq $0
    movq %rsp, %rbp
    call ap_main
    ud2
park:
    cli
    hlt
    jmp park
    .size boot_high, . - boot_high

/* Copied to TRAMPOLINE_PA; runs in real mode with CS = TRAMPOLINE_PA / 16. */
    .section .boot.rodata, "a"
    .code16
    .globl trampoline, trampoline_end
trampoline:
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl trampoline_gdt - trampoline
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $0x18, $PA(ap_entry32)
trampoline_gdt:
    .word boot_gdt_end - boot_gdt - 1
    .long PA(boot_gdt)
trampoline_end:

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 64-bit code */
    .quad 0x00cf93000000ffff /* data */
    .quad 0x00cf9b000000ffff /* 32-bit code, for the way up only */
boot_gdt_end:
boot_gdt_pointer:
    .word boot_gdt_end - boot_gdt - 1
    .long PA(boot_gdt)

text_not_multiboot:
    .asciz "svsm: not started by a multiboot loader; use qemu -kernel\r\n"
text_no_long_mode:
    .asciz "svsm: missing CPU feature: long mode (x86-64)\r\n"

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
boot_pdpt_high: /* entry 511, the windows, is set by mm/kernel_space.c */
    .fill 510, 8, 0
    .quad PA(boot_pd) + 3
    .quad 0
boot_pd:
    .set page, 0
    .rept 512
    .quad page + 0x83 /* 2 MiB, writable, present */
    .set page, page + 0x200000
    .endr
boot_tables_end:

    .section .boot.stack, "aw", @nobits
    .balign 4096
    .globl boot_stack, boot_stack_end
boot_stack_guard:
    .skip 4096
boot_stack:
    .skip 16384
boot_stack_end:
    .section .note.GNU-stack, "", @progbits
