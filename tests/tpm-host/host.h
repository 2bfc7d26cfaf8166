/* SPDX-License-Identifier: MIT */
/* libtpms on our shim as an ordinary host program. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Power on, with state blobs or NULL. 1 or 0. */
int host_tpm_start(const uint8_t *permanent, size_t permanent_size, const uint8_t *volatile_state,
                   size_t volatile_size);

/* One command. The response's length, 0 if the library failed. */
size_t host_tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room);
