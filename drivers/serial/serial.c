/* SPDX-License-Identifier: MIT */
/*
 * The serial driver: a task that owns COM2 and nothing else. It turns frames from the host into
 * calls of the vTPM and sends the answers back. Interrupts arrive as event bit 0.
 *
 * Its policy is clean: if it crashes it starts again with empty buffers and says READY; the host's
 * bridge repeats nothing by itself, so a command is never run twice.
 */
#include <svsm/serial_frame.h>
#include <svsm/service.h>

#include <string.h>

/* 16550 registers, from the first port. */
#define DATA 0
#define INTERRUPT_ENABLE 1
#define FIFO_CONTROL 2
#define LINE_CONTROL 3
#define MODEM_CONTROL 4
#define LINE_STATUS 5

#define LINE_DATA 0x01u
#define LINE_EMPTY 0x20u
#define FIFO_BYTES 16u
#define SEND_TRIES 2000000u /* a host that does not read loses the frame, not the driver */

static struct svsm_device uart;
static struct svsm_endpoint vtpm;
static struct serial_receiver receiver;
static struct serial_frame frame;

static void uart_start(void)
{
    svsm_out8(uart, INTERRUPT_ENABLE, 0);
    svsm_out8(uart, LINE_CONTROL, 0x80); /* divisor latch: 115200 baud */
    svsm_out8(uart, DATA, 1);
    svsm_out8(uart, INTERRUPT_ENABLE, 0);
    svsm_out8(uart, LINE_CONTROL, 0x03); /* 8 bits, no parity, 1 stop bit */
    svsm_out8(uart, FIFO_CONTROL, 0x07); /* on, both empty, interrupt at one byte */
    svsm_out8(uart, MODEM_CONTROL, 0x0b);
    svsm_out8(uart, INTERRUPT_ENABLE, 0x01); /* data received */
}

static int wait_empty(void)
{
    for (unsigned i = 0; i < SEND_TRIES; i++) {
        if ((svsm_in8(uart, LINE_STATUS) & LINE_EMPTY) != 0) {
            return 1;
        }
    }
    return 0;
}

static void frame_send(const struct serial_frame *f)
{
    static uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    size_t size = serial_encode(f, bytes);
    for (size_t at = 0; at < size; at += FIFO_BYTES) {
        size_t part = size - at < FIFO_BYTES ? size - at : FIFO_BYTES;
        if (!wait_empty()) {
            svsm_log(SVSM_LOG_WARNING, "the host does not read; a frame is lost");
            return;
        }
        svsm_out_string(uart, DATA, bytes + at, part);
    }
}

static void ready_send(void)
{
    frame = (struct serial_frame){.type = SERIAL_READY};
    frame_send(&frame);
}

/* Put the command in `frame` to the vTPM; its answer is in `frame` afterwards. */
static void command_run(void)
{
    static uint8_t response[SERIAL_PAYLOAD_MAX];
    uint64_t args[SVSM_ARGS];
    uint32_t result = 0;
    enum svsm_err err;
    do {
        args[0] = (uint64_t)(uintptr_t)frame.payload;
        args[1] = frame.len;
        args[2] = (uint64_t)(uintptr_t)response;
        args[3] = sizeof(response);
        err = svsm_call(vtpm, 0, args, &result);
    } while (err == SVSM_E_INCOMPLETE);
    if (err == SVSM_OK) {
        frame.type = SERIAL_RESPONSE;
        frame.len = (uint32_t)args[3];
        memcpy(frame.payload, response, frame.len);
    } else {
        frame.type = SERIAL_ERROR;
        frame.len = sizeof(result);
        memcpy(frame.payload, &result, sizeof(result));
    }
    frame_send(&frame);
}

static void frame_handle(void)
{
    switch (frame.type) {
    case SERIAL_COMMAND:
        command_run();
        break;
    case SERIAL_RESET:
        ready_send();
        break;
    default:
        break; /* nothing the host has to say */
    }
}

static void serial_event(uint64_t bits)
{
    (void)bits;
    while ((svsm_in8(uart, LINE_STATUS) & LINE_DATA) != 0) {
        if (serial_receive(&receiver, svsm_in8(uart, DATA), &frame)) {
            frame_handle();
        }
    }
}

static enum svsm_err serial_init(void)
{
    uart = svsm_device("com2");
    vtpm = svsm_endpoint("vtpm");
    uart_start();
    ready_send();
    return SVSM_OK;
}

const struct svsm_service svsm_service = {
    .init = serial_init,
    .event = serial_event,
};
