/* SPDX-License-Identifier: MIT */
/* libtpms on our shim as an ordinary host program. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which instructions wolfCrypt may use from now on: all that this machine has, or none. To be said
 * before anything else; returns wolfCrypt's bits (cpuid.h). */
unsigned host_cpu_flags(bool all);

enum host_entropy {
    HOST_ENTROPY_GOOD,
    HOST_ENTROPY_NONE,
    HOST_ENTROPY_STUCK, /* the same bytes over and over */
    HOST_ENTROPY_FIXED, /* the same bytes each time that this is said */
};

/* What the machine's entropy is from now on. */
void host_entropy(enum host_entropy kind);

/* Power on, with state blobs or NULL. 1 or 0. */
int host_tpm_start(const uint8_t *permanent, size_t permanent_size, const uint8_t *volatile_state,
                   size_t volatile_size);

/* One command. The response's length, 0 if the library failed. */
size_t host_tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room);

/* Power off. */
void host_tpm_stop(void);
