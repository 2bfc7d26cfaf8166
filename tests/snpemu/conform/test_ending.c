/* SPDX-License-Identifier: MIT */
/*
 * Boots that hardware or host end, one rule of rules.def each: save areas that VMRUN refuses, pages
 * that a level may not touch, GHCB events after which no host runs a guest on.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"
#include <svsm/abi/ghcb_events.h>

#define LEVEL 1u
#define BIT(n) (UINT64_C(1) << (n))
#define MANY UINT64_C(0x80000000) /* more than KVM counts */

static struct vmsa *area(void)
{
    return level_area(LEVEL);
}

static void adjust(uint64_t va, uint64_t size, uint64_t rdx)
{
    struct insn i = {.rax = va, .rcx = size, .rdx = rdx};

    insn_rmpadjust(&i);
    check(i.rax, SNP_SUCCESS, "ending-rmpadjust");
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void do_read(uint64_t va)
{
    (void)*(volatile uint64_t *)va;
}

static void do_write(uint64_t va)
{
    *(volatile uint64_t *)va = 1;
}

static void not_marked(void)
{
    adjust((uint64_t)area(), SNP_PAGE_4K, snp_rmpadjust(LEVEL, 0, 0));
}

/* A page in 2 MiB that are marked as one. */
static void large(void)
{
    struct insn i = {.rax = LARGE, .rcx = SNP_PAGE_2M, .rdx = SNP_PVALIDATE_VALIDATE};
    uint64_t va = LARGE + PAGE_SIZE;
    uint8_t *to = (uint8_t *)va;

    check(large_to(LARGE, GHCB_PSC_PRIVATE), true, "ending-assign");
    insn_pvalidate(&i);
    for (unsigned k = 0; k < sizeof(struct vmsa); k++) {
        to[k] = ((const uint8_t *)area())[k];
    }
    adjust(LARGE, SNP_PAGE_2M, snp_rmpadjust(LEVEL, 0, SNP_RMPADJUST_VMSA));
    ghcb_begin();
    GHCB_SET(rax, sev_features());
    ghcb_ask(GHCB_EVENT_AP_CREATION, LEVEL << 16 | GHCB_AP_CREATE_ON_INIT, va);
}

/* What is wrong with the save area of a level that is run then. */
static void spoil(uint64_t which)
{
    struct vmsa *v = area();

    switch (which) {
    case ENDING_VMSA_PAGE:
        not_marked();
        return;
    case ENDING_VMSA_LARGE:
        large();
        return;
    case ENDING_VMSA_LEVEL:
        v->vmpl = LEVEL + 1;
        return;
    case ENDING_VMSA_SNP:
        v->sev_features &= ~SNP_FEATURE_SNP;
        return;
    case ENDING_VMSA_FEATURES:
        v->sev_features |= SNP_FEATURE_VTOM; /* no profile has it */
        return;
    case ENDING_VMSA_EFER:
        v->efer |= BIT(40);
        return;
    case ENDING_VMSA_CR0:
        v->cr0 = (v->cr0 | BIT(29)) & ~BIT(30); /* NW without CD */
        return;
    case ENDING_VMSA_CR3:
        v->cr3 |= BIT(60);
        return;
    case ENDING_VMSA_CR4:
        v->cr4 |= BIT(40);
        return;
    case ENDING_VMSA_CET:
        v->cr4 |= BIT(23);
        v->cr0 &= ~BIT(16);
        return;
    case ENDING_VMSA_DR:
        v->dr6 |= BIT(32);
        return;
    default:
        v->xcr0 = 0;
    }
}

static void string_out(uint64_t count)
{
    ghcb_begin();
    GHCB_SET(sw_scratch, PAGE_GHCB + offsetof(struct ghcb, shared_buffer));
    ghcb_ask(VMEXIT_IOIO, vmexit_ioio(0x80, 1, VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP), count);
}

static void events(uint64_t which)
{
    switch (which) {
    case ENDING_GHCB_PAGE:
        msr_write(SNP_MSR_GHCB, 0);
        vmgexit();
        return;
    case ENDING_GHCB_UNSUPPORTED:
        ghcb_begin();
        ghcb_ask(GHCB_EVENT_UNSUPPORTED, VMEXIT_CPUID, 0);
        return;
    case ENDING_GHCB_IO_COUNT: /* to KVM */
        string_out(MANY);
        return;
    case ENDING_REQUEST_SHARED: /* to KVM: the answer would go to a private page */
        ghcb_begin();
        ghcb_ask(GHCB_EVENT_GUEST_REQUEST, PAGE_BUFFER, PAGE(PAGE_FREE + 1));
        return;
    default: /* bits of a CPUID request that mean nothing */
        (void)msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, 1, 0) | BIT(20));
    }
}

static void levels(uint64_t which)
{
    uint64_t mine = PAGE(PAGE_FREE + 1);

    levels_init();
    if (which == ENDING_VMPL_READ) { /* it may write, and with that alone it may not even do that */
        adjust(mine, SNP_PAGE_4K, snp_rmpadjust(LEVEL, SNP_PERM_WRITE, 0));
        (void)level_call(LEVEL, do_write, mine);
        return;
    }
    if (which == ENDING_VMSA_WRITE_LOWER) {
        uint64_t other = (uint64_t)level_area(LEVEL + 1);
        adjust(other, SNP_PAGE_4K, snp_rmpadjust(LEVEL, SNP_PERM_ALL, SNP_RMPADJUST_VMSA));
        (void)level_call(LEVEL, do_read, other);
        (void)level_call(LEVEL, do_write, other);
        return;
    }
    spoil(which);
    (void)level_call(LEVEL, nothing, 0);
}

void test_ending(uint64_t which)
{
    page_private(PAGE(PAGE_FREE + 1));
    if (which >= ENDING_EVENTS) {
        events(which);
    } else {
        levels(which);
    }
}
