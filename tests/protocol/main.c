/* SPDX-License-Identifier: MIT */
/* The payload's list of tests. */
#include "bridge.h"
#include "protocol.h"
#include "start.h"

/* In the file, not in .bss: whoever makes the image sets them. */
#define OPTION [[gnu::section(".data.word")]] volatile uint64_t
OPTION option_vcpus = 1;
OPTION option_mode = MODE_CHECKS;
OPTION option_seed = 1;
OPTION option_rounds = 1;

[[gnu::noreturn]] void guest_main(void);

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
    start_guest();
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
