/* SPDX-License-Identifier: MIT */
/* PVALIDATE, RMPADJUST, RMPQUERY at VMPL0: each return code and each exception. */
#include "conform.h"
#include <svsm/abi/ghcb_events.h>

static struct insn now;

static void do_pvalidate(uint64_t unused)
{
    (void)unused;
    insn_pvalidate(&now);
}

static void do_rmpadjust(uint64_t unused)
{
    (void)unused;
    insn_rmpadjust(&now);
}

static void do_rmpquery(uint64_t unused)
{
    (void)unused;
    insn_rmpquery(&now);
}

/* A code, or the exception that comes instead. */
static struct fault run(act *act, uint64_t rax, uint64_t rcx, uint64_t rdx)
{
    now = (struct insn){.rax = rax, .rcx = rcx, .rdx = rdx};
    return probe(act, 0);
}

static void codes(act *act, uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t want,
                  const char *name, uint64_t value)
{
    struct fault f = run(act, rax, rcx, rdx);

    if (f.happened) {
        check_fault(f, NO_FAULT, 0, name, value);
        return;
    }
    check(now.rax, want, name, value);
}

static void pvalidate_states(void)
{
    uint64_t page = PAGE(PAGE_FREE);

    check(page_to(page, GHCB_MSR_PSC_PRIVATE), true, "pvalidate-assign");
    codes(do_pvalidate, page, 0, 1, SNP_SUCCESS, "pvalidate-new", 0);
    check(now.cf, false, "pvalidate-new-carry");
    codes(do_pvalidate, page, 0, 1, SNP_SUCCESS, "pvalidate-again", 0);
    check(now.cf, true, "pvalidate-again-carry");
    codes(do_pvalidate, page + 0x123, 0, 1, SNP_SUCCESS, "pvalidate-inside", 0);
    check(now.cf, true, "pvalidate-inside-carry");
    codes(do_pvalidate, page, 0, 0, SNP_SUCCESS, "pvalidate-rescind", 0);
    check(now.cf, false, "pvalidate-rescind-carry");
    codes(do_pvalidate, page, 0, 0, SNP_SUCCESS, "pvalidate-rescind-again", 0);
    check(now.cf, true, "pvalidate-rescind-again-carry");
    codes(do_pvalidate, page, 0, 1, SNP_SUCCESS, "pvalidate-back", 0);
    check(now.cf, false, "pvalidate-back-carry");
    page_shared(page);
    check(page_to(page, GHCB_MSR_PSC_PRIVATE), true, "pvalidate-assign-anew");
    codes(do_pvalidate, page, 0, 1, SNP_SUCCESS, "pvalidate-assigned-anew", 0);
    check(now.cf, false, "pvalidate-assigned-anew-is-not-validated");
    page_shared(page);
}

static void pvalidate_input(void)
{
    uint64_t page = PAGE(PAGE_FREE + 1);

    page_private(page);
    /* Linux 6.12 leaves what it likes in the upper bits. */
    codes(do_pvalidate, page, 0xabcdef00, 1, SNP_SUCCESS, "pvalidate-size-upper-bits", 0);
    codes(do_pvalidate, page, 0, 0x1b401, SNP_SUCCESS, "pvalidate-state-upper-bits", 0);
    check(now.cf, true, "pvalidate-state-upper-bits-carry");
    codes(do_pvalidate, page, 1, 1, SNP_FAIL_INPUT, "pvalidate-2m-unaligned", 0);
    codes(do_pvalidate, LARGE + PAGE_SIZE, 1, 1, SNP_FAIL_INPUT, "pvalidate-2m-unaligned-large", 0);
    codes(do_pvalidate, SMALL, 1, 1, SNP_FAIL_SIZEMISMATCH, "pvalidate-2m-small-mapping", 0);
    codes(do_pvalidate, SHARED + page, 0, 1, SNP_FAIL_INPUT, "pvalidate-shared-mapping", 0);
    page_shared(page);
}

static const uint8_t user_pvalidate[] = {0xf2, 0x0f, 0x01, 0xff, 0x0f, 0x0b};
static const uint8_t user_rmpadjust[] = {0xf3, 0x0f, 0x01, 0xfe, 0x0f, 0x0b};
static const uint8_t user_rmpquery[] = {0xf3, 0x0f, 0x01, 0xfd, 0x0f, 0x0b};

/* Code in data: pages of this guest are executable. */
static void exceptions(act *act, const uint8_t *code, const char *name)
{
    check_fault(run(act, NONCANONICAL, 0, 1), VECTOR_GP, 0, "%s-noncanonical", name);
    struct fault f = run(act, UNMAPPED, 0, 1);
    check_fault(f, VECTOR_PF, 0, "%s-unmapped", name);
    check(f.cr2, UNMAPPED, "%s-unmapped-cr2", name);
    check(f.error & 1, 0, "%s-unmapped-not-present", name);
    check_fault(probe_user(code), VECTOR_GP, 0, "%s-cpl3", name);
    check_fault(probe_compat(code), VECTOR_UD, 0, "%s-32-bit", name);
}

