/* SPDX-License-Identifier: MIT */
/*
 * The console of a development image: COM1, polled. One vCPU at a time copies records from the ring
 * to the UART; the others leave theirs to it and go on.
 */
#include <log/ring.h>
#include <log/log.h>
#include <cpu/io.h>
#include <task/task.h>

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

static atomic_bool busy;
static atomic_ullong shown; /* number of the last record on the console; written by the holder */

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

static void write_bytes(const char *text, size_t len)
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

void console_last_words(void)
{
    static const char text[] = "\r\nsvsm: failed again while telling why it stops\r\n";
    write_bytes(text, sizeof(text) - 1);
}

static void drain(void)
{
    struct svsm_log_record record;
    char line[CONSOLE_LINE_MAX];
    while (log_read(atomic_load(&shown), &record)) {
        const char *name = "ring0";
        if (record.task < task_count) {
            name = AT(tasks, record.task).image->name;
        }
        write_bytes(line, console_line(&record, name, line));
        atomic_store(&shown, record.sequence);
    }
}

void console_drain(bool force)
{
    struct svsm_log_record next;
    do {
        if (atomic_exchange(&busy, true) && !force) {
            return; /* who holds it looks again below */
        }
        drain();
        atomic_store(&busy, false);
    } while (log_read(atomic_load(&shown), &next));
}
