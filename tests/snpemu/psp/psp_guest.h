/* SPDX-License-Identifier: MIT */
/*
 * A guest's side of the messages, for tests of the emulated firmware: written against the ABI, with
 * libcrypto directly, so that it shares no logic with what it tests.
 */
#pragma once
#include "psp.h"

#define GUEST_KEYS 4u

struct guest {
    struct psp *psp;
    uint8_t key[GUEST_KEYS][32];
    uint64_t seqno[GUEST_KEYS]; /* of the last response */
};

/* A context from these options with a fixed launch seed. Aborts if it is refused. */
struct guest guest_launch(struct psp_options *options);
void guest_end(struct guest *guest);

/* A request as it should be, under `key` and the number after the last. */
struct psp_msg guest_message(const struct guest *guest, unsigned key, uint8_t type,
                             const void *payload, size_t size);

/* Seals again, after the header or, through `payload`, the text was changed. */
void guest_seal(const struct guest *guest, struct psp_msg *msg, unsigned key, const void *payload);

/* False: the tag is wrong. */
bool guest_open(const struct guest *guest, const struct psp_msg *msg, unsigned key, void *payload);

/*
 * One exchange that the firmware has to take: response's header checked, payload into `answer`,
 * which has PSP_PAYLOAD_MAX bytes. Returns its size; 0: a check failed, named on stderr.
 */
size_t guest_exchange(struct guest *guest, unsigned key, uint8_t type, const void *payload,
                      size_t size, void *answer);
