/* SPDX-License-Identifier: MIT */
#include "interrupt.h"
#include "io.h"
#include "machine.h"

/* The two 8259s; ICW1 asks for ICW4, ICW2 is the base, ICW3 the cascade at 2, ICW4 8086 mode. */
#define PIC1 0x20
#define PIC2 0xa0
#define PIC_ICW1 0x11
#define PIC_CASCADE 2
#define PIC_ICW4 0x01
#define PIC_ALL 0xff

static void pic_init(uint16_t port, uint8_t base, uint8_t cascade)
{
    io_out8(port, PIC_ICW1);
    io_out8(port + 1, base);
    io_out8(port + 1, cascade);
    io_out8(port + 1, PIC_ICW4);
    io_out8(port + 1, PIC_ALL);
}

void interrupt_init(void)
{
    /* Firmware left them at vectors that are exceptions. The guest sets them as it likes. */
    pic_init(PIC1, 0x20, 1u << PIC_CASCADE);
    pic_init(PIC2, 0x28, PIC_CASCADE);
}

void interrupt_arrived(uint8_t vector)
{
    vcpu_this()->pending[vector / 64] |= UINT64_C(1) << vector % 64;
}

int interrupt_pending(void)
{
    const uint64_t *pending = vcpu_this()->pending;

    for (int i = 3; i >= 0; i--) {
        if (pending[i] != 0) {
            return i * 64 + 63 - __builtin_clzll(pending[i]);
        }
    }
    return -1;
}

void interrupt_taken(uint8_t vector)
{
    vcpu_this()->pending[vector / 64] &= ~(UINT64_C(1) << vector % 64);
}
