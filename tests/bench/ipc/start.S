/* SPDX-License-Identifier: MIT */
/*
 * Entry of the called tasks whose operation 0 does nothing: four instructions, none of which
 * writes memory, so that a null call measures ring 0. Everything else goes the way of the bare
 * test tasks. At entry RAX is zero (SVSM_SYS_RETURN) and RDI the operation, here SVSM_SUCCESS.
 */
    .section .text.callee, "ax"
    .globl callee_start
    .type callee_start, @function
callee_start:
    testq %rdi, %rdi
    jnz task_start
    xorl %esi, %esi
    syscall
    .size callee_start, . - callee_start
    .section .note.GNU-stack, "", @progbits
