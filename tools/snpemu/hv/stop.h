/* SPDX-License-Identifier: MIT */
/*
 * The ends of a run. Each prints one line of wire/lines.h, the last that the machine says, and
 * makes QEMU exit through its test device, whose exit status is twice the value and one.
 */
#pragma once
#include <stdint.h>

#define STOP_STATUS_REFUSED 62u    /* QEMU: 125 */
#define STOP_STATUS_TERMINATED 61u /* QEMU: 123 */
#define STOP_STATUS_OFF 0u
#define STOP_STATUS_RESET 1u

[[gnu::noreturn]] void stop_machine(uint32_t status);

/* Something that the emulator cannot do or that must not happen; why is one sentence. */
[[gnu::noreturn]] void stop_emulator(const char *why);

/* An invariant; on always, never for what a guest or the host program says. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            stop_emulator("check failed: " #condition);                                            \
        }                                                                                          \
    } while (0)
