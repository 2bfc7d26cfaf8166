/* SPDX-License-Identifier: MIT */
/*
 * The x87, SSE and AVX registers, XCR0 and PKRU: between the CPU and a save area. Other XSAVE
 * components have no place in a save area and stay in the level's XSAVE image.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/vmsa.h>

void vector_init(void);      /* once */
void vector_init_cpu(void);  /* on each CPU */
uint64_t vector_pages(void); /* of an XSAVE image */
void vector_reset(uint8_t *image);
void vector_load(uint8_t *image, const struct vmsa *vmsa);
void vector_save(uint8_t *image, struct vmsa *vmsa);

/* A component as XSAVE places it; size 0: the CPU does not have it. */
struct vector_component {
    uint32_t size, offset;
    bool aligned; /* in the compacted format */
};
#define VECTOR_COMPONENTS 32u
const struct vector_component *vector_component(unsigned number); /* 2 to 31 */

/* The guest's XCR0, and its registers to and from a standard image, 64-byte aligned, whose header
 * and MXCSR the caller has checked; a level is loaded. */
uint64_t vector_xcr0(void);
void vector_xsave(uint8_t *image, uint64_t components);
void vector_xrstor(uint8_t *image, uint64_t components);
