/* SPDX-License-Identifier: MIT */
/*
 * The only instructions that touch pages that the guest can write (snp/window.c). The host may take such a page
 * away at any time; the #VC "not validated" that follows goes on behind the function, which says so.
 * So does the exception of a flush that the host does not let us have. machine_recovers() knows the
 * places.
 */
#include <cpu/asm.h>

#define GONE 0x100 /* SNP_GONE */

.macro FUNCTION name
    .globl \name
    .type \name, @function
\name:
.endm

    .text
/* bool access_move(void *dst, const void *src, size_t size) */
FUNCTION access_move
    movq %rdx, %rcx
    .globl access_move_at
access_move_at:
    rep movsb
    movl $1, %eax
    ret
    .size access_move, . - access_move

/* bool access_clear(void *dst, size_t words) */
FUNCTION access_clear
    movq %rsi, %rcx
    xorl %eax, %eax
    .globl access_clear_at
access_clear_at:
    rep stosq
    movl $1, %eax
    ret
    .size access_clear, . - access_clear

/* bool access_exchange(uint8_t *at, uint8_t value, uint8_t *old) */
FUNCTION access_exchange
    movl %esi, %eax
    .globl access_exchange_at
access_exchange_at:
    xchgb %al, (%rdi)
    movb %al, (%rdx)
    movl $1, %eax
    ret
    .size access_exchange, . - access_exchange

/* uint32_t access_pvalidate(uint64_t va, uint32_t size, uint32_t validate, bool *unchanged) */
FUNCTION access_pvalidate
    movq %rcx, %r8
    movq %rdi, %rax
    movl %esi, %ecx
    .globl access_pvalidate_at
access_pvalidate_at:
    .byte 0xf2, 0x0f, 0x01, 0xff
    setc (%r8)
    ret
    .size access_pvalidate, . - access_pvalidate

/* uint32_t access_rmpadjust(uint64_t va, uint64_t size, uint64_t rdx) */
FUNCTION access_rmpadjust
    movq %rdi, %rax
    movq %rsi, %rcx
    .globl access_rmpadjust_at
access_rmpadjust_at:
    .byte 0xf3, 0x0f, 0x01, 0xfe
    ret
    .size access_rmpadjust, . - access_rmpadjust

/* bool access_flush(uint64_t rax) */
FUNCTION access_flush
    movq %rdi, %rax
    xorl %ecx, %ecx
    xorl %edx, %edx
    .globl access_invlpgb_at, access_tlbsync_at
access_invlpgb_at:
    .byte 0x0f, 0x01, 0xfe
access_tlbsync_at:
    .byte 0x0f, 0x01, 0xff
    movl $1, %eax
    ret
    .size access_flush, . - access_flush

FUNCTION access_missing
    xorl %eax, %eax
    ret
    .size access_missing, . - access_missing

FUNCTION access_gone
    movl $GONE, %eax
    ret
    .size access_gone, . - access_gone
    .section .note.GNU-stack, "", @progbits
