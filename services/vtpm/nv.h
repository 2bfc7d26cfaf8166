/* SPDX-License-Identifier: MIT */
/*
 * Where the TPM keeps its non-volatile state: blobs by name (libtpms uses "permall" and, on
 * request, "volatilestate" and "savestate"). Behind this interface state is volatile for now, in
 * this task's memory, which rolls back with it; persistence implements the same four functions.
 *
 * A store is whole or not at all, and what nv_store() said yes to is there for the next nv_load().
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define NV_BLOBS_MAX 4
#define NV_NAME_MAX 32

enum [[nodiscard]] nv_err{NV_OK, NV_MISSING, NV_FULL};

enum nv_err nv_init(void);

/* A copy in new memory from malloc(); the caller frees it. */
enum nv_err nv_load(const char *name, uint8_t **data, size_t *size);
enum nv_err nv_store(const char *name, const uint8_t *data, size_t size);
enum nv_err nv_delete(const char *name);
