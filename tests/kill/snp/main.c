/* SPDX-License-Identifier: MIT */
/* The guest's list of what it does. See guest.h. */
#include "guest.h"
#include "../../protocol/start.h"

/* In the file, not in .bss: whoever makes the image sets them. */
#define OPTION [[gnu::section(".data.word")]] volatile uint64_t
OPTION option_vcpus = 5;
OPTION option_mode = 0;
OPTION option_seed = 1;
OPTION option_rounds = 1;

[[gnu::noreturn]] void guest_main(void);

static void trial_job(unsigned cpu)
{
    (void)cpu;
    indices_run();
    moments_run((unsigned)option_rounds);
    load_end();
}

static void job_of(unsigned cpu)
{
    cpu == 0 ? trial_job(cpu) : load_job(cpu);
}

void guest_main(void)
{
    start_guest();
    print("# start\n");
    random_seed(option_seed);
    const char *why = model_start();
    if (why != NULL) {
        trial_fail("start", why);
    }
    check(cpu_all((unsigned)option_vcpus, job_of), true, "all-run");
    load_report();
    trial_report();
    why = model_compare();
    check(why == NULL && tpm_query() == SVSM_SUCCESS, true, "lives-on");
    finish();
}
