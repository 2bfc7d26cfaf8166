/* SPDX-License-Identifier: MIT */
    .text
    .globl call_enter, registers_enter
/* call_enter(struct call *): RAX, RCX, RDX, R8 and R9 to VMPL0 and back. */
call_enter:
    pushq %rdi
    movq 0(%rdi), %rax
    movq 8(%rdi), %rcx
    movq 16(%rdi), %rdx
    movq 24(%rdi), %r8
    movq 32(%rdi), %r9
    rep; vmmcall
    popq %rdi
    movq %rax, 0(%rdi)
    movq %rcx, 8(%rdi)
    movq %rdx, 16(%rdi)
    movq %r8, 24(%rdi)
    movq %r9, 32(%rdi)
    ret

/*
 * registers_enter(in, out): every register from `in`, an exit, every register to `out`. 16 general
 * ones in the order of their numbers (RSP is left out), RFLAGS, then 512 bytes of FXRSTOR.
 */
registers_enter:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rsi
    fxrstor64 192(%rdi)
    movq %rdi, %rax
    pushq 128(%rax)
    popfq
    movq 8(%rax), %rcx
    movq 16(%rax), %rdx
    movq 24(%rax), %rbx
    movq 40(%rax), %rbp
    movq 48(%rax), %rsi
    movq 56(%rax), %rdi
    movq 64(%rax), %r8
    movq 72(%rax), %r9
    movq 80(%rax), %r10
    movq 88(%rax), %r11
    movq 96(%rax), %r12
    movq 104(%rax), %r13
    movq 112(%rax), %r14
    movq 120(%rax), %r15
    movq 0(%rax), %rax
    rep; vmmcall
    pushq %rax
    pushfq
    movq 16(%rsp), %rax /* out */
    popq 128(%rax)
    popq 0(%rax)
    movq %rcx, 8(%rax)
    movq %rdx, 16(%rax)
    movq %rbx, 24(%rax)
    movq %rbp, 40(%rax)
    movq %rsi, 48(%rax)
    movq %rdi, 56(%rax)
    movq %r8, 64(%rax)
    movq %r9, 72(%rax)
    movq %r10, 80(%rax)
    movq %r11, 88(%rax)
    movq %r12, 96(%rax)
    movq %r13, 104(%rax)
    movq %r14, 112(%rax)
    movq %r15, 120(%rax)
    fxsave64 192(%rax)
    pushq $2
    popfq
    popq %rsi
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
    .section .note.GNU-stack, "", @progbits
