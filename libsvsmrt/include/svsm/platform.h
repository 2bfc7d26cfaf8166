/* SPDX-License-Identifier: MIT */
/* The machine's PSP, for the one task whose manifest says `platform = true`. */
#pragma once
#include <stdint.h>
#include <svsm/abi/syscall.h>

/* SVSM_SYS_SNP_REQUEST: `in` and `out` are what enum svsm_snp calls rdx and r10. A result code. */
uint32_t svsm_platform(enum svsm_snp what, void *in, void *out);
