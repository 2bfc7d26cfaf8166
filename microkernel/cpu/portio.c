/* SPDX-License-Identifier: MIT */
/* Port I/O for tasks, on ports the core has checked. */
#include <cpu/io.h>
#include <task/port.h>

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
