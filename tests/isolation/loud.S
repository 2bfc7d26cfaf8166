/* SPDX-License-Identifier: MIT */
/*
 * Registers on both sides of ring 0. loud_* leave a pattern in everything that could carry
 * something from one task to another; look_* keep all that a system call came back with, before
 * any compiled code can touch it. CPL 3, no red zone.
 */
#define PATTERN 0x7365637265742121

    .text
/* Pattern everywhere but in RDI RSI RDX R10 R8 R9 RSP; EAX: the YMM registers too. */
loud_fill:
    movabsq $PATTERN, %rbx
    movq %rbx, %xmm0
    punpcklqdq %xmm0, %xmm0
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    movdqa %xmm0, %xmm\n
    .endr
    testl %eax, %eax
    jz 1f
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vinsertf128 $1, %xmm0, %ymm\n, %ymm\n
    .endr
1:  fninit
    pushq %rbx
    .rept 8
    fldl (%rsp)
    .endr
    movl $0x7f80, (%rsp)            /* rounds towards zero */
    ldmxcsr (%rsp)
    movl $0x0c7f, (%rsp)            /* likewise, to single precision */
    fldcw (%rsp)
    addq $8, %rsp
    movl %ss, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movq %rbx, %rbp
    movq %rbx, %r11
    movq %rbx, %r12
    movq %rbx, %r13
    movq %rbx, %r14
    movq %rbx, %r15
    ret

/* uint64_t loud_call(handle, op, a0, a1, a2, a3, uint64_t ymm): SVSM_SYS_CALL, everything filled. */
    .globl loud_call
loud_call:
    .irp r, rbx, rbp, r12, r13, r14, r15
    pushq %\r
    .endr
    movq %rcx, %r10
    movq 56(%rsp), %rax
    call loud_fill
    std
    movl $1, %eax
    syscall
    cld
    .irp r, r15, r14, r13, r12, rbp, rbx
    popq %\r
    .endr
    ret

/* void loud_return(code, reply, ymm): SVSM_SYS_RETURN, everything filled. */
    .globl loud_return
loud_return:
    movl %edx, %eax
    call loud_fill
    xorl %edx, %edx
    xorl %r10d, %r10d
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %eax, %eax
    syscall
    ud2

/* void loud_crash(ymm): an invalid instruction, everything filled. */
    .globl loud_crash
loud_crash:
    movl %edi, %eax
    call loud_fill
    movq %rbx, %rdi
    movq %rbx, %rsi
    movq %rbx, %rdx
    movq %rbx, %r8
    movq %rbx, %r9
    movq %rbx, %r10
    ud2

/*
 * void look_syscall(const uint64_t in[7], struct look *out): RAX RDI RSI RDX R10 R8 R9 from `in`,
 * RBX RBP R12-R15 = 1..6.
 */
    .globl look_syscall
look_syscall:
    .irp r, rbx, rbp, r12, r13, r14, r15
    pushq %\r
    .endr
    pushq %rsi
    movq %rdi, %r11
    movq 0(%r11), %rax
    movq 8(%r11), %rdi
    movq 16(%r11), %rsi
    movq 24(%r11), %rdx
    movq 32(%r11), %r10
    movq 40(%r11), %r8
    movq 48(%r11), %r9
    movl $1, %ebx
    movl $2, %ebp
    movl $3, %r12d
    movl $4, %r13d
    movl $5, %r14d
    movl $6, %r15d
    syscall
    popq %rcx
    fxsave64 (%rcx)
    movq %rax, 512(%rcx)
    movq %rdx, 520(%rcx)
    movq %r10, 528(%rcx)
    movq %r8, 536(%rcx)
    movq %r9, 544(%rcx)
    movq %rdi, 552(%rcx)
    movq %rsi, 560(%rcx)
    movq %rbx, 568(%rcx)
    movq %rbp, 576(%rcx)
    movq %r12, 584(%rcx)
    movq %r13, 592(%rcx)
    movq %r14, 600(%rcx)
    movq %r15, 608(%rcx)
    movw %ds, 616(%rcx)
    movw %es, 618(%rcx)
    movw %fs, 620(%rcx)
    movw %gs, 622(%rcx)
    .irp r, r15, r14, r13, r12, rbp, rbx
    popq %\r
    .endr
    ret

/* uint64_t look_upper(void): the upper halves of all YMM registers, or'ed. */
    .globl look_upper
look_upper:
    subq $24, %rsp
    xorl %eax, %eax
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    vextractf128 $1, %ymm\n, (%rsp)
    orq 0(%rsp), %rax
    orq 8(%rsp), %rax
    .endr
    addq $24, %rsp
    ret
    .section .note.GNU-stack, "", @progbits
