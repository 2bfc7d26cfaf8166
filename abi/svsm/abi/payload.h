/* SPDX-License-Identifier: MIT */
/*
 * A payload: a bare program as the guest at VMPL2, instead of firmware or Linux. What the composer
 * of the IGVM file and payloads agree on. Nothing of it concerns ring 0, which sees struct
 * snp_image_launch only.
 *
 * A payload is a static ELF64 file whose PT_LOAD segments (p_paddr, p_memsz) lie from PAYLOAD_BASE
 * on, each on whole pages. Its pages, zero ones too, are measured. Its entry point is 32-bit code:
 * protected mode, paging off, flat segments, all registers zero, every address private. It finds
 * everything else at fixed places, and how much there is in the secrets page.
 */
#pragma once
#include <stdint.h>

#define PAYLOAD_CAA UINT64_C(0x1fd000)     /* first calling area; zero */
#define PAYLOAD_CPUID UINT64_C(0x1fe000)   /* CPUID page, as the guest sees it */
#define PAYLOAD_SECRETS UINT64_C(0x1ff000) /* secrets page, as the guest sees it */
#define PAYLOAD_BASE UINT64_C(0x200000)

/*
 * Memory: everything but VMPL0's range and the 128 KiB from PAYLOAD_LEGACY on is the payload's, and
 * validated before it starts: measured pages as SNP_IMAGE_RAM_VALIDATED, the rest as
 * SNP_IMAGE_RAM_VALIDATE. Behind the end of the SVSM its memory goes on at the next 2 MiB.
 */
#define PAYLOAD_LEGACY UINT64_C(0xa0000)
#define PAYLOAD_LEGACY_SIZE UINT64_C(0x20000)
