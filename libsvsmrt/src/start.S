/* SPDX-License-Identifier: MIT */
/*
 * Where ring 0 enters a task (svsm/abi/call.h), and the only SYSCALL instructions of a service.
 */
    .section .text.start, "ax"
    .globl svsm_start
    .type svsm_start, @function
svsm_start:
    xorl %ebp, %ebp                 /* the outermost frame: back traces end here */
    subq $96, %rsp                  /* struct svsm_call, 16-byte aligned */
    movq %rdi, 0(%rsp)
    movq %rsi, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq %r10, 24(%rsp)
    movq %r8, 32(%rsp)
    movq %r9, 40(%rsp)
    movq $0, 48(%rsp)
    movq $0, 56(%rsp)
    movq $0, 64(%rsp)
    movq $0, 72(%rsp)
    movq $0, 80(%rsp)
    movq %rsp, %rdi
    call rt_dispatch
    movl %eax, %edi
    movq 48(%rsp), %rsi
    movq 56(%rsp), %rdx
    movq 64(%rsp), %r10
    movq 72(%rsp), %r8
    movq 80(%rsp), %r9
    xorl %eax, %eax                 /* SVSM_SYS_RETURN */
    syscall
    ud2
    .size svsm_start, . - svsm_start

/*
 * struct rt_result rt_syscall(number, rdi, rsi, rdx, r10, r8, r9): the result is returned in
 * memory, so RDI = where, RSI = number, RDX RCX R8 R9 = rdi rsi rdx r10, the stack has r8 and r9.
 */
    .text
    .globl rt_syscall
    .type rt_syscall, @function
rt_syscall:
    pushq %rbp
    movq %rsp, %rbp
    pushq %rbx
    pushq %rbx
    movq %rdi, %rbx
    movq %rsi, %rax
    movq %rdx, %rdi
    movq %rcx, %rsi
    movq %r8, %rdx
    movq %r9, %r10
    movq 16(%rbp), %r8
    movq 24(%rbp), %r9
    syscall
    movq %rax, 0(%rbx)
    movq %rdx, 8(%rbx)
    movq %r10, 16(%rbx)
    movq %r8, 24(%rbx)
    movq %r9, 32(%rbx)
    movq %rbx, %rax
    popq %rbx
    popq %rbx
    popq %rbp
    ret
    .size rt_syscall, . - rt_syscall
    .section .note.GNU-stack, "", @progbits
