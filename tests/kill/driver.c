/* SPDX-License-Identifier: MIT */
/*
 * The driver of the kill campaign. Reads "ROUNDS SEED\n" from COM2, then crashes the vTPM at every
 * system call (indices.c) and at random times (moments.c), and compares it with a model after each.
 */
#include "other.h"
#include "trial.h"

#define UART_DATA 0
#define UART_STATUS 5
#define UART_RECEIVED 1u

static uint64_t port_in(uint64_t port)
{
    return raw_syscall(SVSM_SYS_HOST_IO, raw_handle("report", SVSM_HANDLE_DEVICE), SVSM_IO_IN8,
                       port, 0, 0, 0)
        .rax;
}

/* A decimal number and the character behind it, from COM2. */
static uint64_t read_number(void)
{
    uint64_t value = 0;
    for (;;) {
        while ((port_in(UART_STATUS) & UART_RECEIVED) == 0) {
        }
        uint64_t c = port_in(UART_DATA);
        if (c < '0' || c > '9') {
            return value;
        }
        value = 10 * value + (c - '0');
    }
}

static bool report_other(void)
{
    struct raw_result r =
        raw_call(raw_handle("other", SVSM_HANDLE_ENDPOINT), OTHER_REPORT, 0, 0, 0, 0);
    const char *why = NULL;
    if (r.r9 != 0) {
        why = "its calls were affected";
    } else if (r.rdx == 0 || r.r10 == 0) {
        why = "it made no calls";
    }
    raw_print("%s other-vcpu hello_calls=%u tpm_commands=%u busy=%u wrong=%u%s%s",
              why == NULL ? "ok" : "not ok", r.rdx, r.r10, r.r8, r.r9, why == NULL ? "" : " - ",
              why == NULL ? "" : why);
    return why == NULL;
}

static bool report(void)
{
    struct svsm_task_status s = vtpm_status();
    if (s.crashes != totals.injections || s.injected != s.crashes || s.replays != totals.replays) {
        trial_fail("counts", "ring 0 counts other crashes or replays than the driver");
    }
    if (s.state != SVSM_TASK_READY) {
        trial_fail("counts", "the vTPM is not ready any more");
    }
    raw_print("ok counts commands=%u injections=%u replays=%u unanswered=%u", totals.trials,
              totals.injections, totals.replays, totals.unanswered);
    raw_print("ok state comparisons=%u losses=%u", model_compares, model_losses);
    raw_print("ok random-output outputs=%u repeated=%u", model_randoms, model_repeats);
    return report_other();
}

static void run(void)
{
    uint64_t rounds = read_number();
    random_seed(read_number());
    const char *why = model_start();
    if (why != NULL) {
        trial_fail("start", why);
    }
    indices_run();
    moments_run(rounds);
    raw_exit(report() ? 0 : 1);
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    if (op != SVSM_OP_INIT) {
        run();
    }
    return 0;
}
