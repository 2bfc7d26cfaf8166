/* SPDX-License-Identifier: MIT */
/* Writes the few forms of ACPI machine language that a DSDT of ours needs. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct aml {
    uint8_t *bytes;
    size_t len, room; /* what does not fit is a bug: the builder checks len against room */
};

void aml_bytes(struct aml *a, const void *bytes, size_t len);
void aml_integer(struct aml *a, uint32_t value);
void aml_name(struct aml *a, const char name[4]); /* Name (NAME, …): the value follows */

/* Objects with a length: what is written until aml_close() is in them. */
size_t aml_scope(struct aml *a, const char *path, size_t len);
size_t aml_device(struct aml *a, const char name[4]);
size_t aml_package(struct aml *a, uint8_t elements);
size_t aml_buffer(struct aml *a); /* its size is put in by aml_close() */
void aml_close(struct aml *a, size_t mark);
void aml_close_buffer(struct aml *a, size_t mark);

/* Resources, in a buffer. */
void aml_io(struct aml *a, uint16_t base, uint8_t len);
void aml_word_space(struct aml *a, uint8_t type, uint16_t first, uint16_t last);
void aml_dword_memory(struct aml *a, uint32_t first, uint32_t last);
void aml_end_tag(struct aml *a);
