/* SPDX-License-Identifier: MIT */
/* The native platform's console: COM1, polled. */
#include <log/ring.h>
#include <cpu/io.h>

#define COM1 UINT16_C(0x3f8)
#define UART_DATA COM1
#define UART_IER (COM1 + 1)
#define UART_FCR (COM1 + 2)
#define UART_LCR (COM1 + 3)
#define UART_MCR (COM1 + 4)
#define UART_LSR (COM1 + 5)
#define LSR_EMPTY 0x20
#define FIFO_SIZE 16
#define POLLS_MAX 1000000u /* a UART that never gets ready loses the line, not the machine */

void console_init(void)
{
    io_out8(UART_IER, 0);
    io_out8(UART_LCR, 0x80); /* divisor latch: 115200 baud */
    io_out8(UART_DATA, 1);
    io_out8(UART_IER, 0);
    io_out8(UART_LCR, 0x03); /* 8 bits, no parity, one stop bit */
    io_out8(UART_FCR, 0x07);
    io_out8(UART_MCR, 0x03);
}

void console_write(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        for (uint32_t n = 0; i % FIFO_SIZE == 0 && n < POLLS_MAX; n++) {
            if ((io_in8(UART_LSR) & LSR_EMPTY) != 0) {
                break;
            }
        }
        io_out8(UART_DATA, (uint8_t)text[i]);
    }
}