static void pvalidate_large(void)
{
    check(large_to(LARGE, GHCB_PSC_PRIVATE), true, "pvalidate-2m-assign");
    codes(do_pvalidate, LARGE, 1, 1, SNP_SUCCESS, "pvalidate-2m", 0);
    check(now.cf, false, "pvalidate-2m-carry");
    codes(do_pvalidate, LARGE, 1, 1, SNP_SUCCESS, "pvalidate-2m-again", 0);
    check(now.cf, true, "pvalidate-2m-again-carry");
    /* 4 KiB of it: the host has to split the entry, the guest sees nothing of that. */
    codes(do_pvalidate, LARGE + 5 * PAGE_SIZE, 0, 1, SNP_SUCCESS, "pvalidate-4k-in-2m", 0);
    check(now.cf, true, "pvalidate-4k-in-2m-carry");
    codes(do_pvalidate, LARGE, 1, 1, SNP_FAIL_SIZEMISMATCH, "pvalidate-2m-after-split", 0);
    codes(do_pvalidate, LARGE + 6 * PAGE_SIZE, 0, 1, SNP_SUCCESS, "pvalidate-split-neighbour", 0);
    check(now.cf, true, "pvalidate-split-neighbour-carry");
    /* Assigned page by page, the same 2 MiB have 4 KiB entries. */
    for (unsigned i = 0; i < 512; i++) {
        (void)page_to(LARGE_2 + i * PAGE_SIZE, GHCB_MSR_PSC_PRIVATE);
    }
    codes(do_pvalidate, LARGE_2, 1, 1, SNP_FAIL_SIZEMISMATCH, "pvalidate-2m-of-4k-entries", 0);
    codes(do_pvalidate, LARGE_2, 0, 1, SNP_SUCCESS, "pvalidate-4k-of-4k-entries", 0);
    check(now.cf, false, "pvalidate-4k-of-4k-entries-carry");
}

void test_pvalidate(void)
{
    pvalidate_states();
    pvalidate_input();
    exceptions(do_pvalidate, user_pvalidate, "pvalidate");
    pvalidate_large();
}

/* Every mask for every level is taken, and RMPQUERY tells it. */
static void rmpadjust_masks(uint64_t page)
{
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        for (unsigned mask = 0; mask <= SNP_PERM_ALL; mask++) {
            uint64_t rdx = snp_rmpadjust(vmpl, mask, 0);
            codes(do_rmpadjust, page, 0, rdx, SNP_SUCCESS, "rmpadjust-%x", rdx);
            codes(do_rmpquery, page, 0, vmpl, SNP_SUCCESS, "rmpquery-%x", rdx);
            check(now.rdx, rdx, "rmpquery-%x-mask", rdx);
        }
    }
}

static void rmpadjust_input(uint64_t page)
{
    static const uint64_t reserved[] = {
        UINT64_C(1) << 17, UINT64_C(1) << 18, UINT64_C(1) << 31,
        UINT64_C(1) << 32, UINT64_C(1) << 63,
    };
    for (unsigned vmpl = SNP_VMPLS; vmpl < 256; vmpl = vmpl * 2) {
        codes(do_rmpadjust, page, 0, snp_rmpadjust(vmpl, 1, 0), SNP_FAIL_INPUT,
              "rmpadjust-target-%x", vmpl);
    }
    for (unsigned bit = 13; bit < 16; bit++) {
        codes(do_rmpadjust, page, 0, UINT64_C(1) << bit | 1, SNP_FAIL_INPUT,
              "rmpadjust-mask-bit-%x", bit);
    }
    for (unsigned i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        codes(do_rmpadjust, page, 0, reserved[i] | 1, SNP_FAIL_INPUT, "rmpadjust-reserved-%x",
              reserved[i]);
    }
    codes(do_rmpadjust, page, 0, snp_rmpadjust(1, SNP_PERM_SHADOW_STACK, 0), SNP_FAIL_INPUT,
          "rmpadjust-shadow-stack", 0);
    codes(do_rmpadjust, page, 1, snp_rmpadjust(1, 1, 0), SNP_FAIL_INPUT, "rmpadjust-2m-unaligned",
          0);
    codes(do_rmpadjust, SMALL, 1, snp_rmpadjust(1, 1, 0), SNP_FAIL_SIZEMISMATCH,
          "rmpadjust-2m-small-mapping", 0);
    codes(do_rmpadjust, SHARED + page, 0, snp_rmpadjust(1, 1, 0), SNP_FAIL_INPUT,
          "rmpadjust-shared-mapping", 0);
    for (unsigned mask = 0; mask <= SNP_PERM_ALL; mask += 5) {
        codes(do_rmpadjust, page, 0, snp_rmpadjust(0, mask, 0), SNP_FAIL_PERMISSION,
              "rmpadjust-own-level-%x", mask);
    }
}

