/* SPDX-License-Identifier: MIT */
/*
 * Pages that the SNP firmware puts into a guest at launch: the CPUID page and the secrets page.
 * The secrets page grew without moving anything; members that a version lacks are zero there.
 * Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SNP_CPUID_ENTRIES 64u

struct snp_cpuid_entry {
    uint32_t eax_in;
    uint32_t ecx_in;
    uint64_t xcr0_in;
    uint64_t xss_in;
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
    uint64_t reserved_028; /* zero */
};
_Static_assert(sizeof(struct snp_cpuid_entry) == 48, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, eax_in) == 0x000, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, ecx_in) == 0x004, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, xcr0_in) == 0x008, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, xss_in) == 0x010, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, eax) == 0x018, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, ebx) == 0x01c, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, ecx) == 0x020, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, edx) == 0x024, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_entry, reserved_028) == 0x028, "56860-CPUID-page");

struct snp_cpuid_page {
    uint32_t count; /* 1 to SNP_CPUID_ENTRIES */
    uint32_t reserved_004;
    uint64_t reserved_008;
    struct snp_cpuid_entry entries[64];
    uint8_t reserved_c10[1008];
};
_Static_assert(sizeof(struct snp_cpuid_page) == 0x1000, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_page, count) == 0x000, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_page, reserved_004) == 0x004, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_page, reserved_008) == 0x008, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_page, entries) == 0x010, "56860-CPUID-page");
_Static_assert(offsetof(struct snp_cpuid_page, reserved_c10) == 0xc10, "56860-CPUID-page");

/* Key of guest messages. Whoever has key n can speak to the firmware as VMPL n. */
struct snp_vmpck {
    uint8_t key[32];
};
_Static_assert(sizeof(struct snp_vmpck) == 32, "56860-secrets-page");
_Static_assert(offsetof(struct snp_vmpck, key) == 0x000, "56860-secrets-page");

/* Offset a0h of the secrets page. */
struct snp_secrets_os {
    uint32_t msg_seqno[4]; /* low half of each VMPCK's last number */
    uint64_t ap_jump_table_pa;
    uint8_t reserved_018[40];
    uint8_t guest_usage[32];
};
_Static_assert(sizeof(struct snp_secrets_os) == 96, "56421-secrets-OS-area");
_Static_assert(offsetof(struct snp_secrets_os, msg_seqno) == 0x000, "56421-secrets-OS-area");
_Static_assert(offsetof(struct snp_secrets_os, ap_jump_table_pa) == 0x010, "56421-secrets-OS-area");
_Static_assert(offsetof(struct snp_secrets_os, reserved_018) == 0x018, "56421-secrets-OS-area");
_Static_assert(offsetof(struct snp_secrets_os, guest_usage) == 0x040, "56421-secrets-OS-area");

#define SNP_SECRETS_IMI_EN 0x1u
/* The fields svsm_* are promised from this version on [one-source]; guests do not look. */
#define SNP_SECRETS_VERSION_SVSM 3u

struct snp_secrets_page {
    uint32_t version; /* not zero; 3 and more has the SVSM's fields; [unsure] */
    uint32_t flags;   /* SNP_SECRETS_IMI_EN */
    uint32_t fms;     /* family, model, stepping as CPUID 1 EAX has them */
    uint32_t reserved_00c;
    uint8_t gosvw[16];             /* guest OS visible workarounds */
    struct snp_vmpck vmpck[4];     /* n is the key of VMPL n */
    struct snp_secrets_os os;      /* the guest OS's, zero from the firmware */
    uint64_t vmsa_tweak_bitmap[8]; /* bit k: VMSA quadword k is XORed with the nonce */
    uint64_t svsm_base;            /* from here to guest_vmpl: zero from the firmware, the SVSM's */
    uint64_t svsm_size;            /* bytes; not zero means that there is an SVSM */
    uint64_t svsm_caa;             /* GPA of the first vCPU's calling area */
    uint32_t svsm_max_version;     /* of the core protocol */
    uint8_t svsm_guest_vmpl;       /* 1 to 3 */
    uint8_t reserved_15d[3];
    uint32_t tsc_factor; /* [patches] */
    uint8_t reserved_164[3740];
};
_Static_assert(sizeof(struct snp_secrets_page) == 0x1000, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, version) == 0x000, "56860-secrets-page [unsure]");
_Static_assert(offsetof(struct snp_secrets_page, flags) == 0x004, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, fms) == 0x008, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, reserved_00c) == 0x00c, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, gosvw) == 0x010, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, vmpck) == 0x020, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, os) == 0x0a0, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, vmsa_tweak_bitmap) == 0x100, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, svsm_base) == 0x140, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, svsm_size) == 0x148, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, svsm_caa) == 0x150, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, svsm_max_version) == 0x158, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, svsm_guest_vmpl) == 0x15c, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, reserved_15d) == 0x15d, "56860-secrets-page");
_Static_assert(offsetof(struct snp_secrets_page, tsc_factor) == 0x160,
               "56860-secrets-page [patches]");
_Static_assert(offsetof(struct snp_secrets_page, reserved_164) == 0x164, "56860-secrets-page");
