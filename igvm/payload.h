/* SPDX-License-Identifier: MIT */
/*
 * A bare program as the guest below an SVSM: a static ELF file for x86 (32 or 64 bits), loaded by
 * its segments' physical addresses, entered at its entry in protected mode without paging (all
 * memory is private then). All addresses below 4 GiB. In its registers it finds where the pages are
 * that the SVSM fills: RSI secrets, RBX CPUID, RDX the first calling area.
 */
#pragma once
#include <svsm/abi/vmsa.h>

#include "bytes.h"
#include "image.h"

/* Those pages; a program keeps off them. */
#define PAYLOAD_CALLING_AREA UINT64_C(0x1fd000)
#define PAYLOAD_CPUID UINT64_C(0x1fe000)
#define PAYLOAD_SECRETS UINT64_C(0x1ff000)

/* Adds what is loaded, and the three pages; *vmsa is the first save area, but for the level. */
bool payload_add(struct image *image, struct bytes elf, uint64_t features, struct vmsa *vmsa,
                 struct fail *f);

/* The program alone: no page that somebody else fills, nothing in its registers. */
bool payload_program(struct image *image, struct bytes elf, uint64_t features, struct vmsa *vmsa,
                     struct fail *f);
