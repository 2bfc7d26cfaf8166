/* SPDX-License-Identifier: MIT */
/*
 * The machine: what all vCPUs share, the vCPUs, and each one's levels (VMPLs). A level's registers
 * live in its save area, a page of the guest, or while it has the CPU in its VMCB.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/svm.h>
#include <svsm/abi/vmsa.h>
#include "../core/cpuid.h"
#include "../core/ghcb.h"
#include "../core/rmp.h"
#include "../core/vmsa_check.h"
#include "../wire/launch.h"
#include "npt.h"

#define MACHINE_VCPUS_MAX 16u

struct vcpu;

/* Where a page of code was when it was last looked up; see guest_executes(). */
struct guest_code {
    uint64_t cr3, page;
    const uint8_t *bytes;
};

struct level {
    struct vcpu *vcpu;
    struct vmsa *vmsa; /* the working copy, in the VMCB; the registers while it is loaded */
    struct vmsa *page; /* the save area itself, in the guest's memory; NULL: there is none */
    uint64_t vmsa_gpa;
    struct vmcb *vmcb;
    uint8_t *xsave;    /* XSAVE image: what of the CPU's state has no place in the save area */
    struct npt tables; /* paging on: both aliases */
    struct npt flat;   /* paging off, or entries without room for a C-bit: everything private */
    struct ghcb_state ghcb;
    struct guest_code code;
    uint64_t event; /* SVM_EVENT_*, to be delivered at the next entry; 0: none */
    uint8_t vmpl;
    bool loaded; /* XSAVE state and what else only a change of level swaps is in the CPU */
};

struct vcpu {
    struct level levels[SNP_VMPLS];
    struct level *current;
    uint32_t number;    /* its APIC ID, too */
    uint64_t apic_base; /* MSR 1Bh as the guest has set it; 0: not yet */
    bool runnable;
    bool window; /* an interrupt waits until the guest can take it */
};

struct machine {
    const struct launch_header *launch;
    uint64_t cbit; /* the bit itself */
    struct rmp rmp;
    struct cpuid_config cpuid;
    struct ghcb_config ghcb;
    struct vmsa_limits limits;
    struct vcpu vcpus[MACHINE_VCPUS_MAX];
};

extern struct machine machine;

static inline bool machine_traces(uint32_t what)
{
    return (machine.launch->trace & what) != 0;
}
