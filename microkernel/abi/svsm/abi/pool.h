/* SPDX-License-Identifier: MIT */
/*
 * Parts of the pool that ring 0 and the image builder must agree on. The pool is the memory that
 * ring 0 takes behind the image blob; pool_size.h says how large it is.
 */
#pragma once
#include <stdint.h>
#include <svsm/abi/image.h>

/* Per vCPU: the core's and the platform's structure, kernel stack, one stack per IST entry. */
#define SVSM_POOL_CPU_PAGES 4u
#define SVSM_POOL_KERNEL_STACK_PAGES 2u
#define SVSM_POOL_IST_STACKS 7u
#define SVSM_POOL_VCPU_PAGES                                                                       \
    (SVSM_POOL_CPU_PAGES + SVSM_POOL_KERNEL_STACK_PAGES + SVSM_POOL_IST_STACKS)

/* What the SNP platform takes beside it: a GHCB, a doorbell and a save area for each vCPU (one page
 * more, so that none is 2 MiB aligned), pages of guest messages, tables for GHCBs, windows on the
 * guest's memory and the pages before the kernel, and the table of who owns which page of the
 * guest: a byte each, for at most 4 GiB. */
#define SVSM_POOL_SNP_TABLES 8u
#define SVSM_POOL_SNP_MESSAGES 2u
#define SVSM_POOL_SNP_OWNERS 256u
#define SVSM_POOL_SNP_PAGES                                                                        \
    (3u * (SVSM_VCPUS_MAX + 1) + SVSM_POOL_SNP_TABLES + SVSM_POOL_SNP_MESSAGES +                   \
     SVSM_POOL_SNP_OWNERS)
