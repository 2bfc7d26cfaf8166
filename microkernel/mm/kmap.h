/* SPDX-License-Identifier: MIT */
/*
 * The kernel half of every address space. Constants only: assembly includes this file.
 *
 *   KERNEL_BASE  kernel image and blob, virtual = physical + KERNEL_BASE
 *   VCPU_VA      one slot per vCPU: struct cpu, kernel stack, IST stacks, a guard below each
 *   LAPIC_VA     local APIC and IOAPIC registers
 *   WINDOW_VA    request, reply and stage of every activation, a guard behind each
 *   GHCB_VA      SNP: the GHCB of vCPU n, shared with the host
 *   GUEST_VA     SNP: ring 0's windows on the guest's memory, a GiB of its own
 *   TABLES_VA    SNP: the two tables that map those windows (where native has its devices)
 *   PRIVATE_VA   differs from task to task: leaf page tables and shadow of a rollback task
 *
 * Nothing else is mapped there; in particular there is no map of all memory.
 */
#pragma once

#define KERNEL_BASE 0xffffffff80000000

#define VCPU_VA 0xffffffffc0200000
#define VCPU_STRIDE 0x20000
#define VCPU_SHIFT 17
/* Offsets in a slot. Pages not named are guards, never mapped. */
#define VCPU_CPU 0x1000
#define VCPU_CPU_END 0x5000
#define VCPU_STACK 0x6000
#define VCPU_STACK_END 0x8000
#define VCPU_IST 0x9000 /* stack n of 0..6: [VCPU_IST + n * VCPU_IST_STRIDE, + 4 KiB) */
#define VCPU_IST_STRIDE 0x2000
#define VCPU_ISTS 7

#define GHCB_VA 0xffffffffc0000000
#define GHCB_STRIDE 0x1000

#define GUEST_VA 0xffffffff40000000
#define GUEST_SIZE 0x40000000
#define GUEST_SMALL_VA GUEST_VA /* windows of 4 KiB, all in one table */
#define GUEST_LARGE_VA 0xffffffff42000000
#define GUEST_LARGE_FIRST 16         /* entry of the directory that the first large window is */
#define TABLES_VA 0xffffffffc0400000 /* the directory; two pages on, the table */

#define LAPIC_VA 0xffffffffc0400000
#define IOAPIC_VA 0xffffffffc0402000
#define WINDOW_VA 0xffffffffc0600000
#define WINDOW_END 0xfffffffff0000000

#define PRIVATE_VA 0xffffff0000000000
#define PRIVATE_TABLES_VA 0xffffff0000000000
#define PRIVATE_SHADOW_VA 0xffffff0000200000

/* Where application processors wake up; real mode, so below 1 MiB. */
#define TRAMPOLINE_PA 0x8000
