/* SPDX-License-Identifier: MIT */
/* The machine's ports as the host gives them to the guest: QEMU's own, less what is ours. */
#pragma once
#include <stdint.h>

void port_init(void);
uint32_t port_in(uint16_t port, unsigned size);
void port_out(uint16_t port, unsigned size, uint32_t value);
