/* SPDX-License-Identifier: MIT */
/* The calls CREATE_VCPU and DELETE_VCPU. */
#pragma once
#include <cdefs.h>

/* SEV_FEATURES that each save area of the guest must have. */
void hotplug_init(uint64_t features);

/* With RCX, RDX, R8. */
[[nodiscard]] uint32_t hotplug_create(uint64_t vmsa, uint64_t ca, uint64_t apic_id);
/* With RCX. */
[[nodiscard]] uint32_t hotplug_delete(uint64_t vmsa);

/* The guest's first save area, which is in VMPL0's memory and stays there. */
enum status hotplug_first(uint64_t vmsa, uint64_t ca);
