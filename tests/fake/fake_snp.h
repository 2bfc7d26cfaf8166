/* SPDX-License-Identifier: MIT */
/*
 * A fake SNP machine: snp/snp.h for an ordinary host program, so that microkernel/guest/ runs over
 * it unchanged under sanitizers, fuzzers and threads. It has the part of an RMP that VMPL0 sees,
 * pages that the host may take or exchange at any call, the guest's TLBs, which keep stale entries
 * until snp_flush_guests(), and it says when something happens that must never happen (breach).
 *
 * Memory: FAKE_SNP_PAGES pages of the guest from address 0 on, and VMPL0's own at SNP_IMAGE_BASE.
 * Two pages of the machine are behind each address of the guest: the host may put either there. To
 * do anything at an address both of whose pages are validated is a breach, as it is to make a save
 * area of another page, or of another content, than the one that VMPL0 has just read. vCPU n has
 * APIC ID 2n. All functions may be called by several threads.
 */
#pragma once
#include <snp/snp.h>
#include <svsm/abi/snp_image.h>

#define FAKE_SNP_PAGES 1152u /* two frames of 2 MiB, and 128 pages */
#define FAKE_SNP_OWN 16u
#define FAKE_SNP_VCPUS 4u
#define FAKE_SNP_POISON 0x5a /* what a page holds that nobody cleared: perhaps a secret of ours */

struct fake_snp_page {
    bool assigned, validated, large, vmsa;
    bool clean;   /* nothing in it that was not written since it was validated */
    bool running; /* a save area that some CPU runs */
    uint8_t perms[SNP_VMPLS];
    uint8_t fill;   /* what it holds, unless */
    uint8_t *bytes; /* it has this: `memory`, or where it is mapped */
    uint8_t *memory;
};

enum fake_snp_op {
    FAKE_SNP_PVALIDATE,
    FAKE_SNP_ADJUST,
    FAKE_SNP_READ,
    FAKE_SNP_WRITE,
    FAKE_SNP_CLEAR,
    FAKE_SNP_EXCHANGE,
    FAKE_SNP_FLUSH,
    FAKE_SNP_MAP,
    FAKE_SNP_STOP,
    FAKE_SNP_OPS,
};

/* Everything as after power-on: the guest's pages assigned, in large frames, poisoned. */
void fake_snp_reset(void);

/* What went wrong, or NULL. */
const char *fake_snp_breach(void);
void fake_snp_check(void); /* looks at all pages; for moments when no call is under way */

/* Called at the beginning of each operation, before it has any effect: the host's and the other
 * vCPUs' moment. */
extern void (*fake_snp_hook)(enum fake_snp_op op, uint64_t gpa);
/* The n-th (from 0) operation of that kind from now on gives `eax` (or fails) without effect. */
void fake_snp_fail(enum fake_snp_op op, unsigned n, uint32_t eax);
unsigned fake_snp_count(enum fake_snp_op op); /* since the reset */
unsigned fake_snp_kicks(uint32_t vcpu);

/* The page at an address as it is now; NULL: none. */
struct fake_snp_page *fake_snp_page(uint64_t gpa);
uint8_t fake_snp_peek(uint64_t gpa);
void fake_snp_poke(uint64_t gpa, const void *src, size_t size); /* also as a loader does it */
/* As SNP_LAUNCH_UPDATE leaves it: validated, 4 KiB, contents measured. */
void fake_snp_launch(uint64_t gpa, const void *src, size_t size);

/* The host. */
void fake_snp_take(uint64_t gpa);     /* unassign */
void fake_snp_give(uint64_t gpa);     /* assign, not validated */
void fake_snp_exchange(uint64_t gpa); /* the other page goes there */
void fake_snp_smash(uint64_t gpa);    /* its 2 MiB into 4 KiB pages */
void fake_snp_run(uint64_t gpa, bool running);

/* The guest, at VMPL2 on a CPU: through what its TLB holds. false: it faults. */
bool fake_snp_guest_write(unsigned cpu, uint64_t gpa, const void *src, size_t size);
bool fake_snp_guest_read(unsigned cpu, uint64_t gpa, void *dst, size_t size);
