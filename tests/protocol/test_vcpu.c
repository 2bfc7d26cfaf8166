/* SPDX-License-Identifier: MIT */
/* vCPUs that come, run and go. */
#include "protocol.h"
#include <svsm/abi/svsm_services.h>

#define CREATE svsm_call_rax(0, SVSM_CORE_CREATE_VCPU)
#define DELETE svsm_call_rax(0, SVSM_CORE_DELETE_VCPU)
#define PATIENCE 2000000u
#define IN_USE (SVSM_ERR_PROTOCOL_BASE + SNP_FAIL_INUSE)

static volatile struct seen {
    uint64_t versions, pending, lost, status;
    unsigned cpu;
} seen[CPUS_MAX];

static void look_around(unsigned cpu)
{
    struct call c = {.rax = svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), .rcx = svsm_query(0, 1)};

    seen[cpu].cpu = cpu;
    seen[cpu].status = msr_read(SNP_MSR_SEV_STATUS);
    seen[cpu].lost = call_make(&c);
    seen[cpu].versions = c.rcx;
    seen[cpu].pending = call_area()->call_pending;
}

/* While a save area is registered its page belongs to the SVSM, its calling area stays one. */
static void owned(uint64_t vmsa, uint64_t area, unsigned cpu)
{
    call_refused(SVSM_ERR_INVALID_ADDRESS, svsm_call_rax(0, SVSM_CORE_REMAP_CA), vmsa, 2, 3,
                 "vcpu/%u-remap-to-save-area", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, svsm_call_rax(0, SVSM_CORE_REMAP_CA), area, 2, 3,
                 "vcpu/%u-remap-to-its-calling-area", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, svsm_call_rax(0, SVSM_CORE_PVALIDATE), vmsa, 2, 3,
                 "vcpu/%u-list-in-save-area", cpu);
    check(list_one(ENTRY_RESCIND(vmsa)), SVSM_ERR_INVALID_ADDRESS, "vcpu/%u-rescind-save-area",
          cpu);
    check(list_one(ENTRY_VALIDATE(vmsa) | SVSM_ENTRY_IGNORE_CF), SVSM_ERR_INVALID_ADDRESS,
          "vcpu/%u-validate-save-area", cpu);
    check(list_one(ENTRY_RESCIND(area)), SVSM_ERR_INVALID_ADDRESS, "vcpu/%u-rescind-calling-area",
          cpu);
    check(list_one((vmsa & ~(SNP_SIZE_2M - 1)) | ENTRY_2M), SVSM_ERR_INVALID_ADDRESS,
          "vcpu/%u-large-with-save-area", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, vmsa, area, cpu, "vcpu/%u-create-again", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, PAGE_TEST(24), vmsa, cpu,
                 "vcpu/%u-save-area-as-calling-area", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, area, PAGE_TEST(25), cpu,
                 "vcpu/%u-calling-area-as-save-area", cpu);
    cpu_fill(PAGE_TEST(24), cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CREATE, PAGE_TEST(24), (uint64_t)call_area(), cpu,
                 "vcpu/%u-calling-area-of-other", cpu);
    call_refused(SVSM_ERR_INVALID_ADDRESS, svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD), vmsa,
                 2, 3, "vcpu/%u-tpm-buffer-in-save-area", cpu);
}

/* The page is the guest's again, with all rights and nothing registered. */
static void given_back(uint64_t vmsa, unsigned cpu, const char *name)
{
    call_refused(SVSM_ERR_INVALID_PARAMETER, DELETE, vmsa, 2, 3, "vcpu/%u-%s-twice", cpu, name);
    check_fault(memory_read(vmsa), NO_FAULT, 0, "vcpu/%u-%s-readable", cpu, name);
    memory_fill(vmsa, 0x99, PAGE_SIZE);
    check(memory_differs(vmsa, 0x99, PAGE_SIZE), 0, "vcpu/%u-%s-writable", cpu, name);
    check(list_one(ENTRY_RESCIND(vmsa)), SVSM_SUCCESS, "vcpu/%u-%s-rescind", cpu, name);
    check(list_one(ENTRY_VALIDATE(vmsa)), SVSM_SUCCESS, "vcpu/%u-%s-validate", cpu, name);
}

static void test_one(unsigned cpu)
{
    uint64_t vmsa = PAGE_AP_VMSA(cpu, 0);

    check(cpu_start(cpu, look_around), true, "vcpu/%u-start", cpu);
    check(cpu_wait(cpu), true, "vcpu/%u-runs", cpu);
    check(seen[cpu].cpu, cpu, "vcpu/%u-its-stack", cpu);
    check(seen[cpu].status, msr_read(SNP_MSR_SEV_STATUS), "vcpu/%u-status", cpu);
    check(seen[cpu].lost, SVSM_SUCCESS, "vcpu/%u-its-call", cpu);
    check(seen[cpu].versions, svsm_versions(1, 1), "vcpu/%u-its-answer", cpu);
    check(seen[cpu].pending, 0, "vcpu/%u-its-pending", cpu);
    owned(vmsa, PAGE_AP_CA(cpu), cpu);
    check(cpu_stop(cpu), SVSM_SUCCESS, "vcpu/%u-stop", cpu);
    given_back(vmsa, cpu, "deleted");
}

