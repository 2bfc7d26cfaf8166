/* SPDX-License-Identifier: MIT */
/*
 * What the bench asks of a worker, the process that has a TPM in it: one message each way on a
 * SOCK_SEQPACKET socket, struct job with its bytes, struct answer with its own. Both ends are
 * built together, so numbers are the machine's.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define WORKER_FD 0
#define MESSAGE_MAX 131072 /* below the default send buffer of a UNIX socket */
#define COMMAND_MAX 4096
#define RESPONSE_MAX 4096
#define STATE_MAX 65536
#define REPEAT_MAX 2048

enum job_kind {
    JOB_COMMAND, /* the bytes are a TPM command, with `after_size` bytes of a second one behind */
    JOB_POWER,   /* switch off and on again with the present permanent state; no bytes */
    JOB_SAVE,    /* the byte is an enum tpm_state, the answer has the state */
    JOB_RESTORE, /* the first byte is an enum tpm_state, the others the state */
};

/* Does the thing `repeat` times, each time followed by the second command if there is one. */
struct job {
    uint32_t kind;
    uint32_t repeat;
    uint32_t size;
    uint32_t after_size;
};

/* Then `count` times, uint64_t in ticks, and `size` bytes of the last response. */
struct answer {
    uint32_t good; /* each time, the second commands included */
    uint32_t count;
    uint32_t size;
    uint32_t reserved;
};
_Static_assert(sizeof(struct answer) + REPEAT_MAX * sizeof(uint64_t) + STATE_MAX <= MESSAGE_MAX,
               "the largest answer");
_Static_assert(sizeof(struct job) + 1 + STATE_MAX <= MESSAGE_MAX, "the largest job");

/* The CPU's counter, behind everything before it. */
static inline uint64_t ticks_now(void)
{
    uint32_t low, high;
    /* SAFETY: reads a counter, touches no memory. */
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* 1 if this is a whole TPM response with code 0. */
static inline int response_good(const uint8_t *response, size_t size)
{
    return size >= 10 && (response[6] | response[7] | response[8] | response[9]) == 0;
}
