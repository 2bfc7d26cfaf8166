/* SPDX-License-Identifier: MIT */
#include "stop.h"
#include "../wire/lines.h"
#include "io.h"
#include "log.h"

#define EXIT_PORT 0xf4

void stop_machine(uint32_t status)
{
    io_out32(EXIT_PORT, status);
    for (;;) {
        /* SAFETY: nothing runs any more. */
        asm volatile("cli; hlt");
    }
}

void stop_emulator(const char *why)
{
    log_line(LINES_STOP " " LINES_STOP_EMULATOR " why=%s", why);
    stop_machine(STOP_STATUS_REFUSED);
}
