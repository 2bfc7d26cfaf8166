/* SPDX-License-Identifier: MIT */
/*
 * A worker: worker.c takes jobs, one of the two other files has the TPM behind these functions.
 * They return the bytes of their result, 0 where they failed.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

size_t worker_command(const uint8_t *command, size_t size, uint8_t *response, size_t room);
size_t worker_save(uint8_t kind, uint8_t *out, size_t room);
size_t worker_restore(uint8_t kind, const uint8_t *state, size_t size); /* 1 or 0 */

/* One message; 0 at the end, negative on failure. */
long worker_receive(void *out, size_t room);
long worker_send(const void *in, size_t size);

/* Takes jobs until the other side closes. The exit status. */
int worker_serve(void);