static void rmpadjust_vmsa(uint64_t page)
{
    codes(do_rmpadjust, page, 0, snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA), SNP_SUCCESS,
          "rmpadjust-vmsa", 0);
    codes(do_rmpquery, page, 0, 1, SNP_SUCCESS, "rmpquery-vmsa", 0);
    check(now.rdx, snp_rmpadjust(1, 0, SNP_RMPADJUST_VMSA), "rmpquery-vmsa-bit");
    codes(do_rmpadjust, page, 0, snp_rmpadjust(2, 1, 0), SNP_SUCCESS, "rmpadjust-vmsa-cleared", 0);
    codes(do_rmpquery, page, 0, 1, SNP_SUCCESS, "rmpquery-vmsa-cleared", 0);
    check(now.rdx & SNP_RMPADJUST_VMSA, 0, "rmpquery-vmsa-bit-cleared");
}

static void rmpadjust_large(void)
{
    struct insn i = {.rax = LARGE, .rcx = SNP_PAGE_2M, .rdx = SNP_PVALIDATE_VALIDATE};

    check(large_to(LARGE, GHCB_PSC_SHARED), true, "rmpadjust-2m-share");
    check(large_to(LARGE, GHCB_PSC_PRIVATE), true, "rmpadjust-2m-assign");
    check_fault(run(do_rmpadjust, LARGE, 1, snp_rmpadjust(1, 3, 0)), SNP_VECTOR_VC,
                VMEXIT_PAGE_NOT_VALIDATED, "rmpadjust-2m-not-validated");
    insn_pvalidate(&i);
    codes(do_rmpadjust, LARGE, 1, snp_rmpadjust(1, 3, 0), SNP_SUCCESS, "rmpadjust-2m", 0);
    codes(do_rmpquery, LARGE + 7 * PAGE_SIZE, 0, 1, SNP_SUCCESS, "rmpquery-in-2m", 0);
    check(now.rdx, snp_rmpadjust(1, 3, 0), "rmpquery-in-2m-mask");
    check(now.rcx, SNP_PAGE_2M, "rmpquery-in-2m-size");
    codes(do_rmpadjust, LARGE + 7 * PAGE_SIZE, 0, snp_rmpadjust(1, 1, 0), SNP_SUCCESS,
          "rmpadjust-4k-in-2m", 0);
    codes(do_rmpquery, LARGE + 8 * PAGE_SIZE, 0, 1, SNP_SUCCESS, "rmpquery-after-split", 0);
    check(now.rdx, snp_rmpadjust(1, 3, 0), "rmpquery-after-split-mask");
    check(now.rcx, SNP_PAGE_4K, "rmpquery-after-split-size");
    codes(do_rmpadjust, LARGE, 1, snp_rmpadjust(1, 3, 0), SNP_FAIL_SIZEMISMATCH,
          "rmpadjust-2m-after-split", 0);
}

void test_rmpadjust(void)
{
    uint64_t page = PAGE(PAGE_FREE + 2), fresh = PAGE(PAGE_FREE + 3);

    page_private(page);
    rmpadjust_masks(page);
    rmpadjust_input(page);
    rmpadjust_vmsa(page);
    exceptions(do_rmpadjust, user_rmpadjust, "rmpadjust");
    (void)page_to(fresh, GHCB_MSR_PSC_PRIVATE);
    check_fault(run(do_rmpadjust, fresh, 0, snp_rmpadjust(1, 1, 0)), SNP_VECTOR_VC,
                VMEXIT_PAGE_NOT_VALIDATED, "rmpadjust-not-validated");
    (void)page_to(fresh, GHCB_MSR_PSC_SHARED);
    rmpadjust_large();
    page_shared(page);
}

void test_rmpquery(void)
{
    uint64_t page = PAGE(PAGE_FREE + 4), fresh = PAGE(PAGE_FREE + 5);

    page_private(page);
    for (unsigned vmpl = 1; vmpl < SNP_VMPLS; vmpl++) {
        codes(do_rmpquery, page, 0, vmpl, SNP_SUCCESS, "rmpquery-new-%x", vmpl);
        check(now.rdx, vmpl, "rmpquery-new-%u-no-rights", vmpl);
        check(now.rcx, SNP_PAGE_4K, "rmpquery-new-%u-size", vmpl);
    }
    for (unsigned vmpl = SNP_VMPLS; vmpl < 256; vmpl = vmpl * 2) {
        codes(do_rmpquery, page, 0, vmpl, SNP_FAIL_INPUT, "rmpquery-target-%x", vmpl);
    }
    exceptions(do_rmpquery, user_rmpquery, "rmpquery");
    (void)page_to(fresh, GHCB_MSR_PSC_PRIVATE);
    check_fault(run(do_rmpquery, fresh, 0, 1), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "rmpquery-not-validated");
    (void)page_to(fresh, GHCB_MSR_PSC_SHARED);
    page_shared(page);
}
