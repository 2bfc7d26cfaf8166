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
#include "../core/apic.h"
#include "../core/cpuid.h"
#include "../core/ghcb.h"
#include "../core/rmp.h"
#include "../core/vmsa_check.h"
#include "../wire/launch.h"
#include "npt.h"
#include "tlb.h"

#define MACHINE_VCPUS_MAX 16u
#define MACHINE_BROADCASTS 8u /* of one vCPU that can be under way */

struct vcpu;

/* Where a page of code was when it was last looked up; see guest_executes(). */
struct guest_code {
    uint64_t cr3, page;
    const uint8_t *bytes;
};

/* What another vCPU has asked for: a level's save area, by AP creation. */
enum wanted { WANTED_NOTHING, WANTED_CREATION, WANTED_CREATION_ON_INIT, WANTED_DESTRUCTION };

/* One instruction that is stepped over; see step.h. */
struct stepping {
    bool on;
    bool iret;
    bool own;     /* the guest itself has set the trap flag */
    bool pushf;   /* it stores the flags */
    uint64_t rip; /* of the instruction, */
    uint64_t dr6; /* and DR6 before it */
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
    uint64_t wanted_gpa;
    enum wanted wanted;
    bool offered;      /* this entry has a virtual interrupt, */
    bool injected;     /* and the event of the save area's EVENT_INJ, with alternate injection */
    uint64_t event;    /* SVM_EVENT_*, to be delivered at the next entry; 0: none */
    unsigned software; /* length of the INT whose delivery is under way, or was last */
    uint8_t vmpl;
    struct apic apic; /* of a level with restricted injection, */
    bool in_hv;       /* which cannot take another #HV, until its next IRET */
    struct stepping step;
    bool ready;   /* a lower level that was created to run as soon as those above it idle */
    bool dropped; /* AP creation has ended it, and has not made it again */
    bool ending;  /* its reset hold is over, and another save area takes its place; see hold.h */
    bool loaded;  /* XSAVE state and what else only a change of level swaps is in the CPU */
    uint64_t held_msr; /* while ending: the GHCB MSR of the hold */
};

/* What INVLPGB has asked for and TLBSYNC not seen done. */
struct broadcast {
    uint64_t what;   /* RAX */
    uint64_t stride; /* 0: no addresses */
    uint32_t count;
};

struct vcpu {
    struct vcpu *self; /* at GS:0 of its CPU */
    struct level levels[SNP_VMPLS];
    struct level *current;
    uint32_t number;     /* its APIC ID, too */
    uint64_t apic_base;  /* MSR 1Bh as the guest has set it; 0: not yet */
    uint64_t pending[4]; /* interrupts that the CPU took, a bit for each vector */
    uint64_t told[4];    /* level-sensitive ones that VMPL0 was told of for another level */
    uint64_t host_pa;    /* VMCB with what VMLOAD handles of the host's own */
    bool here;           /* its CPU has started */
    bool runnable;       /* has a save area at VMPL0, and is past INIT and SIPI */
    bool halted;         /* HLT, or AP reset hold */
    bool interruptible;  /* when it halted: interrupts end that */
    bool window;         /* an interrupt waits until the guest can take it */
    bool nmi;            /* an NMI waits for the guest */
    bool in_guest;       /* left the lock for VMRUN */
    bool kicked;         /* somebody wants it to look */
    bool waits;          /* sleeps until the lock is free, */
    bool called;         /* and may try again */
    struct tlb tlb;      /* with --tlb keep, all levels' */
    struct broadcast broadcasts[MACHINE_BROADCASTS];
    uint32_t broadcast_count;
    struct vcpu *asked;            /* was asked to let go of its save area for a moment, */
    uint64_t asked_rip;            /* for the instruction here; see inuse.h */
    struct level *awaits;          /* has asked for a save area in this one's place, see hold.h, */
    const struct level *awaits_at; /* by this level of its own, */
    uint64_t awaits_since;         /* at this time */
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

/* The vCPU of this CPU. */
static inline struct vcpu *vcpu_this(void)
{
    struct vcpu *vcpu;

    /* SAFETY: smp_init_cpu() has set GS; VMLOAD brings it back after each exit. */
    asm("movq %%gs:0, %0" : "=r"(vcpu));
    return vcpu;
}

static inline bool machine_traces(uint32_t what)
{
    return (machine.launch->trace & what) != 0;
}
