/* SPDX-License-Identifier: MIT */
/* Writes IGVM files for the tests, right ones and broken ones. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/igvm.h>

#define MAKER_SIZE 0x10000u
#define MAKER_DATA                                                                                 \
    0x4000u /* where data begin; headers are padded up to it, so offsets are known                 \
             */

struct maker {
    uint8_t bytes[MAKER_SIZE];
    size_t fixed, headers_end, end;
};

void maker_begin(struct maker *m, unsigned version);

/* Returns the offset of the content. */
size_t maker_header(struct maker *m, uint32_t type, const void *content, size_t len);

/* A page of this byte; returns its offset. */
uint32_t maker_page(struct maker *m, uint8_t byte);

/* Puts sizes and checksum in; to be called again after a change. Headers end where they end. */
void maker_finish(struct maker *m);

/* The checksum alone, for headers that are broken on purpose. */
void maker_checksum(struct maker *m);
