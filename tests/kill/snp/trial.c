/* SPDX-License-Identifier: MIT */
/* One trial's pieces, and what they all come to. See guest.h. */
#include "guest.h"
#include <svsm/abi/syscall.h>

struct totals totals;
static const char *current = "start"; /* for messages */

const char *trial_count(const char *why)
{
    checks++;
    failures += why != NULL;
    return why == NULL ? "ok" : "not ok";
}

void trial_fail(const char *name, const char *why)
{
    print("%s %s trial=%u command=%s losses=%u repeated=%u - %s\n", trial_count(why), name,
          totals.trials, current, (unsigned)model_losses, (unsigned)model_repeats, why);
    finish();
}

uint64_t trial_send(struct pending *p)
{
    static struct bytes response;
    const char *why = NULL;

    current = kind_names[p->kind];
    totals.trials++;
    uint64_t result = tpm_call(0, &p->command, &response);
    if (result == SVSM_SUCCESS) {
        why = model_follow(p, &response);
    } else if (result == TPM_HALF) {
        why = "a command that crashed left something in its buffer";
    } else if (result != TPM_CRASHED) {
        why = "an answer that is neither success nor crashed";
    }
    if (why != NULL) {
        trial_fail("state", why);
    }
    totals.crashed += result == TPM_CRASHED;
    return result;
}

struct faults trial_faults(void)
{
    struct faults f = ask_faults();

    totals.own += f.own;
    totals.load += f.load;
    totals.idle += f.idle;
    totals.syscalls |= f.syscalls;
    if (f.wrong != 0) {
        trial_fail("faults", "a crash that nobody asked for, or of another task, or not recorded");
    }
    return f;
}

struct faults trial_end(uint64_t result)
{
    struct faults f = trial_faults();

    if ((result == TPM_CRASHED) != (f.own == 2) || f.own > 2) {
        trial_fail("answer", "unanswered without two crashes, or answered after them");
    }
    const char *why = model_compare();
    if (why != NULL) {
        trial_fail("state", why);
    }
    (void)trial_faults(); /* of the comparison */
    return f;
}

/* Ring 0's counts are the sum of what was seen from here, and each crash has a reason. */
static const char *counts_wrong(const struct counts *c, unsigned crashed)
{
    if (c->crashes != totals.own + totals.load + totals.idle || c->injected != c->crashes) {
        return "ring 0 counts other crashes than were asked for";
    }
    if (c->replays + crashed != totals.own + totals.load) {
        return "a call that crashed was not run a second time, or answered wrongly";
    }
    if (c->state != SVSM_TASK_READY) {
        return "the vTPM is not ready any more";
    }
    return NULL;
}

void trial_report(void)
{
    unsigned crashed = totals.crashed + load_crashed();

    (void)trial_faults();
    struct counts c = ask_counts();
    const char *why = counts_wrong(&c, crashed);
    print("%s counts injections=%u own=%u load=%u idle=%u replays=%u unanswered=%u "
          "vtpm_calls=%u most_repeats=%u%s%s\n",
          trial_count(why), (unsigned)c.crashes, totals.own, totals.load, totals.idle,
          (unsigned)c.replays, crashed, (unsigned)c.calls, call_repeats, why == NULL ? "" : " - ",
          why == NULL ? "" : why);
    why = model_losses == 0 ? NULL : "state was lost";
    print("%s state comparisons=%u losses=%u\n", trial_count(why), (unsigned)model_compares,
          (unsigned)model_losses);
    why = model_repeats == 0 ? NULL : "random bytes came twice";
    print("%s random-output outputs=%u repeated=%u\n", trial_count(why), (unsigned)model_randoms,
          (unsigned)model_repeats);
}
