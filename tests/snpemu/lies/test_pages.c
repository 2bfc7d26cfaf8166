/* SPDX-License-Identifier: MIT */
/* Pages that the host moves. */
#include "lies.h"

#define MARK UINT64_C(0x1122334455667788)
#define NOISE UINT64_C(0x5a5a5a5a5a5a5a5a)
#define STEPS 40u

static volatile uint64_t *word_at(uint64_t gpa)
{
    return (volatile uint64_t *)gpa;
}

static void read_word(uint64_t gpa)
{
    (void)*word_at(gpa);
}

static void validate(uint64_t gpa, bool changes, const char *name)
{
    struct insn i = {.rax = gpa, .rdx = SNP_PVALIDATE_VALIDATE};

    insn_pvalidate(&i);
    check(i.rax, SNP_SUCCESS, "%s", name);
    check(i.cf, !changes, "%s-changes", name);
}

/* Two pages for one address, both validated: what PVALIDATE's carry flag is there to notice. */
static void moves(void)
{
    page_private(PAGE_LIE);
    *word_at(PAGE_LIE) = MARK;
    lie("remap@cpuid,gpa=0x%x", PAGE_LIE);
    (void)ask_cpuid(0);
    check_fault(probe(read_word, PAGE_LIE), SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED,
                "remap-not-validated");
    lie_check(1, "remap");
    validate(PAGE_LIE, true, "remap-validate");
    check(*word_at(PAGE_LIE), NOISE, "remap-another-page");
    lie("back@cpuid,gpa=0x%x", PAGE_LIE);
    (void)ask_cpuid(0);
    check(*word_at(PAGE_LIE), MARK, "back-the-same-page");
    lie_check(1, "back");
    lie("exchange@cpuid,gpa=0x%x,count=2", PAGE_LIE);
    (void)ask_cpuid(0);
    check(*word_at(PAGE_LIE), NOISE, "exchange-there");
    (void)ask_cpuid(0);
    check(*word_at(PAGE_LIE), MARK, "exchange-and-back");
    lie_check(2, "exchange");
}

static void at_instructions(void)
{
    uint64_t page = PAGE_LIE + PAGE_SIZE;

    page_private(page);
    *word_at(page) = MARK;
    lie("remap@pvalidate"); /* its own operand */
    validate(page, true, "remap-at-pvalidate");
    lie_check(1, "remap-at-pvalidate");
    check(*word_at(page), NOISE, "remap-at-pvalidate-page");
    struct insn i = {.rax = page, .rdx = snp_rmpadjust(1, 0, 0)};
    lie("back@rmpadjust");
    insn_rmpadjust(&i);
    check(i.rax, SNP_SUCCESS, "back-at-rmpadjust");
    check(*word_at(page), MARK, "back-at-rmpadjust-page");
    lie_check(1, "back-at-rmpadjust");
    i = (struct insn){.rax = page};
    lie("exchange@rmpquery");
    insn_rmpquery(&i);
    check(i.rax, SNP_SUCCESS, "exchange-at-rmpquery");
    check(*word_at(page), NOISE, "exchange-at-rmpquery-page");
    lie_check(1, "exchange-at-rmpquery");
}

static uint64_t reached; /* by the instructions below, as far as they got */

/* SAFETY: an event whose GHCB is ready, then a loop that reads one page and counts. */
static void read_on(uint64_t gpa)
{
    uint64_t left = STEPS;

    asm volatile("rep; vmmcall\n"
                 "1: mov (%1), %%rax\n"
                 "incq %2\n"
                 "dec %0\n"
                 "jnz 1b"
                 : "+r"(left)
                 : "r"(gpa), "m"(reached)
                 : "rax", "memory", "cc");
}

/* The page goes away somewhere in the middle: with each instruction more a little later. */
static void in_a_window(void)
{
    uint64_t page = PAGE_LIE + 2 * PAGE_SIZE;

    for (unsigned after = 1; after < 100; after += 33) {
        page_private(page);
        reached = 0;
        lie("remap@cpuid,gpa=0x%x,after=%u", page, after);
        cpuid_ready();
        struct fault fault = probe(read_on, page);
        check_fault(fault, SNP_VECTOR_VC, VMEXIT_PAGE_NOT_VALIDATED, "window-%u", after);
        /* Four instructions a round: the read that follows on the last of them fails. */
        check(reached, (after + 3) / 4, "window-%u-at", after);
        lie_check(1, "window");
        lie("back@cpuid,gpa=0x%x", page);
        (void)ask_cpuid(0);
        lie_check(1, "window-back");
        page_shared(page);
    }
}

/* The host writes what it can: what is shared. */
static void write(void)
{
    uint64_t page = PAGE_LIE + 3 * PAGE_SIZE;

    lie("write@cpuid,gpa=0x%x,offset=16,value=0x%x", PAGE_BUFFER, MARK);
    (void)ask_cpuid(0);
    check(*word_at(SHARED + PAGE_BUFFER + 16), MARK, "write");
    lie_check(1, "write");
    page_private(page);
    lie("write@cpuid,offset=4080,after=7,value=0x%x", MARK);
    cpuid_ready();
    (void)probe(read_on, page);
    check(*word_at(SHARED + PAGE_GHCB + 4080), MARK, "write-ghcb");
    lie_check(1, "write-ghcb");
    lie("write@cpuid,gpa=0x%x,value=0x%x", page, MARK);
    (void)ask_cpuid(0);
    lie_check(0, "write-private");
}

void test_pages(void)
{
    moves();
    at_instructions();
    in_a_window();
    write();
}
