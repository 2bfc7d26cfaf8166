/* SPDX-License-Identifier: MIT */
/* The events of the GHCB with what they need, and the names of all that a trace shows. */
#include "ghcb_call.h"
#include "vmsa_check.h"
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/vmexit.h>

#define RAX (UINT32_C(1) << FIELD_RAX)
#define RCX (UINT32_C(1) << FIELD_RCX)
#define RDX (UINT32_C(1) << FIELD_RDX)
#define CPL (UINT32_C(1) << FIELD_CPL)
#define SCRATCH (UINT32_C(1) << FIELD_SCRATCH)
#define I1 (UINT32_C(1) << FIELD_INFO1)
#define I2 (UINT32_C(1) << FIELD_INFO2)
#define AP GHCB_HV_AP_CREATION
#define INJECTION GHCB_HV_RESTRICTED_INJECTION
#define EXTENDED GHCB_HV_EXTENDED_INTERRUPTS

/* Without a handler: what this host never offers. */
static const struct ghcb_event events[] = {
    {VMEXIT_DR7_READ, NULL, 0, 0, 0, true, ghcb_cpu_dr7_read},
    {VMEXIT_DR7_WRITE, NULL, RAX, 0, 0, true, ghcb_cpu_dr7_write},
    {VMEXIT_RDTSC, NULL, 0, 0, 0, true, ghcb_cpu_rdtsc},
    {VMEXIT_RDPMC, NULL, RCX, 0, 0, true, ghcb_cpu_rdpmc},
    {VMEXIT_CPUID, NULL, RAX | RCX, 0, 0, true, ghcb_cpu_cpuid},
    {VMEXIT_INVD, NULL, 0, 0, 0, true, ghcb_cpu_nothing},
    {VMEXIT_IOIO, NULL, 0, I1 | I2, 0, true, ghcb_io_port},
    {VMEXIT_MSR, NULL, RCX, I1, 0, true, ghcb_io_msr},
    {VMEXIT_VMMCALL, NULL, RAX | CPL, 0, 0, true, ghcb_cpu_hypercall},
    {VMEXIT_RDTSCP, NULL, 0, 0, 0, true, ghcb_cpu_rdtscp},
    {VMEXIT_WBINVD, NULL, 0, 0, 0, true, ghcb_cpu_nothing},
    {VMEXIT_MONITOR, NULL, RAX | RCX | RDX, 0, 0, true, ghcb_cpu_nothing},
    {VMEXIT_MWAIT, NULL, RAX | RCX, 0, 0, true, ghcb_cpu_nothing},
    {GHCB_EVENT_MMIO_READ, "mmio-read", SCRATCH, I1 | I2, 0, true, ghcb_io_mmio_read},
    {GHCB_EVENT_MMIO_WRITE, "mmio-write", SCRATCH, I1 | I2, 0, true, ghcb_io_mmio_write},
    {GHCB_EVENT_NMI_COMPLETE, "nmi-complete", 0, 0, 0, true, ghcb_vcpu_nmi_complete},
    {GHCB_EVENT_AP_RESET_HOLD, "ap-reset-hold", 0, 0, 0, true, ghcb_vcpu_hold},
    {GHCB_EVENT_AP_JUMP_TABLE, "ap-jump-table", 0, I1 | I2, 0, true, ghcb_vcpu_jump_table},
    {GHCB_EVENT_PSC, "page-state-change", SCRATCH, 0, GHCB_HV_SNP, true, ghcb_psc},
    {GHCB_EVENT_GUEST_REQUEST, "guest-request", 0, I1 | I2, GHCB_HV_SNP, true, ghcb_request},
    {GHCB_EVENT_EXTENDED_REQUEST, "extended-request", 0, I1 | I2, GHCB_HV_SNP, true,
     ghcb_request_extended},
    {GHCB_EVENT_AP_CREATION, "ap-creation", 0, I1 | I2, AP, true, ghcb_vcpu_creation},
    {GHCB_EVENT_DOORBELL, "doorbell", 0, I1 | I2, INJECTION, false, ghcb_vcpu_doorbell},
    {GHCB_EVENT_IPI, "ipi", 0, I1, INJECTION, false, ghcb_vcpu_ipi},
    {GHCB_EVENT_TIMER, "timer", 0, I1 | I2, GHCB_HV_RESTRICTED_TIMER, false, NULL},
    {GHCB_EVENT_APIC_IDS, "apic-ids", RAX, I1, GHCB_HV_APIC_IDS, false, ghcb_vcpu_apic_ids},
    {GHCB_EVENT_RUN_VMPL, "run-vmpl", 0, I1, GHCB_HV_MULTI_VMPL, false, ghcb_vcpu_run},
    {GHCB_EVENT_SECURE_AVIC, "secure-avic", 0, I1 | I2, 0, false, NULL},
    {GHCB_EVENT_CONFIGURE_INTERRUPT, "configure-interrupt", 0, I1, EXTENDED, false,
     ghcb_vcpu_notify},
    {GHCB_EVENT_DISABLE_ALTERNATE, "disable-alternate-injection", 0, I1, EXTENDED, false,
     ghcb_vcpu_alternate_end},
    {GHCB_EVENT_SPECIFIC_EOI, "specific-eoi", 0, I1, EXTENDED, false, ghcb_vcpu_specific_eoi},
    {GHCB_EVENT_FEATURES, "hypervisor-features", 0, 0, 0, true, ghcb_vcpu_features},
    {GHCB_EVENT_TERMINATE, "terminate", 0, I1 | I2, 0, true, ghcb_vcpu_terminate},
    {GHCB_EVENT_UNSUPPORTED, "unsupported-event", 0, I1 | I2, 0, true, ghcb_vcpu_unsupported},
};

