/* SPDX-License-Identifier: MIT */
#include "mailbox.h"
#include "io.h"
#include "lock.h"
#include "stop.h"
#include <string.h>

/* Registers of a 16550 and their bits. */
#define UART_DATA (MAILBOX_PORT + 0)
#define UART_FIFO (MAILBOX_PORT + 2)
#define UART_LINE (MAILBOX_PORT + 3)
#define UART_MODEM (MAILBOX_PORT + 4)
#define UART_STATUS (MAILBOX_PORT + 5)
#define FIFO_ON 0x07 /* and both emptied */
#define LINE_8N1 0x03
#define MODEM_READY 0x03
#define STATUS_RECEIVED 0x01
#define STATUS_ROOM 0x20
#define PATIENCE (UINT64_C(1) << 38) /* TSC ticks: a minute or more */

static uint32_t serial;
static bool ready;
static bool busy; /* an exchange is under way, and its vCPU without the lock */

static void start(void)
{
    io_out8(UART_LINE, LINE_8N1);
    io_out8(UART_FIFO, FIFO_ON);
    io_out8(UART_MODEM, MODEM_READY);
    ready = true;
}

static void wait_for(uint8_t bit)
{
    uint64_t start_time = tsc_read();

    while (!(io_in8(UART_STATUS) & bit)) {
        if (tsc_read() - start_time > PATIENCE) {
            stop_emulator("the host program does not answer on the mailbox");
        }
    }
}

static void send(const void *bytes, uint32_t size)
{
    const uint8_t *at = bytes;

    for (uint32_t i = 0; i < size; i++) {
        wait_for(STATUS_ROOM);
        io_out8(UART_DATA, at[i]);
    }
}

/* Bytes behind kept are read and dropped. */
static void receive(void *bytes, uint32_t size, uint32_t kept)
{
    uint8_t *at = bytes;

    for (uint32_t i = 0; i < size; i++) {
        wait_for(STATUS_RECEIVED);
        uint8_t byte = io_in8(UART_DATA);
        if (i < kept) {
            at[i] = byte;
        }
    }
}

static uint32_t exchange(enum mailbox_type type, const void *parts[2], const uint32_t sizes[2],
                         void *answer, uint32_t answer_size)
{
    struct mailbox_frame frame = {
        .magic = MAILBOX_MAGIC, .type = type, .size = sizes[0] + sizes[1], .serial = ++serial};

    if (!ready) {
        start();
    }
    uint8_t head[sizeof(frame)];
    memcpy(head, &frame, sizeof(frame));
    send(head, sizeof(head));
    send(parts[0], sizes[0]);
    send(parts[1], sizes[1]);
    receive(&frame, sizeof(frame), sizeof(frame));
    if (frame.magic != MAILBOX_MAGIC || frame.type != type || frame.serial != serial ||
        frame.size > MAILBOX_PAYLOAD_MAX) {
        stop_emulator("the answer on the mailbox is not that to the request");
    }
    receive(answer, frame.size, answer_size);
    return frame.size;
}

/* Thousands of accesses to a port, for which no other vCPU has to wait. */
uint32_t mailbox_ask(enum mailbox_type type, const void *parts[2], const uint32_t sizes[2],
                     void *answer, uint32_t answer_size)
{
    while (busy) {
        lock_release();
        __builtin_ia32_pause();
        lock_take();
    }
    busy = true;
    lock_release();
    uint32_t size = exchange(type, parts, sizes, answer, answer_size);
    lock_take();
    busy = false;
    return size;
}
