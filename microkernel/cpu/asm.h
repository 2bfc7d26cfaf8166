/* SPDX-License-Identifier: MIT */
/*
 * Numbers that assembly and C share: selectors, vectors, offsets into struct regs and struct cpu.
 * cpu/offsets.c checks the offsets against the structures.
 */
#pragma once

#define SEL_KERNEL_CODE 0x08
#define SEL_KERNEL_DATA 0x10
#define SEL_SYSRET_BASE 0x18 /* SYSRET: SS = this + 8, CS = this + 16; no 32-bit code here */
#define SEL_USER_DATA 0x23
#define SEL_USER_CODE 0x2b
#define SEL_TSS 0x30

#define VECTOR_DB 1
#define VECTOR_NMI 2
#define VECTOR_BP 3
#define VECTOR_UD 6
#define VECTOR_DF 8
#define VECTOR_PF 14
#define VECTOR_MC 18
#define VECTOR_HV 28
#define VECTOR_VC 29
#define VECTOR_EXCEPTIONS 32
#define VECTOR_IRQ 0x30 /* ISA interrupt n arrives as VECTOR_IRQ + n */
#define VECTOR_TIMER 0x40
#define VECTOR_KICK 0x41
#define VECTOR_STOP 0x42 /* all vectors behind it share trap_spurious */
#define VECTOR_STUBS 0x43
#define VECTOR_SPURIOUS 0xff

#define REGS_RAX 0x00
#define REGS_VECTOR 0x78
#define REGS_RIP 0x88
#define REGS_CS 0x90
#define REGS_RFLAGS 0x98
#define REGS_RSP 0xa0
#define REGS_SS 0xa8
#define REGS_SIZE 0xb0
#define CPU_FULL_RESTORE 0xb0

#define CR0_BITS 0x80010033 /* PG WP NE ET MP PE */
#define MSR_EFER 0xc0000080
#define EFER_SCE 0x001
#define EFER_LME 0x100
#define EFER_NXE 0x800