const struct ghcb_event *ghcb_event_find(uint64_t code)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i].code == code) {
            return &events[i];
        }
    }
    return NULL;
}

const char *ghcb_event_name(uint64_t event)
{
    const struct ghcb_event *found = ghcb_event_find(event);

    return found && found->name ? found->name : exit_name(event);
}

struct name {
    unsigned code;
    const char *name;
};

static const char *name_of(const struct name *names, size_t count, unsigned code)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return NULL;
}

static const struct name msr_requests[] = {
    {GHCB_MSR_SEV_INFO_REQUEST, "sev-info"},
    {GHCB_MSR_CPUID_REQUEST, "cpuid"},
    {GHCB_MSR_AP_RESET_HOLD_REQUEST, "ap-reset-hold"},
    {GHCB_MSR_PREFERRED_REQUEST, "preferred-gpa"},
    {GHCB_MSR_REGISTER_REQUEST, "register"},
    {GHCB_MSR_PSC_REQUEST, "page-state-change"},
    {GHCB_MSR_RUN_VMPL_REQUEST, "run-vmpl"},
    {GHCB_MSR_FEATURES_REQUEST, "hypervisor-features"},
    {GHCB_MSR_TERMINATE, "terminate"},
};
#define MSR_REQUESTS (sizeof(msr_requests) / sizeof(msr_requests[0]))

/* What else the MSR can hold. */
static const struct name msr_others[] = {
    {GHCB_MSR_PAGE, "page"},
    {GHCB_MSR_SEV_INFO_RESPONSE, "sev-info-response"},
    {GHCB_MSR_CPUID_RESPONSE, "cpuid-response"},
    {GHCB_MSR_AP_RESET_HOLD_RESPONSE, "ap-reset-hold-response"},
    {GHCB_MSR_PREFERRED_RESPONSE, "preferred-gpa-response"},
    {GHCB_MSR_REGISTER_RESPONSE, "register-response"},
    {GHCB_MSR_PSC_RESPONSE, "page-state-change-response"},
    {GHCB_MSR_RUN_VMPL_RESPONSE, "run-vmpl-response"},
    {GHCB_MSR_FEATURES_RESPONSE, "hypervisor-features-response"},
};

const char *ghcb_msr_name(unsigned code)
{
    const char *request = name_of(msr_requests, MSR_REQUESTS, code);

    return request ? request
                   : name_of(msr_others, sizeof(msr_others) / sizeof(msr_others[0]), code);
}

