/* SPDX-License-Identifier: MIT */
/* Pages of ring 0's own memory that the composer places, at their linear address. */
#pragma once
#include <mm/mm.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_image.h>
#include <task/port.h>

/* SAFETY: one of SNP_IMAGE_*; mapped at this address by the bootstrap tables and, from
 * own_windows() on, by the final ones (all read-only but for the secrets). */
static inline void *own_page(uint64_t pa)
{
    return (void *)(KERNEL_BASE + pa);
}
