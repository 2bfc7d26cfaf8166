/* SPDX-License-Identifier: MIT */
/* Entry as a Linux process, in place of libsvsmrt's start.S; and Linux's own system calls. */
    .section .text.start, "ax"
    .globl svsm_start
    .type svsm_start, @function
svsm_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call task_main
    ud2
    .size svsm_start, . - svsm_start

/* long linux_call(number, six arguments): C's registers into the kernel's. */
    .text
    .globl linux_call
    .type linux_call, @function
linux_call:
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    movq %r8, %r10
    movq %r9, %r8
    movq 8(%rsp), %r9
    syscall
    ret
    .size linux_call, . - linux_call
    .section .note.GNU-stack, "", @progbits
