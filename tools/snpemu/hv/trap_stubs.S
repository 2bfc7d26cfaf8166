/* SPDX-License-Identifier: MIT */
/*
 * Entries of all 256 vectors, 16 bytes each. They build struct frame of trap.c. Exceptions that
 * push no error code get a zero. Also the instructions that are
 * allowed to fault, and the wait that an NMI ends.
 */
#define VECTORS 256

    .text
    .balign 16
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept VECTORS
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

trap_common:
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
    xorl %ebp, %ebp
    call trap_arrived
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

/* void trap_wait(const volatile bool *no, bool interruptible): the NMI handler knows its range. */
    .globl trap_wait, trap_wait_end
    .type trap_wait, @function
trap_wait:
    cmpb $0, (%rdi)
    jne trap_wait_end
    testb %sil, %sil
    jz 1f
    sti
1:  hlt
trap_wait_end:
    cli
    ret
    .size trap_wait, . - trap_wait

/* bool trap_rdmsr(uint32_t index, uint64_t *value): on #GP goes on at trap_refused. */
    .globl trap_rdmsr, trap_rdmsr_at
    .type trap_rdmsr, @function
trap_rdmsr:
    movl %edi, %ecx
trap_rdmsr_at:
    rdmsr
    shlq $32, %rdx
    movl %eax, %eax
    orq %rdx, %rax
    movq %rax, (%rsi)
    movl $1, %eax
    ret
    .size trap_rdmsr, . - trap_rdmsr

/* bool trap_wrmsr(uint32_t index, uint64_t value) */
    .globl trap_wrmsr, trap_wrmsr_at
    .type trap_wrmsr, @function
trap_wrmsr:
    movl %edi, %ecx
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
trap_wrmsr_at:
    wrmsr
    movl $1, %eax
    ret
    .size trap_wrmsr, . - trap_wrmsr

    .globl trap_refused
trap_refused:
    xorl %eax, %eax
    ret
    .section .note.GNU-stack, "", @progbits
