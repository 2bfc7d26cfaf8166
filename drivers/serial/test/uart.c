/* SPDX-License-Identifier: MIT */
/* See uart.h. */
#include "uart.h"

#include <string.h>

#include <svsm/testing.h>

#define FIRST 0x2f8
#define IRQ 3
#define DIVISOR_LATCH 0x80u

struct uart uart;

static uint8_t port_read(uint16_t port)
{
    int there = uart.input_at < uart.input_len;
    switch (port - FIRST) {
    case 0:
        return there ? uart.input[uart.input_at++] : 0;
    case 5:
        return (uint8_t)((there ? 0x01 : 0) | (uart.deaf ? 0 : 0x60));
    default:
        return 0;
    }
}

static void sent(uint8_t byte)
{
    if (uart.frame_count < UART_FRAMES_MAX &&
        serial_receive(&uart.receiver, byte, &uart.frames[uart.frame_count])) {
        uart.frame_count++;
    }
}

static void port_write(uint16_t port, uint8_t value)
{
    int latch = (uart.line & DIVISOR_LATCH) != 0;
    switch (port - FIRST) {
    case 0:
        if (!latch) {
            sent(value);
        }
        break;
    case 1:
        uart.enabled = latch ? uart.enabled : value;
        break;
    case 2:
        if ((value & 0x02) != 0) {
            uart.input_at = uart.input_len; /* receiver's FIFO emptied */
        }
        break;
    case 3:
        uart.line = value;
        break;
    case 4:
        uart.modem = value;
        break;
    default:
        break;
    }
}

void uart_reset(void)
{
    memset(&uart, 0, sizeof(uart));
    svsm_test_ports(port_read, port_write);
}

void uart_feed(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size && uart.input_len < sizeof(uart.input); i++) {
        uart.input[uart.input_len++] = p[i];
    }
    svsm_test_irq(IRQ);
}

void uart_feed_frame(uint8_t type, uint16_t sequence, const void *payload, uint32_t len)
{
    static struct serial_frame f;
    uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    f.type = type;
    f.sequence = sequence;
    f.len = len;
    memcpy(f.payload, payload, len);
    uart_feed(bytes, serial_encode(&f, bytes));
}
