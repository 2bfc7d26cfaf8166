/* SPDX-License-Identifier: MIT */
/* Accesses that hardware refuses: each is the last thing of its machine, and the check is that
 * nothing comes behind it. */
/* SAFETY: a test guest; that these accesses are not allowed is what they are for. */
#include "protocol.h"

#define CREATED PAGE_TEST(24)

static void write_at(uint64_t gpa)
{
    *word_at(gpa) = 1;
}

static void run_at(uint64_t gpa)
{
    ((void (*)(void))gpa)();
}

/* The page of a save area that was just created: for the SVSM alone to write. */
static uint64_t created(void)
{
    unsigned cpu = option_vcpus > 1 ? 1 : 0;

    cpu_fill(CREATED, cpu);
    check(call_core(SVSM_CORE_CREATE_VCPU, CREATED, PAGE_AP_CA(cpu), cpu), SVSM_SUCCESS,
          "forbidden/create");
    return CREATED;
}

void forbidden_run(uint64_t number)
{
    switch (number) {
    case 1:
        write_at(svsm_start());
        break;
    case 2:
        (void)*word_at(svsm_start());
        break;
    case 3:
        (void)*word_at(svsm_start() + 3 * PAGE_SIZE); /* our own save area */
        break;
    case 4:
        write_at(svsm_start() + 3 * PAGE_SIZE);
        break;
    case 5:
        run_at(svsm_start() + 16 * PAGE_SIZE);
        break;
    case 6:
        write_at(svsm_end() - PAGE_SIZE);
        break;
    default:
        write_at(created() + offsetof(struct vmsa, rip));
    }
    check(1, 0, "forbidden/%u-goes-on", (unsigned)number);
}
