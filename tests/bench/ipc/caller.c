/* SPDX-License-Identifier: MIT */
/*
 * The IPC benchmark's caller: prints instructions (least and most of many rounds, equal unless a
 * timer tick fell into one), CR3 writes and committed pages of each kind of call on COM2. ipc.sh
 * compares them with the gates.
 */
#include "measure.h"
#include "../../tasks/raw.h"

#define ROUNDS 200
#define IN SVSM_HEAP_VA
#define OUT (SVSM_HEAP_VA + 8192)

struct figure {
    uint64_t least, most, space_loads, pages;
};

static struct svsm_task_status status(const char *task)
{
    static struct svsm_task_status s;
    (void)raw_syscall(SVSM_SYS_TASK_CTL, raw_handle(task, SVSM_HANDLE_CONTROL), SVSM_CTL_STATUS,
                      (uint64_t)(uintptr_t)&s, 0, 0, 0);
    return s;
}

static void count(struct call *call, uint64_t overhead, struct figure *f)
{
    uint64_t n = measure_call(call) - overhead;
    if (call->result != SVSM_SUCCESS) {
        raw_panic(3, "a measured call failed");
    }
    f->least = n < f->least ? n : f->least;
    f->most = n > f->most ? n : f->most;
}

static struct figure measure(const char *task, const char *endpoint, struct call call,
                             unsigned rounds)
{
    struct figure f = {UINT64_MAX, 0, 0, 0};
    uint64_t overhead = measure_empty();
    call.handle = raw_handle(endpoint, SVSM_HANDLE_ENDPOINT);
    (void)measure_call(&call);
    for (unsigned i = 0; i < rounds; i++) {
        count(&call, overhead, &f);
    }
    uint64_t loads = status(task).space_loads;
    (void)measure_call(&call);
    f.space_loads = status(task).space_loads - loads;
    f.pages = status(task).commit_pages;
    return f;
}

static void report(const char *name, const char *endpoint, uint64_t op, uint64_t size)
{
    struct call call = {.op = op, .args = {size == 0 ? 0 : IN, size, size == 0 ? 0 : OUT, size}};
    struct figure f = measure("clean", endpoint, call, ROUNDS);
    raw_print("figure %s %u %u %u", name, f.least, f.most, f.space_loads);
}

static void report_rollback(const char *name, uint64_t op, uint64_t pages)
{
    struct call call = {.op = op, .args = {0, pages, 0, 0}};
    struct figure f = measure("rollback", "rollback", call, ROUNDS);
    raw_print("figure %s %u %u %u %u", name, f.least, f.most, f.space_loads, f.pages);
}

/* A TPM command that has nothing but a 16-bit parameter, or not even that (size 10). */
static struct call tpm_command(uint32_t code, uint32_t size, uint8_t parameter)
{
    uint8_t *p = (uint8_t *)IN; /* SAFETY: the task's heap */
    const uint8_t command[12] = {
        [0] = 0x80,          [1] = 1,         [5] = (uint8_t)size, [8] = (uint8_t)(code >> 8),
        [9] = (uint8_t)code, [11] = parameter};
    for (uint32_t i = 0; i < size; i++) {
        p[i] = command[i];
    }
    return (struct call){.op = 0, .args = {IN, size, OUT, 4096}};
}

/* The figure is worth something only if the TPM answered `code`. */
static void report_tpm(const char *name, struct call call, uint32_t code)
{
    const uint8_t *r = (const uint8_t *)OUT; /* SAFETY: the task's heap */
    struct figure f = measure("vtpm", "vtpm", call, 20);
    if ((uint32_t)(r[8] << 8 | r[9]) != code) {
        raw_panic(4, "the TPM answered something else");
    }
    raw_print("figure %s %u %u %u %u", name, f.least, f.most, f.space_loads, f.pages);
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a0;
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    if (op == SVSM_OP_INIT) {
        return 0;
    }
    raw_print("unit %u", measure_loop(10000) - measure_loop(1));
    report("null", "clean", 0, 0);
    report("window-64", "clean", 1, 64);
    report("window-1024", "clean", 1, 1024);
    report("window-4096", "clean", 1, 4096);
    report("lease-write-64", "clean", 2, 64);
    report("lease-write-1024", "clean", 2, 1024);
    report("two-deep", "middle", 0, 0);
    report_rollback("null-rollback", 0, 0);
    report_rollback("dirty-1-rollback", 1, 1);
    report_rollback("dirty-16-rollback", 1, 16);
    /* The vTPM's QUERY as a guest asks it; the way into VMPL0 and out is not in it. */
    struct figure query = measure("vtpm", "vtpm-guest", (struct call){.op = 0}, 20);
    raw_print("figure vtpm-query %u %u %u %u", query.least, query.most, query.space_loads,
              query.pages);
    report_tpm("vtpm-no-such-command", tpm_command(0, 10, 0), 0x143);
    struct call startup = tpm_command(0x144, 12, 0);
    startup.handle = raw_handle("vtpm", SVSM_HANDLE_ENDPOINT);
    (void)measure_call(&startup);
    report_tpm("vtpm-getrandom-16", tpm_command(0x17b, 12, 16), 0);
    /* Shutdown(STATE): writes the whole permanent state. */
    report_tpm("vtpm-shutdown", tpm_command(0x145, 12, 1), 0);
    raw_exit(0);
}
