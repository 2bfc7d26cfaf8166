/* SPDX-License-Identifier: MIT */
/*
 * TPM 2.0 commands as bytes (TCG TPM 2.0 library specification, part 3). Every authorisation is the
 * empty password.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define DIGEST 32u /* SHA-256 */
#define PCR_READ_VALUES                                                                            \
    28u /* where the digests of TPM2_PCR_Read's response begin, 2 + DIGEST each */
#define RESPONSE_HEADER 10u

#define NV_COUNTER UINT32_C(0x01500001)
#define NV_DATA UINT32_C(0x01500002)
#define NV_EXTEND UINT32_C(0x01500003)
#define NV_TOGGLE UINT32_C(0x01500004)
#define NV_DATA_SIZE 64u

/* What a capability of handles begins at. */
#define HANDLES_NV UINT32_C(0x01000000)
#define HANDLES_SESSION UINT32_C(0x02000000)
#define HANDLES_TRANSIENT UINT32_C(0x80000000)

struct bytes {
    size_t len;
    uint8_t data[1024];
};

int bytes_equal(const void *a, const void *b, size_t size);
uint32_t bytes_get32(const uint8_t *p);

void command_startup(struct bytes *c);
void command_pcr_extend(struct bytes *c, uint32_t pcr, const uint8_t digest[DIGEST]);
void command_pcr_reset(struct bytes *c, uint32_t pcr);
void command_pcr_read(struct bytes *c, uint32_t mask); /* bit n: PCR n, SHA-256 bank */
void command_nv_define(struct bytes *c, uint32_t index);
void command_nv_undefine(struct bytes *c, uint32_t index);
void command_nv_write(struct bytes *c, const uint8_t *data, size_t size, uint32_t offset);
void command_nv_increment(struct bytes *c);
void command_nv_extend(struct bytes *c, const uint8_t digest[DIGEST]);
void command_nv_read(struct bytes *c, uint32_t index, size_t size);
void command_random(struct bytes *c, size_t size);
void command_stir(struct bytes *c, const uint8_t digest[DIGEST]);
void command_session(struct bytes *c, const uint8_t digest[DIGEST]);
void command_primary(struct bytes *c); /* ECC P-256, for signing */
void command_flush(struct bytes *c, uint32_t handle);
void command_handles(struct bytes *c, uint32_t first);

/* send.c: one call of the vTPM by a task; the service's result code. */
uint64_t command_send(uint32_t endpoint, const struct bytes *command, struct bytes *response);
/* The TPM's response code. */
uint32_t command_code(const struct bytes *response);
