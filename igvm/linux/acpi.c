/* SPDX-License-Identifier: MIT */
/* ACPI tables of q35. See acpi.h. Offsets of fields: ACPI specification 6.4, chapter 5.2. */
#include "acpi.h"

#include <assert.h>
#include <string.h>

#include "aml.h"

#define HEADER_SIZE 36u
#define RSDP_SIZE 36u
#define FADT_SIZE 244u /* revision 3 */
#define FACS_SIZE 64u

/* The chipset's ports as SeaBIOS sets them up, and where QEMU puts the APICs. */
#define PM_BASE 0x600u
#define PM_EVENT (PM_BASE + 0x00)
#define PM_CONTROL (PM_BASE + 0x04)
#define PM_TIMER (PM_BASE + 0x08)
#define PM_GPE0 (PM_BASE + 0x20)
#define PM_GPE0_LEN 16
#define RESET_PORT 0xcf9u
#define RESET_VALUE 0xf
#define SCI 9
#define LAPIC_BASE 0xfee00000u
#define IOAPIC_BASE 0xfec00000u
/* Linux looks for devices on each bus up to here, two port accesses for each of 32 slots. */
#define MCFG_LAST_BUS 7
#define PCI_HOLE_FIRST 0xc0000000u
#define PCI_HOLE_LAST 0xfebfffffu

/* FADT: WBINVD works, C1, no sleep button, RTC cannot wake from S4, reset register. */
#define FADT_FLAGS (1u << 0 | 1u << 2 | 1u << 5 | 1u << 7 | 1u << 10)
#define FADT_NO_VGA 0x4u /* and neither legacy devices nor a keyboard controller to look for */

struct tables {
    uint8_t *bytes;
    uint64_t gpa;
    size_t len;
};

static void put(uint8_t *at, size_t offset, uint64_t value, size_t size)
{
    memcpy(at + offset, &value, size);
}

static uint8_t checksum(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    return (uint8_t)-sum;
}

/* Begins a table of which `body` more bytes are known now; returns where it lies. */
static uint8_t *table(struct tables *t, const char signature[4], uint8_t revision, size_t body)
{
    t->len = (t->len + 63) & ~(size_t)63;
    uint8_t *at = t->bytes + t->len;
    t->len += HEADER_SIZE + body;
    assert(t->len <= ACPI_SIZE);
    memcpy(at, signature, 4);
    put(at, 4, HEADER_SIZE + body, 4);
    put(at, 8, revision, 1);
    memcpy(at + 10, "SVSM  SNPEMU  ", 14);
    put(at, 24, 1, 4); /* revisions of ours and of the "compiler" */
    memcpy(at + 28, "SVSM", 4);
    put(at, 32, 1, 4);
    return at;
}

static uint64_t seal(const struct tables *t, uint8_t *at)
{
    uint32_t len;
    memcpy(&len, at + 4, sizeof(len));
    at[9] = 0;
    at[9] = checksum(at, len);
    return t->gpa + (uint64_t)(at - t->bytes);
}

/* Interrupts of a slot's four pins: those of the chipset's own devices, and all others. */
static void dsdt_routing(struct aml *a)
{
    aml_name(a, "_PRT");
    size_t all = aml_package(a, 25 * 4);
    for (uint32_t slot = 1; slot < 32; slot++) {
        if (slot >= 25 && slot != 31) {
            continue; /* QEMU has nothing there of itself */
        }
        for (uint32_t pin = 0; pin < 4; pin++) {
            size_t one = aml_package(a, 4);
            aml_integer(a, slot << 16 | 0xffff);
            aml_integer(a, pin);
            aml_integer(a, 0);
            aml_integer(a, slot == 31 ? 16 + pin : 20 + (slot + pin) % 4);
            aml_close(a, one);
        }
    }
    aml_close(a, all);
}

static void dsdt_pci(struct aml *a)
{
    size_t scope = aml_scope(a, "\\_SB_", 5);
    size_t device = aml_device(a, "PCI0");
    aml_name(a, "_HID");
    aml_integer(a, 0x080ad041); /* PNP0A08 */
    aml_name(a, "_CID");
    aml_integer(a, 0x030ad041); /* PNP0A03 */
    aml_name(a, "_UID");
    aml_integer(a, 0);
    aml_name(a, "_CRS");
    size_t buffer = aml_buffer(a);
    aml_word_space(a, 2, 0, 0xff); /* buses */
    aml_io(a, 0xcf8, 8);
    aml_word_space(a, 1, 0, 0xcf7);
    aml_word_space(a, 1, 0xd00, 0xffff);
    aml_dword_memory(a, PCI_HOLE_FIRST, PCI_HOLE_LAST);
    aml_end_tag(a);
    aml_close_buffer(a, buffer);
    dsdt_routing(a);
    aml_close(a, device);
    aml_close(a, scope);
}

static uint64_t dsdt(struct tables *t)
{
    uint8_t *at = table(t, "DSDT", 2, 0);
    struct aml a = {.bytes = t->bytes, .len = t->len, .room = ACPI_SIZE};
    dsdt_pci(&a);
    aml_name(&a, "_S5_"); /* sleep type 0 switches off */
    size_t package = aml_package(&a, 4);
    for (unsigned i = 0; i < 4; i++) {
        aml_integer(&a, 0);
    }
    aml_close(&a, package);
    assert(a.len < a.room);
    t->len = a.len;
    put(at, 4, t->len - (size_t)(at - t->bytes), 4);
    return seal(t, at);
}

