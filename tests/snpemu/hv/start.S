/* SPDX-License-Identifier: MIT */
/*
 * The start of the test guest: 64-bit mode, paging on, CR3 at guest_pml4, RDI the number of the test.
 * VA below 1 GiB is private memory, the next GiB the same pages shared.
 */
#define CBIT_HIGH 0x8000 /* bit 47, in the upper half of an entry */

    .section .text.start, "ax"
    .globl guest_start
guest_start:
    leaq stack_end(%rip), %rsp
    xorl %ebp, %ebp
    call guest_main
    ud2

/* #VC: all registers to C, which moves RIP. Others: vector and error code to C, which ends. */
    .text
    .macro STUB name, vector, has_error
    .globl \name
\name:
    .if !\has_error
    pushq $0
    .endif
    pushq $\vector
    jmp trap
    .endm
    STUB trap_ud, 6, 0
    STUB trap_df, 8, 1
    STUB trap_gp, 13, 1
    STUB trap_pf, 14, 1
    STUB trap_vc, 29, 1
    STUB trap_timer, 0x40, 0
trap:
    pushq %r15
    pushq %r14
    pushq %r13
    pushq %r12
    pushq %r11
    pushq %r10
    pushq %r9
    pushq %r8
    pushq %rbp
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rbx
    pushq %rax
    cld
    movq %rsp, %rdi
    call trap_c
    popq %rax
    popq %rbx
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    popq %rbp
    popq %r8
    popq %r9
    popq %r10
    popq %r11
    popq %r12
    popq %r13
    popq %r14
    popq %r15
    addq $16, %rsp
    iretq

/* void traps_user(void (*code)(void)): at CPL 3, until trap_c() goes on at user_return. */
#define SEL_USER_DATA 0x2b
#define SEL_USER_CODE 0x33
    .globl traps_user
traps_user:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    leaq 1f(%rip), %rax
    movq %rax, user_return(%rip)
    movq %rsp, user_rsp(%rip)
    pushq $SEL_USER_DATA
    leaq user_stack_end(%rip), %rax
    pushq %rax
    pushq $2
    pushq $SEL_USER_CODE
    pushq %rdi
    iretq
1:  popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    .data
    .balign 4096
    .globl guest_pml4
guest_pml4:
    .long pdpt + 7, CBIT_HIGH
    .fill 511, 8, 0
pdpt:
    .long pd_private + 7, CBIT_HIGH
    .long pd_shared + 7, CBIT_HIGH
    .fill 510, 8, 0
pd_private:
    .set page, 0
    .rept 512
    .long page + 0x87, CBIT_HIGH
    .set page, page + 0x200000
    .endr
pd_shared:
    .set page, 0
    .rept 512
    .long page + 0x87, 0
    .set page, page + 0x200000
    .endr
    .bss
    .balign 4096
    .skip 16384
stack_end:
    .skip 4096
user_stack_end:
    .globl user_return, user_rsp
user_return:
    .skip 8
user_rsp:
    .skip 8
    .section .note.GNU-stack, "", @progbits
