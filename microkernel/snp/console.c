/* SPDX-License-Identifier: MIT */
/* COM1 of the host, a line at a time, in images that the launch page lets print. */
#include <log/ring.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <svsm/abi/ghcb.h>

#define COM1 UINT16_C(0x3f8)

void console_init(void)
{
}

void console_write(const char *text, size_t len)
{
    if (!machine_prints() || !ghcb_ready()) {
        return;
    }
    for (size_t done = 0; done < len; done += GHCB_BUFFER_SIZE) {
        size_t part = len - done < GHCB_BUFFER_SIZE ? len - done : GHCB_BUFFER_SIZE;
        if (!ghcb_port_string(COM1, text + done, part)) {
            return; /* the host's loss */
        }
    }
}
