/* SPDX-License-Identifier: MIT */
/*
 * A TPM of a few lines behind tpm.h, for host tests of the handlers in vtpm.c. Its state is a
 * counter of commands and one blob per kind. What a command does is its byte behind the header:
 *   'e' answer with counter and command, 'n' no response, 'x' crash after counting,
 *   'l' answer with as many bytes as there is room for
 */
#include "tpm.h"

#include <stdlib.h>
#include <string.h>

#include <libtpms/tpm_library.h>
#include <svsm/service.h>

#define STATE_MAX 65535u
#define HEADER 10u

void shim_reseed(void);

static uint8_t *blobs[3]; /* by enum tpm_state, on the heap */
static size_t sizes[3];
static uint32_t commands;

uint32_t TPMLIB_GetVersion(void)
{
    return 0x123;
}

void shim_reseed(void)
{
    svsm_log(SVSM_LOG_INFO, "generator seeded anew");
}

void tpm_stir(void)
{
    svsm_log(SVSM_LOG_INFO, "TPM stirred");
}

int tpm_power_on(void)
{
    static const uint8_t fresh[] = "fresh";
    for (unsigned kind = TPM_STATE_PERMANENT; kind <= TPM_STATE_VOLATILE; kind++) {
        free(blobs[kind]);
        blobs[kind] = malloc(sizeof(fresh));
        if (blobs[kind] == NULL) {
            return 0;
        }
        memcpy(blobs[kind], fresh, sizeof(fresh));
        sizes[kind] = sizeof(fresh);
    }
    return 1;
}

size_t tpm_command(const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    uint8_t what = size > HEADER ? command[HEADER] : 'e';
    commands++;
    switch (what) {
    case 'n':
        return 0;
    case 'x':
        svsm_panic(1, "the TPM crashes");
    case 'l':
        memset(response, 'l', room);
        return room;
    default:
        break;
    }
    if (room < size + 1) {
        return 0;
    }
    response[0] = (uint8_t)commands;
    memcpy(response + 1, command, size);
    return size + 1;
}

size_t tpm_state_save(enum tpm_state kind, uint8_t *out, size_t room)
{
    if (sizes[kind] > room) {
        return 0;
    }
    memcpy(out, blobs[kind], sizes[kind]);
    return sizes[kind];
}

/* A state that begins with a zero byte is not a good one. */
int tpm_state_restore(enum tpm_state kind, const uint8_t *state, size_t size)
{
    if (size > STATE_MAX || state[0] == 0) {
        return tpm_power_on() & 0;
    }
    free(blobs[kind]);
    blobs[kind] = malloc(size);
    if (blobs[kind] == NULL) {
        sizes[kind] = 0;
        return 0;
    }
    memcpy(blobs[kind], state, size);
    sizes[kind] = size;
    return 1;
}
