/* SPDX-License-Identifier: MIT */
/*
 * Code for test_poke.c to change: SITES functions, SITE_SIZE bytes each, of which the MOV at SITE_MOVE is the part
 * that changes. What is before it makes them long to translate for a machine that translates.
 */
#define SITES 64
#define SITE_SIZE 256
#define BEFORE 60 /* instructions of 4 bytes: SITE_MOVE is 240 */

    .text
    .balign 4096
    .globl poke_sites
poke_sites:
    .rept SITES
    .balign SITE_SIZE
    .rept BEFORE
    leaq 1(%rax), %rax
    .endr
    .byte 0xba, 1, 0, 0, 0 /* movl $1, %edx */
    movl %edx, %eax
    ret
    .endr
    .balign 4096
    .section .note.GNU-stack, "", @progbits
