/* SPDX-License-Identifier: MIT */
/*
 * The ends of a run. Each prints one line and makes QEMU exit through its test device, whose exit
 * status is twice the value and one:
 *   exit code=N                                the guest ended itself by port F4h
 *   terminate set=N reason=N detail=X ...      the guest ended itself by the GHCB
 *   stop KIND rule=NAME vcpu=N vmpl=N rip=X ...  hardware or host refused to go on
 *   stop emulator why=...                      a fault or a limit of the emulator itself
 */
#pragma once
#include <stdint.h>

#define STOP_STATUS_REFUSED 62u    /* QEMU: 125 */
#define STOP_STATUS_TERMINATED 61u /* QEMU: 123 */

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
