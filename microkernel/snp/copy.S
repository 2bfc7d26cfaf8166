/* SPDX-License-Identifier: MIT */
/*
 * The only instructions that touch memory of the guest (snp/window.c). The host may take such a page
 * away at any time: the #VC "not validated" that follows goes on at copy_missing, and the function
 * returns false. machine_recovers() knows the places by name.
 */
.macro FUNCTION name
    .globl \name
    .type \name, @function
\name:
.endm

    .text
    .globl copy_move_access, copy_clear_access, copy_exchange_access, copy_missing
/* bool copy_move(void *dst, const void *src, size_t size) */
FUNCTION copy_move
    movq %rdx, %rcx
copy_move_access:
    rep movsb
    movl $1, %eax
    ret
    .size copy_move, . - copy_move

/* bool copy_clear(void *dst, size_t words) */
FUNCTION copy_clear
    movq %rsi, %rcx
    xorl %eax, %eax
copy_clear_access:
    rep stosq
    movl $1, %eax
    ret
    .size copy_clear, . - copy_clear

/* bool copy_exchange(uint8_t *at, uint8_t value, uint8_t *old) */
FUNCTION copy_exchange
    movl %esi, %eax
copy_exchange_access:
    xchgb %al, (%rdi)
    movb %al, (%rdx)
    movl $1, %eax
    ret
    .size copy_exchange, . - copy_exchange

FUNCTION copy_missing
    xorl %eax, %eax
    ret
    .size copy_missing, . - copy_missing
    .section .note.GNU-stack, "", @progbits
