/* SPDX-License-Identifier: MIT */
/* See apic_ids.h. No state. */
#include <snp/apic_ids.h>

bool apic_ids_take(const volatile uint32_t *list, uint32_t vcpus, uint32_t ids[SVSM_VCPUS_MAX])
{
    uint32_t count = list[0];

    CHECK(vcpus <= SVSM_VCPUS_MAX);
    if (count < vcpus || count > APIC_IDS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < vcpus; i++) {
        ids[i] = list[1 + i];
        for (uint32_t k = 0; k < i; k++) {
            if (ids[k] == ids[i]) {
                return false;
            }
        }
    }
    return true;
}
