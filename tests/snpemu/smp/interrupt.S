/* SPDX-License-Identifier: MIT */
/* The stub of the one interrupt, on top of those of exceptions in start.S. */
#define VECTOR 0x40

    .text
    .globl interrupt_stub
interrupt_stub:
    pushq $0
    pushq $VECTOR
    jmp trap
    .section .note.GNU-stack, "", @progbits