const char *ghcb_event_nth(unsigned n)
{
    return n < sizeof(events) / sizeof(events[0]) ? ghcb_event_name(events[n].code) : NULL;
}

const char *ghcb_msr_nth(unsigned n)
{
    return n < MSR_REQUESTS ? msr_requests[n].name : NULL;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c - 'A' + 'a');
    }
    return c;
}

static bool is_name(const char *name, const char *text, unsigned len)
{
    unsigned i = 0;

    while (i < len && name[i] != 0 && lower(name[i]) == lower(text[i])) {
        i++;
    }
    return i == len && name[i] == 0;
}

bool ghcb_event_by_name(const char *name, unsigned len, uint64_t *event)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        const char *known = ghcb_event_name(events[i].code);
        if (known && is_name(known, name, len)) {
            *event = events[i].code;
            return true;
        }
    }
    return false;
}

bool ghcb_msr_by_name(const char *name, unsigned len, unsigned *code)
{
    for (size_t i = 0; i < MSR_REQUESTS; i++) {
        if (is_name(msr_requests[i].name, name, len)) {
            *code = msr_requests[i].code;
            return true;
        }
    }
    return false;
}

/* Two reasons of one number in two sets are two entries: the set is the high half. */
#define SET_SHIFT 8
#define SET_SVSM 5u /* this project's */

const char *ghcb_termination_name(unsigned set, unsigned reason)
{
    static const struct name names[] = {
        {GHCB_TERM_GENERAL, "general request"},
        {GHCB_TERM_PROTOCOL, "no common version of the GHCB protocol"},
        {GHCB_TERM_SNP_FEATURES, "an SNP feature that the guest cannot handle is on"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_REGISTRATION, "GHCB registration"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_PSC, "page state change"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_PVALIDATE, "PVALIDATE"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_NOT_VMPL0,
         "not at VMPL0, and no multi-VMPL host"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_CPUID, "CPUID page"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_CPUID_HV, "CPUID from the host"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_SECRETS_PAGE, "secrets page"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_NO_SVSM, "no SVSM in the secrets page"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_SVSM_VMPL0,
         "the SVSM says that the guest is at VMPL0"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_SVSM_CAA,
         "the calling area is not aligned"},
        {GHCB_TERM_SET_LINUX << SET_SHIFT | GHCB_TERM_LINUX_SECURE_TSC, "Secure TSC"},
        /* microkernel/snp/stop.h, of which a test has the numbers */
        {SET_SVSM << SET_SHIFT | 0, "SVSM: nothing left to run, and no guest in the image"},
        {SET_SVSM << SET_SHIFT | 1, "SVSM: no C-bit in the CPUID page"},
        {SET_SVSM << SET_SHIFT | 2,
         "SVSM: an invariant or an exception in ring 0, or a task's end"},
        {SET_SVSM << SET_SHIFT | 3, "SVSM: SEV_STATUS has no SNP, or an unknown feature"},
        {SET_SVSM << SET_SHIFT | 4, "SVSM: launch page, header or save area do not fit"},
        {SET_SVSM << SET_SHIFT | 5, "SVSM: the host has no GHCB protocol 2"},
        {SET_SVSM << SET_SHIFT | 6, "SVSM: the host lacks a feature"},
        {SET_SVSM << SET_SHIFT | 7, "SVSM: the host refused the GHCB or the doorbell page"},
        {SET_SVSM << SET_SHIFT | 8, "SVSM: an answer of the host against the protocol"},
        {SET_SVSM << SET_SHIFT | 10, "SVSM: the host does not give memory of the guest"},
        {SET_SVSM << SET_SHIFT | 11, "SVSM: the host does not take or start a vCPU"},
        {SET_SVSM << SET_SHIFT | 12, "SVSM: Secure TSC without the firmware's TSC_INFO"},
    };

    if (reason >= 1u << SET_SHIFT) {
        return NULL;
    }
    return name_of(names, sizeof(names) / sizeof(names[0]), set << SET_SHIFT | reason);
}
