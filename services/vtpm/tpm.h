/* SPDX-License-Identifier: MIT */
/* libtpms behind four functions: power, command, state out, state in. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum tpm_state { TPM_STATE_PERMANENT = 1, TPM_STATE_VOLATILE = 2 };

/* Power on: load the state from nv.h, or manufacture a new TPM. 1 or 0. */
int tpm_power_on(void);

/* One command; the response is at most `room` bytes and always complete. 0: no response. */
size_t tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room);

/* Copy of the state as libtpms serialises it; 0 bytes: failed or no room. */
size_t tpm_state_save(enum tpm_state kind, uint8_t *out, size_t room);

/* Power off, take this state instead of the present one, power on. 1 or 0; on 0 the TPM is as a
 * new one. */
int tpm_state_restore(enum tpm_state kind, const uint8_t *state, size_t size);

/* Stir fresh entropy into the TPM's own generator: its memory was rolled back. */
void tpm_stir(void);
