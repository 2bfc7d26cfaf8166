/* SPDX-License-Identifier: MIT */
/*
 * svsm-tpm-guest: what `tools/svsm run` puts at VMPL2 when the user has no guest: it passes on TPM
 * commands and does nothing else.
 */
#include "bridge.h"
#include "protocol.h"
#include "start.h"

volatile uint64_t option_vcpus = 1, option_mode = MODE_BRIDGE, option_seed, option_rounds;

[[gnu::noreturn]] void guest_main(void);

void guest_main(void)
{
    start_guest();
    bridge_run();
}
