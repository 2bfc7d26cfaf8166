/* SPDX-License-Identifier: MIT */
/* One trial's pieces. See trial.h. */
#include "trial.h"
#include "other.h"

struct totals totals;
uint64_t duration_ns[KINDS];

static uint64_t fault_seen;
static enum kind current; /* for messages */

void trial_fail(const char *name, const char *why)
{
    raw_print("not ok %s trial=%u command=%s injections=%u losses=%u repeated=%u - %s", name,
              totals.trials, kind_names[current], totals.injections, model_losses, model_repeats,
              why);
    raw_exit(1);
}

uint64_t tpm_send(const struct bytes *command, struct bytes *response)
{
    static uint32_t endpoint = UINT32_MAX;
    uint64_t result;
    if (endpoint == UINT32_MAX) {
        endpoint = raw_handle("vtpm", SVSM_HANDLE_ENDPOINT);
    }
    do {
        result = command_send(endpoint, command, response);
    } while (result == SVSM_ERR_BUSY);
    return result;
}

static uint64_t control(enum svsm_task_ctl what, uint64_t a, uint64_t b)
{
    return raw_syscall(SVSM_SYS_TASK_CTL, raw_handle("vtpm-kill", SVSM_HANDLE_CONTROL), what, a, b,
                       0, 0)
        .rax;
}

struct svsm_task_status vtpm_status(void)
{
    static struct svsm_task_status s;
    (void)control(SVSM_CTL_STATUS, (uint64_t)(uintptr_t)&s, 0);
    return s;
}

void vtpm_inject(enum svsm_task_ctl what, uint64_t value, uint64_t again)
{
    (void)control(what, value, again);
}

void vtpm_kill(void)
{
    (void)control(SVSM_CTL_KILL, 0, 0);
}

void gate(bool closed)
{
    uint32_t other = raw_handle("other", SVSM_HANDLE_ENDPOINT);
    while (raw_call(other, OTHER_GATE, closed, 0, 0, 0).rdx != 0 && closed) {
    }
}

static void fault_sort(struct faults *f, const struct svsm_fault *r)
{
    f->count++;
    if (r->cause != SVSM_FAULT_INJECTED && r->cause != SVSM_FAULT_KILLED) {
        f->strange++;
    } else if (r->rip == 0) {
        f->idle++;
    } else if (r->vcpu != 0) {
        f->other++;
    } else {
        f->own++;
        f->computing += r->syscall == 0xff;
        totals.syscalls_hit |= r->syscall == 0xff ? 0 : UINT64_C(1) << r->syscall;
    }
}

struct faults faults_since(void)
{
    static struct svsm_fault r;
    struct faults f = {0};
    while (control(SVSM_CTL_FAULT_READ, fault_seen, (uint64_t)(uintptr_t)&r) == SVSM_SUCCESS) {
        fault_seen = r.sequence;
        fault_sort(&f, &r);
    }
    return f;
}

uint64_t trial_send(struct pending *p)
{
    static struct bytes response;
    const char *why = NULL;
    current = p->kind;
    totals.trials++;
    uint64_t result = tpm_send(&p->command, &response);
    if (result == SVSM_SUCCESS) {
        why = model_follow(p, &response);
    } else if (result != SVSM_ERR_CRASHED) {
        why = "an answer that is neither success nor crashed";
    }
    if (why != NULL) {
        trial_fail("state", why);
    }
    return result;
}

void trial_end(const struct faults *f)
{
    totals.injections += f->count;
    if (f->strange != 0) {
        trial_fail("state", "the vTPM crashed by itself");
    }
    const char *why = model_compare();
    if (why != NULL) {
        trial_fail("state", why);
    }
}
