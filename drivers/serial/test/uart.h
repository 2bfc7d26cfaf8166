/* SPDX-License-Identifier: MIT */
/* A 16550 whose line the test holds: bytes for the driver, frames from it. */
#pragma once
#include <stddef.h>
#include <svsm/serial_frame.h>

#define UART_FRAMES_MAX 16

struct uart {
    uint8_t input[65536];
    size_t input_len, input_at;
    int deaf; /* the transmitter never empties */
    uint8_t enabled, line, modem;
    struct serial_receiver receiver;
    struct serial_frame frames[UART_FRAMES_MAX];
    unsigned frame_count;
};
extern struct uart uart;

void uart_reset(void);

/* Put bytes on the line and raise the interrupt. */
void uart_feed(const void *bytes, size_t size);
void uart_feed_frame(uint8_t type, uint16_t sequence, const void *payload, uint32_t len);
