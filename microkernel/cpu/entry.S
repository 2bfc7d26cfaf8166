/* SPDX-License-Identifier: MIT */
/*
 * The ways into ring 0 and out of it. Decision record 0001 says why GS plays no part.
 *
 * SYSCALL leaves the user's RSP in place, so until the second instruction of an entry ring 0 stands
 * on a user-controlled stack pointer. Nothing pushes there: every gate has an IST stack, so no event,
 * whoever made it, looks at RSP. Each vCPU's LSTAR names its own stub, so the address of its struct
 * cpu is a constant of the code.
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
.Lrun: /* the way to a task, but for the IRETQ of trap_common after #HV and NMI, see trap_enter() */
    cmpl $0, stop_speaker(%rip)
    jne .Lstopped
    cmpq $0, CPU_FULL_RESTORE(%rbx)
    jne .Lfull
    movq %rbx, %rsp
    POP_REGISTERS
    /* RCX and R11 carry RIP and RFLAGS. RIP is below 2 GiB or faults at CPL 3: SYSRET is safe. */
    movq (REGS_RIP - REGS_VECTOR)(%rsp), %rcx
    movq (REGS_RFLAGS - REGS_VECTOR)(%rsp), %r11
    movq (REGS_RSP - REGS_VECTOR)(%rsp), %rsp
    .globl syscall_leave
syscall_leave: /* the task's RSP again */
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

.Lstopped:
    call stop_join
    ud2

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
 * Traps: exceptions, interrupts, and whatever a host injects, from CPL 3 and 0 alike, each on the
 * top of its vector's stack. trap_enter(struct regs *) returns struct cpu if a task was interrupted
 * and ring 0 is to see to it (the registers are in cpu->regs then, and the stack is free again);
 * NULL: back to where it was.
 */
    .balign 16
FUNCTION trap_stubs /* 16 bytes each, index = vector */
    .set vector, 0
    .rept VECTOR_STUBS
    .balign 16
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr
END trap_stubs

/*
 * Not the vector tells whether there is an error code but where the CPU left RSP, which began at a
 * multiple of 16: a host can inject any vector with one or without.
 */
    .balign 64
FUNCTION trap_common
    testb $8, %spl
    jnz 1f
    pushq (%rsp)
    movq $0, 8(%rsp)
1:  PUSH_REGISTERS
    cld
    movq %rsp, %rdi
    leaq REGS_RIP(%rsp), %rbx
    pushq (%rbx) /* a frame for the back trace: where it was, and its RBP */
    pushq %rbp
    movq %rsp, %rbp
    leaq -8(%rsp), %rsp
    andq $-16, %rsp
    call trap_enter
    testq %rax, %rax
    jnz 2f
    leaq -REGS_RIP(%rbx), %rsp
    POP_REGISTERS
    addq $16, %rsp
    iretq
    int3
2:  movq %rax, %rbx
    movq %rax, %rdi
    leaq CPU_TO_STACK(%rax), %rsp
    xorl %ebp, %ebp
    movq $1, CPU_FULL_RESTORE(%rbx)
    call trap_user
    jmp .Lleave
END trap_common

FUNCTION trap_spurious /* the vectors that nobody uses */
    pushq $VECTOR_SPURIOUS
    jmp trap_common
END trap_spurious
    .section .note.GNU-stack, "", @progbits
