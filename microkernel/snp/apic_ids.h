/* SPDX-License-Identifier: MIT */
/*
 * APIC IDs of the vCPUs: the host's list (GHCB event 8000_0017h) where it offers one; otherwise
 * they are taken to go from 0 on. A host that lies about them has vCPUs that do not start, no more:
 * an ID only names a vCPU to the host, and to the guest's CREATE_VCPU.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/image.h>

#define APIC_IDS_MAX 1023u /* what one page holds behind the count */

/* Pure but for reading `list`, each word once: the count and so many IDs, in the order of the
 * vCPUs. The first `vcpus` (at most SVSM_VCPUS_MAX) are ours. false: fewer, more than a page holds,
 * or two of ours the same. */
[[nodiscard]] bool apic_ids_take(const volatile uint32_t *list, uint32_t vcpus,
                                 uint32_t ids[SVSM_VCPUS_MAX]);
