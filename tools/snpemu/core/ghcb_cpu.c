/* SPDX-License-Identifier: MIT */
/* Events that stand for an instruction which needs no device. */
#include "ghcb_call.h"
#include <svsm/abi/snp.h>

#define CPUID_EXTENDED_STATE 0x0du
#define XCR0_RESET UINT64_C(1)
#define VECTOR_GP 13u
/* What KVM answers to a hypercall that it does not know, and to one from user mode. */
#define KVM_ENOSYS UINT64_C(1000)
#define KVM_EPERM UINT64_C(1)
#define CPL_SHIFT 24 /* byte 3 of its quadword */
#define CPL_MASK UINT64_C(0xff)

static uint64_t low(uint64_t value)
{
    return value & UINT32_MAX;
}

void ghcb_cpu_dr7_read(struct ghcb_call *call)
{
    ghcb_call_return(call, FIELD_RAX, call->state->dr7);
}

void ghcb_cpu_dr7_write(struct ghcb_call *call)
{
    call->state->dr7 = call->in[FIELD_RAX];
}

void ghcb_cpu_rdtsc(struct ghcb_call *call)
{
    uint64_t tsc = call->ops->tsc(call->machine);
    ghcb_call_return(call, FIELD_RAX, low(tsc));
    ghcb_call_return(call, FIELD_RDX, tsc >> 32);
}

void ghcb_cpu_rdtscp(struct ghcb_call *call)
{
    uint64_t aux = 0;

    /* 0 where the machine cannot tell it. */
    (void)call->ops->msr_read(call->machine, SNP_MSR_TSC_AUX, &aux);
    ghcb_cpu_rdtsc(call);
    ghcb_call_return(call, FIELD_RCX, low(aux));
}

/* The machine has no performance counters. */
void ghcb_cpu_rdpmc(struct ghcb_call *call)
{
    ghcb_call_exception(call, VECTOR_GP, RULE_GHCB_EXCEPTION);
}

void ghcb_cpu_cpuid(struct ghcb_call *call)
{
    uint32_t eax = (uint32_t)call->in[FIELD_RAX];
    uint32_t ecx = (uint32_t)call->in[FIELD_RCX];
    uint32_t ebx = 0;
    uint32_t edx = 0;

    if (eax == CPUID_EXTENDED_STATE && !ghcb_call_has(call, UINT32_C(1) << FIELD_XCR0)) {
        return;
    }
    uint64_t xcr0 = call->valid & UINT32_C(1) << FIELD_XCR0 ? call->in[FIELD_XCR0] : XCR0_RESET;
    call->ops->cpuid(call->machine, &eax, &ebx, &ecx, &edx, xcr0, call->in[FIELD_XSS]);
    ghcb_call_return(call, FIELD_RAX, eax);
    ghcb_call_return(call, FIELD_RBX, ebx);
    ghcb_call_return(call, FIELD_RCX, ecx);
    ghcb_call_return(call, FIELD_RDX, edx);
}

/* No hypercall is offered; this is how KVM says so. */
void ghcb_cpu_hypercall(struct ghcb_call *call)
{
    bool user = (call->in[FIELD_CPL] >> CPL_SHIFT & CPL_MASK) != 0;

    ghcb_call_return(call, FIELD_RAX, 0 - (user ? KVM_EPERM : KVM_ENOSYS));
}

/* INVD, WBINVD, MONITOR, MWAIT: the caches of this machine are coherent, and MWAIT may return. */
void ghcb_cpu_nothing(struct ghcb_call *call)
{
    (void)call;
}
