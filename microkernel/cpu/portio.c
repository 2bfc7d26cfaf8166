/* SPDX-License-Identifier: MIT */
/*
 * Ports of the native platform: those of tasks, which the core has checked, and the way out through
 * the test device where there is one (QEMU's isa-debug-exit at 0xf4).
 */
#include <cpu/apic.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <cpu/machine.h>
#include <task/port.h>

#define TEST_EXIT_PORT UINT16_C(0xf4)

uint32_t port_in(uint16_t port, unsigned size)
{
    switch (size) {
    case 1:
        return io_in8(port);
    case 2:
        return io_in16(port);
    default:
        return io_in32(port);
    }
}

void port_out(uint16_t port, unsigned size, uint32_t value)
{
    switch (size) {
    case 1:
        io_out8(port, (uint8_t)value);
        break;
    case 2:
        io_out16(port, (uint16_t)value);
        break;
    default:
        io_out32(port, value);
        break;
    }
}

struct cpuid machine_cpuid(uint32_t leaf, uint32_t sub)
{
    return cpuid_read(leaf, sub);
}

void machine_stop_others(void)
{
    apic_ipi_others(VECTOR_STOP);
}

void machine_leave(uint32_t code)
{
    io_out32(TEST_EXIT_PORT, code);
    for (;;) {
        /* SAFETY: the end of this vCPU; nothing runs on it afterwards. */
        asm volatile("cli; hlt");
    }
}
