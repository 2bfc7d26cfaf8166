/* SPDX-License-Identifier: MIT */
/*
 * The TPM on COM3: frames of svsm/serial_frame.h, as the serial driver of the native platform
 * speaks them on COM2, each command as a vTPM call. So svsm-run and all that comes behind it reach
 * the TPM by way of VMPL2. It goes on until the machine is ended from outside.
 */
/* SAFETY: a test guest; buffers are memory of its own. */
#include "protocol.h"
#include "bridge.h"
#include <svsm/abi/svsm_services.h>
#include <svsm/serial_frame.h>

#define COM3 0x3e8u
#define INTERRUPT_ENABLE 1u
#define FIFO_CONTROL 2u
#define LINE_CONTROL 3u
#define MODEM_CONTROL 4u
#define LINE_STATUS 5u
#define LINE_DATA 0x01u
#define LINE_EMPTY 0x20u
#define FIFO_BYTES 16u
#define FOREVER 1000000000u

static struct serial_receiver receiver;
static struct serial_frame frame;

static uint8_t in8(uint16_t port)
{
    ghcb_begin();
    GHCB_SET(rax, 0);
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(port, 1, VMEXIT_IOIO_IN), 0);
    return (uint8_t)the_ghcb->rax;
}

static void uart_start(void)
{
    ghcb_out(COM3 + INTERRUPT_ENABLE, 1, 0);
    ghcb_out(COM3 + LINE_CONTROL, 1, 0x80); /* divisor latch: 115200 baud */
    ghcb_out(COM3, 1, 1);
    ghcb_out(COM3 + INTERRUPT_ENABLE, 1, 0);
    ghcb_out(COM3 + LINE_CONTROL, 1, 0x03); /* 8 bits, no parity, 1 stop bit */
    ghcb_out(COM3 + FIFO_CONTROL, 1, 0x07);
    ghcb_out(COM3 + MODEM_CONTROL, 1, 0x03);
}

static void out_string(const uint8_t *bytes, unsigned count)
{
    ghcb_begin();
    for (unsigned i = 0; i < count; i++) {
        the_ghcb->shared_buffer[i] = bytes[i];
    }
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ghcb_ask(VMEXIT_IOIO,
             vmexit_ioio(COM3, 1,
                         VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP | VMEXIT_IOIO_ADDRESS_64 |
                             3u << VMEXIT_IOIO_SEGMENT_SHIFT),
             count);
}

static void frame_send(void)
{
    static uint8_t bytes[SERIAL_FRAME_HEADER + SERIAL_PAYLOAD_MAX];
    size_t size = serial_encode(&frame, bytes);

    for (size_t at = 0; at < size; at += FIFO_BYTES) {
        size_t part = size - at < FIFO_BYTES ? size - at : FIFO_BYTES;
        for (unsigned i = 0; i < FOREVER && (in8(COM3 + LINE_STATUS) & LINE_EMPTY) == 0; i++) {
            cpu_pause();
        }
        out_string(bytes + at, (unsigned)part);
    }
}

static void command_run(void)
{
    uint8_t *buffer = (uint8_t *)PAGE_TPM;
    struct svsm_vtpm_request *request = (struct svsm_vtpm_request *)buffer;
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), .rcx = PAGE_TPM};
    uint64_t answer = SVSM_ERR_INVALID_PARAMETER;
    uint32_t size = 0;

    if (frame.len <= SVSM_VTPM_COMMAND_MAX) {
        request->command = SVSM_VTPM_SEND_COMMAND;
        request->locality = 0;
        request->size = frame.len;
        memory_copy(PAGE_TPM + sizeof(*request), frame.payload, frame.len);
        answer = call_make(&c);
    }
    size = *(volatile uint32_t *)PAGE_TPM;
    if (answer == SVSM_SUCCESS && size <= SVSM_VTPM_RESPONSE_MAX) {
        frame.type = SERIAL_RESPONSE;
        frame.len = size;
        memory_copy((uint64_t)frame.payload, buffer + sizeof(struct svsm_vtpm_response), size);
    } else {
        frame.type = SERIAL_ERROR;
        frame.len = sizeof(uint32_t);
        memory_copy((uint64_t)frame.payload, &answer, sizeof(uint32_t));
    }
    frame_send();
}

static void ready_send(void)
{
    frame.type = SERIAL_READY;
    frame.sequence = 0;
    frame.len = 0;
    frame_send();
}

void bridge_run(void)
{
    uart_start();
    print("# bridge\n");
    ready_send();
    for (;;) {
        if ((in8(COM3 + LINE_STATUS) & LINE_DATA) == 0) {
            continue;
        }
        if (serial_receive(&receiver, in8(COM3), &frame) == 0) {
            continue;
        }
        if (frame.type == SERIAL_COMMAND) {
            command_run();
        } else if (frame.type == SERIAL_RESET) {
            ready_send();
        }
    }
}
