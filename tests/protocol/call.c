/* SPDX-License-Identifier: MIT */
/* Calls, as guests make them. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "protocol.h"

#define REPEATS 1000000u

enum via call_via = VIA_GHCB;
unsigned call_repeats;
static uint64_t areas[CPUS_MAX] = {PAYLOAD_CAA};

volatile struct svsm_calling_area *call_area(void)
{
    return (volatile struct svsm_calling_area *)areas[cpu_self()];
}

void call_area_of(unsigned cpu, uint64_t gpa)
{
    areas[cpu] = gpa;
}

void call_area_set(uint64_t gpa)
{
    areas[cpu_self()] = gpa;
}

static bool exit_by_msr(struct call *c)
{
    uint64_t saved = msr_read(SNP_MSR_GHCB);

    msr_write(SNP_MSR_GHCB, ghcb_msr_run_vmpl(0));
    call_enter(c);
    uint64_t answer = msr_read(SNP_MSR_GHCB);
    msr_write(SNP_MSR_GHCB, saved);
    return answer == GHCB_MSR_RUN_VMPL_RESPONSE;
}

static bool exit_by_ghcb(struct call *c)
{
    ghcb_begin();
    GHCB_SET(sw_exitcode, GHCB_EVENT_RUN_VMPL);
    GHCB_SET(sw_exitinfo1, 0);
    GHCB_SET(sw_exitinfo2, 0);
    msr_write(SNP_MSR_GHCB, PAGE_GHCB);
    call_enter(c);
    return (uint32_t)the_ghcb->sw_exitinfo1 == GHCB_RESULT_OK;
}

bool call_exit(struct call *c, enum via via)
{
    return via == VIA_GHCB && cpu_self() == 0 ? exit_by_ghcb(c) : exit_by_msr(c);
}

static uint64_t call_once(struct call *c)
{
    volatile struct svsm_calling_area *area = call_area();
    uint8_t pending = 0;

    area->call_pending = 1;
    bool good = call_exit(c, call_via);
    asm volatile("xchgb %0, %1" : "+q"(pending), "+m"(area->call_pending) : : "memory");
    return good && pending == 0 ? c->rax : CALL_LOST;
}

uint64_t call_make(struct call *c)
{
    uint64_t rax = c->rax;
    uint64_t answer = CALL_LOST;
    unsigned repeats = 0;

    for (; repeats < REPEATS; repeats++) {
        c->rax = rax;
        answer = call_once(c);
        if (answer != SVSM_ERR_BUSY && answer != SVSM_ERR_INCOMPLETE) {
            break;
        }
    }
    if (cpu_self() == 0 && repeats > call_repeats) {
        call_repeats = repeats;
    }
    return answer;
}

uint64_t call_core(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct call c = {
        .rax = svsm_call_rax(SVSM_PROTOCOL_CORE, number), .rcx = rcx, .rdx = rdx, .r8 = r8};

    return call_make(&c);
}

void call_refused(uint64_t want, uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8,
                  const char *name, ...)
{
    struct call c = {.rax = rax, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = 0x9999};
    uint64_t got = call_make(&c);
    va_list arguments;

    if (got == want && (c.rcx != rcx || c.rdx != rdx || c.r8 != r8 || c.r9 != 0x9999)) {
        got = 0xbad0000000000000; /* a register changed */
    }
    va_start(arguments, name);
    check_list(got, want, name, arguments);
    va_end(arguments);
}
