/* SPDX-License-Identifier: MIT */
/*
 * The ways into ring 0 and out of it. Decision record 0001 says why GS plays no part.
 *
 * SYSCALL leaves the user's RSP in place, so until the second instruction of an entry ring 0 stands
 * on a user-controlled stack pointer. Nothing pushes there: IF and TF are masked by SFMASK, and
 * what cannot be masked (NMI, #DB, #MC, #DF) has IST stacks. Each vCPU's LSTAR names its own
 * stub, so the address of its struct cpu is a constant of the code.
 *
 * A trap from CPL 3 pushes through TSS.RSP0, which points just behind cpu->regs: the CPU's frame
 * and our pushes fill cpu->regs. Then RSP moves to the kernel stack, a fixed distance away.
 *
 * On both paths RBX holds struct cpu while C runs. The direction flag is clear, RBP is zero (end
 * of ring 0's frames: the back trace goes on with cpu->regs).
 */
#include <cpu/asm.h>
#include <mm/kmap.h>

#define CPU_TO_STACK (VCPU_STACK_END - VCPU_CPU)

.macro PUSH_REGISTERS
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
.endm

.macro POP_REGISTERS
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
.endm

.macro FUNCTION name
    .globl \name
    .type \name, @function
\name:
.endm

.macro END name
    .size \name, . - \name
.endm

    .section .text.entry, "ax"
    .balign 64
FUNCTION syscall_stubs /* 64 bytes each, index = vCPU */
    .set cpu, VCPU_VA + VCPU_CPU
    .rept 16
    .balign 64
    movq %rsp, cpu + REGS_RSP
    movq $(cpu + REGS_VECTOR), %rsp
    jmp syscall_common
    .set cpu, cpu + VCPU_STRIDE
    .endr
END syscall_stubs

    .balign 64
FUNCTION syscall_common /* CS and SS are never anything but the user's: not stored */
    movq %rcx, (REGS_RIP - REGS_VECTOR)(%rsp)
    movq %r11, (REGS_RFLAGS - REGS_VECTOR)(%rsp)
    PUSH_REGISTERS
    movq %rsp, %rbx
    movq %rsp, %rdi
    leaq CPU_TO_STACK(%rsp), %rsp
    xorl %ebp, %ebp
    call core_syscall
.Lleave: /* AL: is there something to run? RBX = struct cpu */
    testb %al, %al
    jz .Lidle
.Lrun:
    cmpq $0, CPU_FULL_RESTORE(%rbx)
    jne .Lfull
    movq %rbx, %rsp
    POP_REGISTERS
    /* RCX and R11 carry RIP and RFLAGS. RIP is below 2 GiB or faults at CPL 3: SYSRET is safe. */
    movq (REGS_RIP - REGS_VECTOR)(%rsp), %rcx
    movq (REGS_RFLAGS - REGS_VECTOR)(%rsp), %r11
    movq (REGS_RSP - REGS_VECTOR)(%rsp), %rsp
    sysretq
    int3 /* no speculation past it */

.Lfull: /* after a trap: every register matters */
    movq $0, CPU_FULL_RESTORE(%rbx)
    movq $SEL_USER_CODE, REGS_CS(%rbx)
    movq $SEL_USER_DATA, REGS_SS(%rbx)
    movq %rbx, %rsp
    POP_REGISTERS
    addq $16, %rsp
    iretq
    int3

.Lidle:
    movq %rbx, %rdi
    call idle_wait /* comes back when core_resume() has found something */
    jmp .Lrun
END syscall_common

/* [[gnu::noreturn]] void vcpu_start(struct cpu *cpu): the boot is over, ask the core what to do. */
FUNCTION vcpu_start
    movq %rdi, %rbx
    leaq CPU_TO_STACK(%rdi), %rsp
    xorl %ebp, %ebp
    call core_resume
    jmp .Lleave
END vcpu_start

/*
 * Traps. The stubs bring vector and error code into place; what comes from CPL 3 lies in
 * cpu->regs already, what comes from CPL 0 on the kernel stack.
 */
    .balign 16
FUNCTION trap_stubs /* 16 bytes each, index = vector */
    .set vector, 0
    .rept VECTOR_STUBS
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    .if vector == VECTOR_DB || vector == VECTOR_NMI || vector == VECTOR_DF || vector == VECTOR_MC || vector == 28 || vector == 29
    jmp trap_ist
    .else
    jmp trap_common
    .endif
    .set vector, vector + 1
    .endr
END trap_stubs

    .balign 64
FUNCTION trap_common
    PUSH_REGISTERS
    cld
    testb $3, REGS_CS(%rsp)
    jz .Lfrom_kernel
    movq %rsp, %rbx
    movq %rsp, %rdi
    leaq CPU_TO_STACK(%rsp), %rsp
    xorl %ebp, %ebp
    movq $1, CPU_FULL_RESTORE(%rbx)
    call trap_user
    jmp .Lleave

.Lfrom_kernel: /* trap_kernel(struct regs *): comes back from interrupts of the idle wait only */
    movq %rsp, %rdi
    leaq REGS_RIP(%rsp), %rbx
    pushq (%rbx) /* a frame for the back trace: where it was, and its RBP */
    pushq %rbp
    movq %rsp, %rbp
    leaq -8(%rsp), %rsp
    andq $-16, %rsp
    call trap_kernel
    leaq -REGS_RIP(%rbx), %rsp
    POP_REGISTERS
    addq $16, %rsp
    iretq
    int3
END trap_common

/*
 * NMI, #DB, #DF, #MC on their own stacks: trap_ist(struct regs *) returns struct cpu if the trap
 * came from CPL 3 and is to be treated like any other one there (it has copied the registers into
 * cpu->regs), NULL to go back to where it was.
 */
    .balign 64
FUNCTION trap_ist
    PUSH_REGISTERS
    cld
    movq %rsp, %rdi
    leaq REGS_RIP(%rsp), %rbx
    pushq (%rbx)
    pushq %rbp
    movq %rsp, %rbp
    leaq -8(%rsp), %rsp
    andq $-16, %rsp
    call trap_ist_enter
    testq %rax, %rax
    jnz 1f
    leaq -REGS_RIP(%rbx), %rsp
    POP_REGISTERS
    addq $16, %rsp
    iretq
    int3
1:  movq %rax, %rbx
    movq %rax, %rdi
    leaq CPU_TO_STACK(%rax), %rsp
    xorl %ebp, %ebp
    movq $1, CPU_FULL_RESTORE(%rbx)
    call trap_user
    jmp .Lleave
END trap_ist

FUNCTION trap_spurious /* the local APIC's: no EOI, nothing to do */
    iretq
END trap_spurious
    .section .note.GNU-stack, "", @progbits