/* A port in the general form of addresses. */
static void put_port(uint8_t *at, size_t offset, uint16_t port, uint8_t bytes)
{
    put(at, offset, 1, 1); /* I/O space */
    put(at, offset + 1, bytes * 8u, 1);
    put(at, offset + 3, bytes > 4 ? 0 : bytes / 2u + 1u, 1); /* access size */
    put(at, offset + 4, port, 8);
}

static uint64_t fadt(struct tables *t, uint64_t facs, uint64_t dsdt_gpa)
{
    uint8_t *at = table(t, "FACP", 3, FADT_SIZE - HEADER_SIZE);
    put(at, 36, facs, 4);
    put(at, 40, dsdt_gpa, 4);
    put(at, 46, SCI, 2);
    put(at, 56, PM_EVENT, 4);
    put(at, 64, PM_CONTROL, 4);
    put(at, 76, PM_TIMER, 4);
    put(at, 80, PM_GPE0, 4);
    put(at, 88, 4, 1); /* lengths of the same */
    put(at, 89, 2, 1);
    put(at, 91, 4, 1);
    put(at, 92, PM_GPE0_LEN, 1);
    put(at, 96, 0xfff, 2); /* neither C2 nor C3 */
    put(at, 98, 0xfff, 2);
    put(at, 108, 0x32, 1); /* the century in the RTC */
    put(at, 109, FADT_NO_VGA, 2);
    put(at, 112, FADT_FLAGS, 4);
    put_port(at, 116, RESET_PORT, 1);
    put(at, 128, RESET_VALUE, 1);
    put(at, 140, dsdt_gpa, 8);
    put_port(at, 148, PM_EVENT, 4);
    put_port(at, 172, PM_CONTROL, 2);
    put_port(at, 208, PM_TIMER, 4);
    put_port(at, 220, PM_GPE0, PM_GPE0_LEN);
    return seal(t, at);
}

static void madt_override(uint8_t *at, uint8_t irq, uint32_t gsi, uint16_t flags)
{
    put(at, 0, 2, 1);
    put(at, 1, 10, 1);
    put(at, 3, irq, 1);
    put(at, 4, gsi, 4);
    put(at, 8, flags, 2);
}

static uint64_t madt(struct tables *t, uint32_t vcpus)
{
    static const uint8_t level_high[] = {5, 9, 10, 11}; /* as QEMU has them */
    size_t entries = vcpus * 8u + 12 + 10 * (1 + sizeof(level_high)) + 6;
    uint8_t *at = table(t, "APIC", 3, 8 + entries);
    put(at, 36, LAPIC_BASE, 4);
    put(at, 40, 1, 4); /* there are 8259s too */
    uint8_t *e = at + 44;
    for (uint32_t i = 0; i < vcpus; i++, e += 8) {
        put(e, 0, 0x0800, 2); /* local APIC, 8 bytes */
        put(e, 2, i, 1);
        put(e, 3, i, 1);
        put(e, 4, 1, 4); /* enabled */
    }
    put(e, 0, 0x0c01, 2); /* I/O APIC, 12 bytes, interrupts from 0 on */
    put(e, 4, IOAPIC_BASE, 4);
    e += 12;
    madt_override(e, 0, 2, 0);
    e += 10;
    for (size_t i = 0; i < sizeof(level_high); i++, e += 10) {
        madt_override(e, level_high[i], level_high[i], 0xd);
    }
    put(e, 0, 0x0604, 2); /* NMI: all processors, LINT1 */
    put(e, 2, 0xff, 1);
    put(e, 5, 1, 1);
    return seal(t, at);
}

static uint64_t mcfg(struct tables *t)
{
    uint8_t *at = table(t, "MCFG", 1, 8 + 16);
    put(at, 44, ACPI_MCFG_BASE, 8);
    put(at, 55, MCFG_LAST_BUS, 1);
    return seal(t, at);
}

size_t acpi_build(uint8_t out[ACPI_SIZE], uint64_t gpa, uint32_t vcpus)
{
    struct tables t = {.bytes = out, .gpa = gpa, .len = 2 * 64 + FACS_SIZE};
    uint64_t list[3];
    memset(out, 0, ACPI_SIZE);
    uint8_t *facs = out + 64;
    memcpy(facs, "FACS", 4);
    put(facs, 4, FACS_SIZE, 4);
    put(facs, 32, 1, 1); /* version */
    uint64_t dsdt_gpa = dsdt(&t);
    list[0] = fadt(&t, gpa + 64, dsdt_gpa);
    list[1] = madt(&t, vcpus);
    list[2] = mcfg(&t);
    uint8_t *xsdt = table(&t, "XSDT", 1, sizeof(list));
    memcpy(xsdt + HEADER_SIZE, list, sizeof(list));
    uint64_t xsdt_gpa = seal(&t, xsdt);
    memcpy(out, "RSD PTR ", 8);
    memcpy(out + 9, "SVSM  ", 6);
    put(out, 15, 2, 1);
    put(out, 20, RSDP_SIZE, 4);
    put(out, 24, xsdt_gpa, 8);
    out[8] = checksum(out, 20); /* the first version's part, then all of it */
    out[32] = checksum(out, RSDP_SIZE);
    return t.len;
}

size_t acpi_madt(uint8_t out[ACPI_SIZE], uint32_t vcpus)
{
    struct tables t = {.bytes = out};
    memset(out, 0, ACPI_SIZE);
    madt(&t, vcpus);
    return t.len;
}
