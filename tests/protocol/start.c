/* SPDX-License-Identifier: MIT */
/* The guest's first steps, the same for every payload of this folder. */
#include "start.h"
#include "protocol.h"

void machine_memory(void);

/* The page of the GHCB is validated at first: the SVSM takes that back, then the host gets it. */
static void ghcb_open(void)
{
    call_via = VIA_MSR;
    uint64_t answer = list_one(ENTRY_RESCIND(PAGE_GHCB));
    if (answer != SVSM_SUCCESS) {
        msr_ask(ghcb_msr_terminate(7, answer == CALL_LOST ? 0x10 : 0x11));
    }
    ghcb_init();
    call_via = VIA_GHCB;
}

void start_guest(void)
{
    machine_init();
    ghcb_open();
    machine_memory();
}
