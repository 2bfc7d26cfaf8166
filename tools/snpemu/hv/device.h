/* SPDX-License-Identifier: MIT */
/* Memory-mapped devices, as the host serves them to a guest that may not touch them itself. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* size: 1, 2, 4 or 8. False: there is no device to speak to. */
bool device_read(uint64_t gpa, unsigned size, uint64_t *value);
bool device_write(uint64_t gpa, unsigned size, uint64_t value);

/* The local APIC's register by its x2APIC number (MSR less 800h). False: the guest gets #GP. */
bool device_apic_read(unsigned number, uint64_t *value);
bool device_apic_write(unsigned number, uint64_t value);

/* Has it a vector in service? Does that come by a level, not by an edge? */
bool device_apic_serves(uint8_t vector);
bool device_apic_is_level(uint8_t vector);
