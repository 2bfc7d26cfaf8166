/* SPDX-License-Identifier: MIT */
/*
 * Upcalls: how a task is entered, and what it may know of its caller.
 *
 * A task has one entry point. Ring 0 enters it with
 *   RDI  operation (an operation of one of its endpoints, or SVSM_OP_INIT / SVSM_OP_EVENT)
 *   RSI, RDX, R10, R8  arguments 0..3
 *   R9   struct svsm_call_info as 64 bits, see below
 *   RSP  the end of the activation's stack (16-byte aligned)
 *   RFLAGS = IF, RCX and R11 = RIP and RFLAGS (SYSRET leaves them so), all other registers zero,
 * x87/SSE/AVX in initial state, FS base = the activation's thread pointer (layout.h). It ends the
 * upcall with SVSM_SYS_RETURN.
 *
 * An argument that the operation declares as the address of a *window* buffer arrives as the
 * address of the request or reply window; one declared as a *lease* arrives as a lease number.
 * The matching length argument arrives checked against the declared maximum.
 */
#pragma once
#include <stdint.h>

#define SVSM_CALL_DEPTH_MAX 4 /* frames above the root of a chain */
#define SVSM_ARGS 4

/* Operations of an endpoint are 0 .. SVSM_OP_MAX - 1, numbered densely. */
#define SVSM_OP_MAX 16
/* First upcall after boot and after each return to the measured image. No arguments. */
#define SVSM_OP_INIT UINT32_C(0xffff0000)
/* Event bits were set: argument 0 = the bits, now cleared in the event word. */
#define SVSM_OP_EVENT UINT32_C(0xffff0001)

/*
 * R9 at entry. `generation` changes whenever the task's state was put back (rollback or return
 * to the image): whoever keeps a random generator in that state reseeds it when the number
 * differs from the one seen last.
 */
#define SVSM_INFO_GENERATION(info) ((uint32_t)(info))
#define SVSM_INFO_VCPU(info) ((uint32_t)((info) >> 32) & 0xffu)
/* Index into the task's own endpoints. */
#define SVSM_INFO_ENDPOINT(info) ((uint32_t)((info) >> 40) & 0xffu)
#define SVSM_INFO_ACTIVATION(info) ((uint32_t)((info) >> 48) & 0xfu)
/* 1: second run of a crashed call. */
#define SVSM_INFO_REPLAY(info) ((uint32_t)((info) >> 52) & 1u)

/*
 * An operation that a guest called: its arguments are RCX, RDX, R8 and R9; results 0 to 2 go to
 * RCX, RDX and R8 where result 3 has their bit, the others stay as the guest had them.
 */
#define SVSM_GUEST_RCX 1u
#define SVSM_GUEST_RDX 2u
#define SVSM_GUEST_R8 4u
