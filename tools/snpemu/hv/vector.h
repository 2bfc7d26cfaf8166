/* SPDX-License-Identifier: MIT */
/*
 * The x87, SSE and AVX registers, XCR0 and PKRU: between the CPU and a save area. Other XSAVE
 * components have no place in a save area and stay in the level's XSAVE image.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/vmsa.h>

void vector_init(void);
uint64_t vector_pages(void); /* of an XSAVE image */
void vector_reset(uint8_t *image);
void vector_load(uint8_t *image, const struct vmsa *vmsa);
void vector_save(uint8_t *image, struct vmsa *vmsa);
