/* SPDX-License-Identifier: MIT */
/* swtpm's two channels: TPM commands on one socket, its own on the other. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Does not return: becomes swtpm with these two sockets. */
[[gnu::noreturn]] void swtpm_exec(int data, int control, const char *folder);

bool swtpm_power(int control);
size_t swtpm_command(int data, const uint8_t *command, size_t size, uint8_t *response, size_t room);
/* `kind` as enum tpm_state. The bytes with swtpm's header. */
size_t swtpm_save(int control, uint8_t kind, uint8_t *out, size_t room);
/* Where libtpms's state lies in what swtpm_save() gave; 0: no such thing. */
size_t swtpm_payload(const uint8_t *blob, size_t size, size_t *offset);
