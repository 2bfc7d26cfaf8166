/* SPDX-License-Identifier: MIT */
/*
 * The launch image: what the host program hands to the hypervisor as its only multiboot module.
 * A header, the page runs in the order in which they are measured, the vCPUs' first save areas,
 * and the bytes of the runs. All offsets are from the header; data are page aligned in the image.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "lie.h"

#define LAUNCH_MAGIC UINT64_C(0x31484c454d504e53) /* "SNPEMLH1" */
#define LAUNCH_NO_DATA (~UINT64_C(0))
#define LAUNCH_NO_VMSA (~UINT64_C(0))

enum launch_profile { LAUNCH_STRICT = 0, LAUNCH_UPSTREAM_6_12 = 1, LAUNCH_PLANES = 2 };
enum launch_tlb { LAUNCH_TLB_FLUSH = 0, LAUNCH_TLB_KEEP = 1 };
enum launch_ap_hold { LAUNCH_AP_HOLD_DROP = 0, LAUNCH_AP_HOLD_FINISH = 1 }; /* see hv/hold.h */

/* Of a run: assigned to the guest, not validated, and no contents; IGVM's REQUIRED_MEMORY. */
#define LAUNCH_PAGE_ASSIGNED 0u

/* Memory and reserve end below this: with more, q35 splits its RAM and has LAUNCH_RAM_SPLIT below 4
 * GiB, where the two have to end then, and the rest from there on. */
#define LAUNCH_RAM_END UINT64_C(0xb0000000)
#define LAUNCH_RAM_SPLIT UINT64_C(0x80000000)
#define LAUNCH_RAM_HIGH UINT64_C(0x100000000)

/* What the trace shows, one bit each; the names are those of --trace. */
#define LAUNCH_TRACE_VC 0x01u   /* #VC delivered */
#define LAUNCH_TRACE_GHCB 0x02u /* page protocol events */
#define LAUNCH_TRACE_MSR 0x04u  /* MSR protocol requests */
#define LAUNCH_TRACE_RMP 0x08u  /* PVALIDATE, RMPADJUST, RMPQUERY, page state changes */
#define LAUNCH_TRACE_NPF 0x10u  /* nested page faults */
#define LAUNCH_TRACE_VMPL 0x20u /* switches */
#define LAUNCH_TRACE_IRQ 0x40u  /* interrupts */
#define LAUNCH_TRACE_VCPU 0x80u /* creation, start, halt */
#define LAUNCH_TRACE_LIE 0x100u /* lies that are told */
/* No class of --trace: what --record wants, LINES_RECORD. */
#define LAUNCH_TRACE_RECORD 0x200u

/* What is printed at the end. */
#define LAUNCH_STATS_EXITS 0x01u  /* how often the guest exited */
#define LAUNCH_STATS_OWNERS 0x02u /* which pages are VMPL0's alone */

struct launch_header {
    uint64_t magic;       /* LAUNCH_MAGIC */
    uint64_t size;        /* of the whole image */
    uint64_t memory;      /* bytes of guest RAM from address 0, a multiple of 2 MiB */
    uint64_t hv_reserve;  /* bytes of RAM behind it that are the hypervisor's */
    uint64_t policy;      /* guest policy, as signed */
    uint64_t features;    /* SEV_FEATURES that the machine offers */
    uint64_t runs;        /* offset of struct launch_run[run_count] */
    uint64_t vcpu_states; /* offset of struct launch_vcpu[vcpu_count] */
    uint64_t tsc_khz;     /* Secure TSC: desired frequency; 0: not offered */
    uint64_t tsc_scale;   /* 8.32 fixed point */
    uint64_t tsc_offset;
    uint32_t run_count;
    uint32_t vcpu_count; /* APIC IDs 0 to vcpu_count - 1 */
    uint32_t profile;    /* enum launch_profile */
    uint32_t tlb;        /* enum launch_tlb */
    uint32_t trace;      /* LAUNCH_TRACE_* */
    uint32_t asid;
    uint8_t cbit;             /* 47 or 51 */
    uint8_t coherency_sfw_no; /* CPUID 8000_001F EBX bit 31 */
    uint8_t stats;            /* LAUNCH_STATS_*: printed at the end */
    uint8_t fw_cfg;           /* the guest may talk to (filtered) fw_cfg */
    uint32_t ap_hold;         /* enum launch_ap_hold */
    uint64_t clock_khz;       /* of the TSC, for the clock that KVM offers; 0: there is none */
    uint64_t clock_epoch;     /* seconds since 1970 when guest time begins */
    uint64_t invlpgb;         /* most pages of one INVLPGB; 0: the CPU does not have it */
    uint64_t invlpgb_unnamed; /* 1: the CPU has it, and CPUID does not say so */
    uint64_t high;            /* bytes of guest RAM from LAUNCH_RAM_HIGH on, in 2 MiB */
    uint32_t lie_count;       /* of lies[] */
    uint32_t lie_guest;       /* the guest may arm lies by LIE_PORT */
    struct lie lies[LIE_MAX];
};

/*
 * count pages from gpa on. RMP state after launch: assigned, validated, not immutable, permissions
 * full for VMPL0 and perms[] for the others. RAM that no run covers begins unassigned: the host's.
 * Pages of PSP_PAGE_VMSA are no guest memory at all, as with KVM: they lie in the reserve, and
 * their address, VMSA_KVM_GPA less 4 KiB times the APIC ID, is only what names them.
 */
struct launch_run {
    uint64_t gpa;
    uint64_t count;   /* of 4 KiB pages */
    uint64_t data;    /* offset of count * 4 KiB bytes, or LAUNCH_NO_DATA: zero pages */
    uint8_t type;     /* PSP_PAGE_* of svsm/abi/launch.h, LAUNCH_PAGE_ASSIGNED */
    uint8_t perms[3]; /* SNP_PERM_* of VMPL 1 to 3 */
    uint8_t large;    /* RMP entries of 2 MiB; gpa and count are multiples of 2 MiB */
    uint8_t firmware; /* not RAM of the machine: frames of the reserve are put behind it */
    uint8_t reserved[2];
};

/* vcpu_count of them, by APIC ID from 0 on. */
struct launch_vcpu {
    uint64_t vmsa_gpa; /* of its page of PSP_PAGE_VMSA; LAUNCH_NO_VMSA: waits for AP creation */
    uint32_t apic_id;
    uint32_t runnable; /* 1: runs at VMPL0 from the start; 0: waits for INIT/SIPI or AP creation */
};

_Static_assert(sizeof(struct launch_run) == 32, "launch image");
_Static_assert(sizeof(struct launch_vcpu) == 16, "launch image");