/* A vCPU deletes its own save area: the call does not come back. */
static void delete_self(unsigned cpu)
{
    seen[cpu].cpu = cpu + 100;
    (void)call_core(SVSM_CORE_DELETE_VCPU, PAGE_AP_VMSA(cpu, 0), 0, 0);
    seen[cpu].cpu = cpu + 200;
    for (;;) {
        cpu_pause();
    }
}

static void test_self(unsigned cpu)
{
    uint64_t vmsa = PAGE_AP_VMSA(cpu, 0);
    uint64_t answer = SVSM_ERR_INVALID_ADDRESS;

    seen[cpu].cpu = 0;
    check(cpu_start(cpu, delete_self), true, "vcpu/%u-self-start", cpu);
    for (unsigned i = 0; i < PATIENCE && answer == SVSM_ERR_INVALID_ADDRESS; i++) {
        answer = list_one(ENTRY_VALIDATE(vmsa)); /* what it says to a save area, and to a page */
    }
    check(answer, SVSM_ERR_CORE_UNCHANGED, "vcpu/%u-self-deleted", cpu);
    check(seen[cpu].cpu, cpu + 100, "vcpu/%u-self-does-not-return", cpu);
    given_back(vmsa, cpu, "self-deleted");
    check(cpu_start(cpu, look_around), true, "vcpu/%u-self-start-again", cpu);
    check(cpu_wait(cpu), true, "vcpu/%u-self-runs-again", cpu);
    check(cpu_stop(cpu), SVSM_SUCCESS, "vcpu/%u-self-stop", cpu);
}

/* As Linux: a new save area with the same calling area, then the old one goes. */
static void test_superseded(unsigned cpu)
{
    uint64_t old = PAGE_AP_VMSA(cpu, 0);
    uint64_t new = PAGE_AP_VMSA(cpu, 1);

    check(cpu_start(cpu, look_around), true, "vcpu/%u-first-start", cpu);
    check(cpu_wait(cpu), true, "vcpu/%u-first-runs", cpu);
    check(cpu_host(cpu, GHCB_AP_DESTROY, old), true, "vcpu/%u-first-dropped-by-host", cpu);
    seen[cpu].cpu = 0;
    cpu_fill(new, cpu);
    check(call_core(SVSM_CORE_CREATE_VCPU, new, PAGE_AP_CA(cpu), cpu), SVSM_SUCCESS,
          "vcpu/%u-second-created", cpu);
    check(cpu_host(cpu, GHCB_AP_CREATE, new), true, "vcpu/%u-second-started", cpu);
    check(call_core(SVSM_CORE_DELETE_VCPU, old, 0, 0), SVSM_SUCCESS, "vcpu/%u-first-deleted", cpu);
    for (unsigned i = 0; i < 2000000000u && seen[cpu].cpu == 0; i++) {
        cpu_pause();
    }
    check(seen[cpu].cpu, cpu, "vcpu/%u-second-runs", cpu);
    (void)cpu_host(cpu, GHCB_AP_DESTROY, new);
    uint64_t answer = IN_USE;
    for (unsigned i = 0; i < 100000 && answer == IN_USE; i++) {
        answer = call_core(SVSM_CORE_DELETE_VCPU, new, 0, 0);
    }
    check(answer, SVSM_SUCCESS, "vcpu/%u-second-deleted", cpu);
}

static void everybody(unsigned cpu)
{
    seen[cpu].lost = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct call c = {.rax = svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL),
                         .rcx = svsm_query(i % 3, 1),
                         .rdx = cpu};
        uint64_t want = i % 3 == 0 || i % 3 == 2 ? svsm_versions(1, 1) : c.rcx;
        bool good = call_make(&c) == SVSM_SUCCESS && c.rdx == cpu && (i % 3 == 1 || c.rcx == want);
        seen[cpu].lost += !good;
    }
}

void test_vcpu(void)
{
    unsigned count = (unsigned)option_vcpus;

    for (unsigned cpu = 1; cpu < count; cpu++) {
        test_one(cpu);
    }
    if (count > 1) {
        test_self(1);
        test_superseded(count - 1);
        check(cpu_all(count, everybody), true, "vcpu/all-at-once");
        for (unsigned cpu = 0; cpu < count; cpu++) {
            check(seen[cpu].lost, 0, "vcpu/%u-of-all-answers", cpu);
        }
    }
}
