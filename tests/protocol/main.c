/* SPDX-License-Identifier: MIT */
/* The payload's list of tests. */
#include "bridge.h"
#include "protocol.h"

/* In the file, not in .bss: whoever makes the image sets them. */
#define OPTION [[gnu::section(".data.word")]] volatile uint64_t
OPTION option_vcpus = 1;
OPTION option_mode = MODE_CHECKS;
OPTION option_seed = 1;
OPTION option_rounds = 1;

[[gnu::noreturn]] void guest_main(void);
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

static void run_checks(void)
{
    test_secrets();
    test_convention();
    test_registers();
    test_query();
    test_vtom();
    test_remap();
    test_list();
    test_entry();
    test_pages();
    test_large();
    test_create();
    test_vcpu();
    test_vtpm();
}

void guest_main(void)
{
    machine_init();
    ghcb_open();
    machine_memory();
    switch (option_mode) {
    case MODE_FORBIDDEN:
        forbidden_run(option_seed);
        break;
    case MODE_STORM:
        storm_run();
        break;
    case MODE_BRIDGE:
        bridge_run();
        break;
    default:
        run_checks();
    }
    print("# repeats of a call that was busy or incomplete: at most %u\n", call_repeats);
    finish();
}
