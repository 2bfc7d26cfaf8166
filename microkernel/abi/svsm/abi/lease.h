/* SPDX-License-Identifier: MIT */
/*
 * Leases: memory of the caller, lent to the callee for one call.
 *
 * The callee never learns an address. It sees lease numbers (dense from 0, in the order in which
 * the operation declares them) and offsets. A lease ends with the call. A task may lend a lease
 * on: an argument declared as a buffer may be SVSM_LEASE_REF(n) instead of an address, and the
 * offset part is then added by ring 0. What the task it calls writes there is queued with its own
 * writes, and needs room in its stage: the owner sees it when the task that lent it on returns.
 */
#pragma once
#include <stdint.h>

#define SVSM_LEASES_MAX 4 /* buffers, of both kinds, in one call */

/* An address argument with this bit set names lease n of the caller, from byte `offset` on. */
#define SVSM_LEASE_REF_BIT (UINT64_C(1) << 63)
#define SVSM_LEASE_REF(n, offset) (SVSM_LEASE_REF_BIT | ((uint64_t)(n) << 32) | (uint32_t)(offset))

/* Rights of a lease or window, from the callee's point of view. */
#define SVSM_BUFFER_READ 1u
#define SVSM_BUFFER_WRITE 2u

enum svsm_buffer_kind {
    SVSM_BUFFER_NONE = 0,
    SVSM_BUFFER_WINDOW = 1, /* copied by ring 0 into the request window / out of the reply window */
    SVSM_BUFFER_LEASE = 2,  /* reached with LEASE_READ and LEASE_WRITE */
    /*
     * A window whose length the guest does not tell: what is there of max_size bytes, up to the end
     * of a page, is copied in, and the length argument tells the callee how many bytes that is. A
     * reply may be up to max_size bytes long. A task that calls tells the length as ever.
     */
    SVSM_BUFFER_PARTIAL = 3,
};

#define SVSM_LENGTH_FIXED 0xffu /* in svsm_buffer.length_arg: the length is always max_size */

/* One declared buffer of an operation. At most one window to read and one to write. */
struct svsm_buffer {
    uint8_t kind;        /* enum svsm_buffer_kind */
    uint8_t rights;      /* SVSM_BUFFER_READ, SVSM_BUFFER_WRITE */
    uint8_t address_arg; /* which argument holds the address */
    uint8_t length_arg;  /* which argument holds the length, or SVSM_LENGTH_FIXED */
    uint32_t max_size;   /* bytes; a longer one is answered SVSM_ERR_INVALID_PARAMETER */
};
_Static_assert(sizeof(struct svsm_buffer) == 8, "struct svsm_buffer");
