/* SPDX-License-Identifier: MIT */
/* One raw TPM 2.0 command over the UNIX socket of svsm-run, and its response. For tests. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define TPM_CLIENT_MAX 4096u

/* A connection to the socket at `path`, or -1. */
int tpm_client_open(const char *path);

/*
 * Sends `size` bytes as they are and reads one response. Returns the response's length, or -1 where
 * the connection ended, `timeout_ms` passed between two bytes, or the response does not fit.
 */
long tpm_client_command(int fd, const uint8_t *command, size_t size, uint8_t *response,
                        size_t response_max, int timeout_ms);

/* Only reads one response, likewise. */
long tpm_client_response(int fd, uint8_t *response, size_t response_max, int timeout_ms);

/* The code in a response of at least 10 bytes. */
uint32_t tpm_client_code(const uint8_t *response);
