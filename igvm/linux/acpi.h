/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables of the machine for a guest that has no firmware to ask: QEMU's q35 as SeaBIOS leaves
 * it. RSDP, XSDT, FADT with FACS, MADT, MCFG, and a DSDT with the PCI bus and how to switch off.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define ACPI_SIZE 0x4000u

/* Where SeaBIOS puts the configuration space of q35. */
#define ACPI_MCFG_BASE UINT64_C(0xb0000000)
#define ACPI_MCFG_SIZE UINT64_C(0x10000000)

/* Writes the tables for gpa, page aligned; the RSDP comes first. Returns the bytes used. */
size_t acpi_build(uint8_t out[ACPI_SIZE], uint64_t gpa, uint32_t vcpus);

/* The MADT alone. */
size_t acpi_madt(uint8_t out[ACPI_SIZE], uint32_t vcpus);
