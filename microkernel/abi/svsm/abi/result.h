/* SPDX-License-Identifier: MIT */
/*
 * Result codes of calls: the SVSM result codes of AMD document 58019, table 2, as a guest sees
 * them in RAX, and ours for callers that are tasks. Bits 63:32 are always zero.
 */
#pragma once
#include <stdint.h>

#define SVSM_SUCCESS UINT32_C(0)
/* Progress made: repeat with the same registers. */
#define SVSM_ERR_INCOMPLETE UINT32_C(0x80000000)
#define SVSM_ERR_UNSUPPORTED_PROTOCOL UINT32_C(0x80000001)
#define SVSM_ERR_UNSUPPORTED_CALL UINT32_C(0x80000002)
#define SVSM_ERR_INVALID_ADDRESS UINT32_C(0x80000003)
#define SVSM_ERR_INVALID_FORMAT UINT32_C(0x80000004)
#define SVSM_ERR_INVALID_PARAMETER UINT32_C(0x80000005)
#define SVSM_ERR_INVALID_REQUEST UINT32_C(0x80000006)
#define SVSM_ERR_BUSY UINT32_C(0x80000007) /* nothing done: repeat with the same registers */

/* From here on a protocol may define its own: SVSM_ERR_PROTOCOL_BASE + n. */
#define SVSM_ERR_PROTOCOL_BASE UINT32_C(0x80001000)

/* Ours, inside the protocol-specific range; seen by calling tasks only, never by a guest. */
#define SVSM_ERR_CRASHED UINT32_C(0x80001f01)   /* the service crashed in this call; no effect */
#define SVSM_ERR_WITHDRAWN UINT32_C(0x80001f02) /* too many crashes: the service is gone */
#define SVSM_ERR_TIMED_OUT UINT32_C(0x80001f03) /* a wait reached its deadline */
#define SVSM_ERR_TOO_DEEP UINT32_C(0x80001f04)  /* the call would exceed SVSM_CALL_DEPTH_MAX */
#define SVSM_ERR_NO_ENTROPY UINT32_C(0x80001f05)
