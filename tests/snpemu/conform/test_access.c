/* SPDX-License-Identifier: MIT */
/* Plain accesses: what becomes #VC, what memory holds after its state changed; and, one per boot,
 * the accesses that end a guest. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. A fault in it ends the act, not the guest. */
#include "conform.h"

static void do_read(uint64_t va)
{
    (void)*(volatile uint64_t *)va;
}

static void do_write(uint64_t va)
{
    *(volatile uint64_t *)va = 1;
}

static void do_fetch(uint64_t va)
{
    asm volatile("call *%0" : : "r"(va) : "memory");
}

/* user_read: RDI is the frame's, so the address is in the code. */
static uint8_t user_code[16];

static const uint8_t *user_reads(uint64_t va)
{
    user_code[0] = 0x48; /* movabs rax, [va] */
    user_code[1] = 0xa1;
    for (unsigned i = 0; i < 8; i++) {
        user_code[2 + i] = (uint8_t)(va >> 8 * i);
    }
    user_code[10] = 0x0f; /* ud2 */
    user_code[11] = 0x0b;
    return user_code;
}

static void not_validated(void)
{
    uint64_t page = PAGE(PAGE_FREE + 6);

    (void)page_to(page, GHCB_MSR_PSC_PRIVATE);
    check_fault(probe(do_read, page), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "not-validated-read");
    check_fault(probe(do_write, page + 8), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "not-validated-write");
    check_fault(probe(do_fetch, page), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "not-validated-fetch");
    check_fault(probe_user(user_reads(page)), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "not-validated-cpl3");
    struct fault f = probe(do_read, page);
    check(f.rip >= (uint64_t)do_read && f.rip < (uint64_t)do_read + 32, true,
          "not-validated-rip-at-the-instruction");
    (void)page_to(page, GHCB_MSR_PSC_SHARED);
}

static void no_memory(void)
{
    check_fault(probe(do_read, SHARED + NO_MEMORY), SNP_VECTOR_VC, VMEXIT_NPF, "mmio-read");
    check_fault(probe(do_write, SHARED + NO_MEMORY), SNP_VECTOR_VC, VMEXIT_NPF, "mmio-write");
    check_fault(probe_user(user_reads(SHARED + NO_MEMORY)), SNP_VECTOR_VC, VMEXIT_NPF, "mmio-cpl3");
    check_fault(probe(do_read, UNMAPPED), VECTOR_PF, 0, "unmapped-read");
    check_fault(probe(do_read, NONCANONICAL), VECTOR_GP, 0, "noncanonical-read");
}

static void contents(void)
{
    uint64_t page = PAGE(PAGE_FREE + 7);
    volatile uint64_t *private = (volatile uint64_t *)page;
    volatile uint64_t *shared = (volatile uint64_t *)(SHARED + page);

    shared[0] = UINT64_C(0x1122334455667788);
    check(shared[0], UINT64_C(0x1122334455667788), "shared-page-holds");
    page_private(page);
    flush(page);
    check(private[0] != UINT64_C(0x1122334455667788), true,
          "shared-contents-do-not-become-private");
    private[0] = UINT64_C(0x99aabbccddeeff00);
    check(private[0], UINT64_C(0x99aabbccddeeff00), "private-page-holds");
    page_shared(page);
    flush(SHARED + page);
    check(shared[0] != UINT64_C(0x99aabbccddeeff00), true, "private-contents-do-not-become-shared");
    page_private(page);
    private[1] = 7;
    struct insn i = {.rax = page, .rdx = 0};
    insn_pvalidate(&i);
    i = (struct insn){.rax = page, .rdx = 1};
    insn_pvalidate(&i);
    check(private[1], 7, "contents-outlive-rescind-and-validate");
    page_shared(page);
}

void test_access(void)
{
    not_validated();
    no_memory();
    contents();
}

static void do_pvalidate(uint64_t va)
{
    struct insn i = {.rax = va, .rdx = 1};

    insn_pvalidate(&i);
}

static void goes_on(uint64_t number)
{
    print("not ok forbidden-%u - the guest goes on\n", (unsigned)number);
    failures++;
}

/* Each ends the machine. A line before says which; none behind may come. */
void test_forbidden(uint64_t number)
{
    uint64_t page = PAGE(PAGE_FREE), mine = PAGE(PAGE_FREE + 1);

    if (number >= ENDING_FIRST && number <= ENDING_LAST) {
        test_ending(number);
        goes_on(number);
        return;
    }
    page_private(mine);
    switch (number) {
    case 14: /* nothing is forbidden here: whether interrupts come depends on the features */
        test_interrupt();
        return;
    case 1: /* private read of a page that nobody assigned */
        do_read(page);
        break;
    case 2:
        do_write(page);
        break;
    case 3:
        do_fetch(page);
        break;
    case 4: /* shared access to an own private page */
        do_read(SHARED + mine);
        break;
    case 5:
        do_write(SHARED + mine);
        break;
    case 6: /* a level without rights */
        (void)level_call(1, do_read, mine);
        break;
    case 7:
        (void)level_call(2, do_write, mine);
        break;
    case 8:
        (void)level_call(3, do_fetch, mine);
        break;
    case 9: /* PVALIDATE of a page that nobody assigned */
        do_pvalidate(page);
        break;
    case 10: /* private access where there is no memory */
        do_read(NO_MEMORY);
        break;
    case 11: /* running a level that has no save area */
        (void)msr_ask(ghcb_msr_run_vmpl(3));
        break;
    case 13: /* no refusal: the guest ends itself, set 1, reason 4 */
        (void)msr_ask(ghcb_msr_terminate(1, 4));
        break;
    case 15: /* a level without a TSC scale, where Secure TSC is on */
        (void)level_call(1, do_read, mine);
        break;
    case 16: /* a doorbell page that becomes private while it is one */
        ghcb_begin();
        ghcb_ask(GHCB_EVENT_DOORBELL, GHCB_DOORBELL_SET, PAGE_BUFFER);
        page_private(PAGE_BUFFER);
        break;
    default: /* a GHCB that was not registered */
        msr_write(SNP_MSR_GHCB, PAGE_BUFFER);
        vmgexit();
        break;
    }
    goes_on(number);
}
