/* SPDX-License-Identifier: MIT */
/*
 * Hidden: the mailbox (COM2), the debug console, SMIs, and what of the CMOS tells of QEMU's memory;
 * fw_cfg is hidden or filtered.
 */
#include "port.h"
#include "../wire/mailbox.h"
#include "fwcfg.h"
#include "io.h"
#include "lies.h"
#include "machine.h"
#include "stopped.h"

#define PORT_EXIT 0xf4
#define EXIT_PORTS 4
#define PORT_DEBUG 0xe9
#define PORT_SMI 0xb2
#define PORT_RESET 0xcf9
#define RESET_NOW 0x04u
#define PORT_KEYBOARD 0x64
#define KEYBOARD_RESET 0xfe
#define PORT_PM1_CONTROL 0x604 /* where firmware puts it on q35 */
#define PM1_SLEEP 0x2000u
#define PM1_TYPE 0x1c00u /* S5 is 0 in QEMU */
#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA 0x71
#define MAILBOX_PORTS 8

/* Words in the CMOS: KiB above 1 MiB (twice), and 64 KiB units above 16 MiB. */
#define CMOS_EXTENDED 0x17
#define CMOS_EXTENDED_2 0x30
#define CMOS_ABOVE_16M 0x34
#define CMOS_ABOVE_4G 0x5b /* three bytes of such units */
#define MIB UINT64_C(0x100000)
#define CMOS_EXTENDED_MAX UINT64_C(63 * 1024)

static uint8_t cmos_index;

static bool is_fwcfg(uint16_t port)
{
    return port >= FWCFG_SELECT && port <= FWCFG_LAST;
}

/* Does any byte of an access lie in these ports? */
static bool touches(uint16_t port, unsigned size, uint16_t first, unsigned count)
{
    return port < first + count && port + size > first;
}

/* The end has four ports to QEMU, which says nothing about the others: only whole words get there.
 */
static bool hidden(uint16_t port, unsigned size)
{
    return touches(port, size, MAILBOX_PORT, MAILBOX_PORTS) || touches(port, size, PORT_DEBUG, 1) ||
           touches(port, size, PORT_SMI, 1) ||
           (port != PORT_EXIT && touches(port, size, PORT_EXIT, EXIT_PORTS)) ||
           (touches(port, size, FWCFG_SELECT, FWCFG_LAST - FWCFG_SELECT + 1) &&
            !(is_fwcfg(port) && machine.launch->fw_cfg));
}

/* The CMOS as a machine of the guest's size has it; false: this byte says nothing about memory. */
static bool cmos_memory(uint8_t index, uint8_t *value)
{
    uint64_t memory = machine.launch->memory;
    uint64_t extended = (memory - MIB) >> 10;
    uint64_t above = memory > 16 * MIB ? (memory - 16 * MIB) >> 16 : 0;

    if (extended > CMOS_EXTENDED_MAX) {
        extended = CMOS_EXTENDED_MAX;
    }
    switch (index) {
    case CMOS_EXTENDED:
    case CMOS_EXTENDED_2:
        *value = (uint8_t)extended;
        return true;
    case CMOS_EXTENDED + 1:
    case CMOS_EXTENDED_2 + 1:
        *value = (uint8_t)(extended >> 8);
        return true;
    case CMOS_ABOVE_16M:
        *value = (uint8_t)above;
        return true;
    case CMOS_ABOVE_16M + 1:
        *value = (uint8_t)(above >> 8);
        return true;
    case CMOS_ABOVE_4G:
    case CMOS_ABOVE_4G + 1:
    case CMOS_ABOVE_4G + 2:
        *value = (uint8_t)(machine.launch->high >> (16 + 8 * (index - CMOS_ABOVE_4G)));
        return true;
    default:
        return false;
    }
}

uint32_t port_in(uint16_t port, unsigned size)
{
    uint8_t byte;
    uint32_t word;

    if (lies_port_in(port, &word)) {
        return word;
    }
    if (hidden(port, size)) {
        return UINT32_MAX;
    }
    if (is_fwcfg(port)) {
        return fwcfg_in(port, size);
    }
    if (port == PORT_CMOS_DATA && cmos_memory(cmos_index, &byte)) {
        return byte;
    }
    switch (size) {
    case 1:
        return io_in8(port);
    case 2:
        return io_in16(port);
    default:
        return io_in32(port);
    }
}

/* What ends the machine ends here, with a line that says so; QEMU's exit status cannot. */
static void check_end(uint16_t port, uint32_t value)
{
    if (port == PORT_EXIT) {
        stopped_exit(value);
    }
    if (port == PORT_PM1_CONTROL && (value & (PM1_SLEEP | PM1_TYPE)) == PM1_SLEEP) {
        stopped_off();
    }
    if ((port == PORT_RESET && (value & RESET_NOW)) ||
        (port == PORT_KEYBOARD && (uint8_t)value == KEYBOARD_RESET)) {
        stopped_reset();
    }
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    check_end(port, value);
    if (hidden(port, size) || lies_port_out(port, size, value)) {
        return;
    }
    if (is_fwcfg(port)) {
        fwcfg_out(port, size, value);
        return;
    }
    if (port == PORT_CMOS_INDEX) {
        cmos_index = value & 0x7f;
    }
    switch (size) {
    case 1:
        io_out8(port, (uint8_t)value);
        return;
    case 2:
        io_out16(port, (uint16_t)value);
        return;
    default:
        io_out32(port, value);
    }
}

/* PCI configuration by ports, for the host bridge. */
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define PCI_ENABLE 0x80000000u
#define Q35_ID 0x29c08086u
#define PAM_FIRST 0x90 /* of q35: PAM0 for F0000h, PAM1 to PAM6 for C0000h to EFFFFh */
#define PAM_LAST 0x96
#define PAM_RAM 0x33

/* What lies between C0000h and FFFFFh is RAM to an SNP guest: no ROM ever shadows private memory.
 */
static void shadow_init(void)
{
    io_out32(PCI_ADDRESS, PCI_ENABLE);
    if (io_in32(PCI_DATA) != Q35_ID) {
        return;
    }
    for (unsigned pam = PAM_FIRST; pam <= PAM_LAST; pam++) {
        io_out32(PCI_ADDRESS, PCI_ENABLE | (pam & ~3u));
        io_out8(PCI_DATA + (pam & 3u), PAM_RAM);
    }
}

void port_init(void)
{
    shadow_init();
    if (machine.launch->fw_cfg) {
        fwcfg_init();
    }
}
