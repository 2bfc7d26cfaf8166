/* SPDX-License-Identifier: MIT */
/*
 * Entry of the bare test tasks: no runtime, nothing between the test and the interface.
 * Turns the upcall's registers (abi/call.h) into a C call of
 *   uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
 * and its result into SVSM_SYS_RETURN. entry_state receives what the registers held that the
 * interface promises to be zero, before anything touches them; entry_flags and entry_selectors
 * (DS ES FS GS) the rest.
 */
    .section .text.start, "ax"
    .globl task_start
task_start:
    movq %rax, entry_state + 0(%rip)
    movq %rbx, entry_state + 8(%rip)
    movq %rcx, entry_state + 16(%rip)
    movq %rbp, entry_state + 24(%rip)
    movq %r11, entry_state + 32(%rip)
    movq %r12, entry_state + 40(%rip)
    movq %r13, entry_state + 48(%rip)
    movq %r14, entry_state + 56(%rip)
    movq %r15, entry_state + 64(%rip)
    pushfq
    popq entry_flags(%rip)
    movw %ds, entry_selectors + 0(%rip)
    movw %es, entry_selectors + 2(%rip)
    movw %fs, entry_selectors + 4(%rip)
    movw %gs, entry_selectors + 6(%rip)
    fxsave64 entry_vectors(%rip)
    movq %r10, %rcx
    call task_main
    movq %rax, %rdi
    xorl %esi, %esi
    xorl %edx, %edx
    xorl %r10d, %r10d
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %eax, %eax
    syscall
    ud2

    .bss
    .balign 16
    .globl entry_vectors
entry_vectors:
    .skip 512
    .globl entry_state
entry_state:
    .skip 72
    .globl entry_flags
entry_flags:
    .skip 8
    .globl entry_selectors
entry_selectors:
    .skip 8
    .section .note.GNU-stack, "", @progbits
