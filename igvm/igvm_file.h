/* SPDX-License-Identifier: MIT */
/*
 * An IGVM file as such: fixed header, checksum, and the variable headers one after another. Nothing
 * here knows what a header means; see igvm.h for that.
 */
#pragma once
#include <svsm/abi/igvm.h>

#include "bytes.h"
#include "fail.h"

struct igvm_file {
    struct bytes bytes;
    uint64_t headers, headers_end; /* data follows */
};

struct igvm_record {
    uint32_t type; /* IGVM_VHT_* */
    uint32_t length;
    uint64_t at;    /* of the content */
    uint64_t next;  /* where the next record begins */
    unsigned index; /* counts from 0, for messages */
};

bool igvm_file_open(struct igvm_file *file, struct bytes bytes, struct fail *f);

/* r->next 0 begins. *more is false behind the last one. */
bool igvm_file_next(const struct igvm_file *file, struct igvm_record *r, bool *more,
                    struct fail *f);

/* The record's content, which must have exactly this size. */
bool igvm_file_content(const struct igvm_file *file, const struct igvm_record *r, void *out,
                       size_t size, struct fail *f);

/* `len` bytes that the record names by their offset in the file; they must be data. */
bool igvm_file_data(const struct igvm_file *file, const struct igvm_record *r, uint32_t offset,
                    uint64_t len, const uint8_t **data, struct fail *f);

uint32_t igvm_file_checksum(struct bytes fixed, struct bytes headers);
