/* SPDX-License-Identifier: MIT */
/*
 * bool run_guest(struct vmsa *vmsa, uint64_t vmcb_pa, uint64_t host_pa, bool interruptible,
 *                const bool *kicked)
 *
 * One VMRUN. General registers but RAX, RSP come from the save area and go back into it; RAX, RSP
 * and all else is in the VMCB. host_pa is a VMCB with what VMLOAD handles of ours.
 * The global interrupt flag is clear around the entry, so that interrupts wait for VMRUN, which sets
 * it for the guest, and become exits; our IF = 1 is what lets them be exits at all
 * (V_INTR_MASKING), which interruptible asks for.
 */
#define VMSA_RCX 0x308 /* offsets: vmsa.h, asserted in state.c */
#define VMSA_RDX 0x310
#define VMSA_RBX 0x318
#define VMSA_RBP 0x328
#define VMSA_RSI 0x330
#define VMSA_RDI 0x338
#define VMSA_R8 0x340

    .text
    .globl run_guest, run_guest_left
    .type run_guest, @function
run_guest:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdx /* host_pa */
    pushq %rsi /* vmcb_pa */
    pushq %rdi /* vmsa */
    xorl %eax, %eax
    clgi
    cmpb $0, (%r8) /* an NMI that comes from here on becomes an exit */
    jne 2f
    testb %cl, %cl
    jz 1f
    sti
1:  movq %rsi, %rax
    movq VMSA_RCX(%rdi), %rcx
    movq VMSA_RDX(%rdi), %rdx
    movq VMSA_RBX(%rdi), %rbx
    movq VMSA_RBP(%rdi), %rbp
    movq VMSA_RSI(%rdi), %rsi
    movq VMSA_R8(%rdi), %r8
    movq VMSA_R8+8(%rdi), %r9
    movq VMSA_R8+16(%rdi), %r10
    movq VMSA_R8+24(%rdi), %r11
    movq VMSA_R8+32(%rdi), %r12
    movq VMSA_R8+40(%rdi), %r13
    movq VMSA_R8+48(%rdi), %r14
    movq VMSA_R8+56(%rdi), %r15
    movq VMSA_RDI(%rdi), %rdi
    vmload
    vmrun
run_guest_left:
    vmsave
    cli
    pushq %rdi
    movq 8(%rsp), %rdi
    movq %rcx, VMSA_RCX(%rdi)
    movq %rdx, VMSA_RDX(%rdi)
    movq %rbx, VMSA_RBX(%rdi)
    movq %rbp, VMSA_RBP(%rdi)
    movq %rsi, VMSA_RSI(%rdi)
    movq %r8, VMSA_R8(%rdi)
    movq %r9, VMSA_R8+8(%rdi)
    movq %r10, VMSA_R8+16(%rdi)
    movq %r11, VMSA_R8+24(%rdi)
    movq %r12, VMSA_R8+32(%rdi)
    movq %r13, VMSA_R8+40(%rdi)
    movq %r14, VMSA_R8+48(%rdi)
    movq %r15, VMSA_R8+56(%rdi)
    popq VMSA_RDI(%rdi)
    movq 16(%rsp), %rax
    vmload
    movl $1, %eax
2:  stgi
    addq $24, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
    .size run_guest, . - run_guest
    .section .note.GNU-stack, "", @progbits
