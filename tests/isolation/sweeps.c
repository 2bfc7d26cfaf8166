/* SPDX-License-Identifier: MIT */
/* The director's sweeps: one line for each kind of probe, and one for each probe that failed. */
#include "director.h"

#define POINTER_NAME(name, size, write, huge) "pointers_" #name,
static const char *const names[PROBE_KINDS] = {
    PROBE_POINTERS(POINTER_NAME) "handles_call",
    "handles_notify",
    "handles_host_io",
    "handles_task_ctl",
    "handles_snp_request",
    "handles_log_read",
    "numbers",
};

/* Commit one probe; `cause` must come of it. 1: it was skipped, being no misuse. */
static int probe(enum probe_kind kind, uint32_t area, uint32_t form, uint32_t cause)
{
    static struct outcome o;
    o = director_call(0, ACT_PROBE, kind, area, form);
    if (kind >= PROBE_POINTER_KINDS && o.result == PROBE_SKIPPED) {
        return 1;
    }
    uint64_t result = SVSM_ERR_CRASHED;
    if (cause == PROBE_REFUSED) {
        result = SVSM_ERR_INVALID_PARAMETER;
        cause = 0;
    } else if (cause == 0) {
        result = SVSM_SUCCESS;
    }
    int fine = o.result == result && o.fault.cause == cause;
    if (!fine || o.damage != NULL) {
        raw_print("# %s area %u form %u", names[kind], (uint64_t)area, (uint64_t)form);
    }
    director_judge(NULL, &o, fine);
    return 0;
}

static uint32_t pointers(enum probe_kind kind)
{
    uint32_t count = 0;
    for (uint32_t area = 0; area < PROBE_AREAS; area++) {
        for (uint32_t form = 0; form < PROBE_FORMS; form++) {
            if (probe_exists(kind, area, form)) {
                (void)probe(kind, area, form, probe_expected(kind, area, form));
                count++;
            }
        }
    }
    return count;
}

static uint32_t values(enum probe_kind kind)
{
    uint32_t count = 0;
    uint32_t tried = kind == PROBE_number ? PROBE_NUMBERS : PROBE_HANDLES;
    uint32_t cause = kind == PROBE_number ? SVSM_FAULT_SYSCALL : SVSM_FAULT_HANDLE;
    for (uint32_t i = 0; i < tried; i++) {
        if (!probe(kind, i, 0, cause)) {
            count++;
        }
    }
    return count;
}

void director_sweep(void)
{
    for (uint32_t kind = 0; kind < PROBE_KINDS; kind++) {
        uint32_t escaped = director_escaped;
        uint32_t count = kind < PROBE_POINTER_KINDS ? pointers((enum probe_kind)kind)
                                                    : values((enum probe_kind)kind);
        if (director_escaped == escaped) {
            raw_print("ok %s acts=%u", names[kind], (uint64_t)count);
        } else {
            raw_print("not ok %s - %u of %u", names[kind], (uint64_t)(director_escaped - escaped),
                      (uint64_t)count);
        }
    }
}
