/* SPDX-License-Identifier: MIT */
/* INVLPGB and TLBSYNC: there with what CPUID says of them, and what they refuse. */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include "conform.h"
#include <svsm/abi/snp_cpuid.h>

#define CPUID_EBX 1u
#define CPUID_EDX 3u
#define ANOTHER_ASID 5u

static uint32_t cpuid8(unsigned number)
{
    return ghcb_msr_high(
        msr_ask(ghcb_msr_cpuid(GHCB_MSR_CPUID_REQUEST, SNP_CPUID_LEAF_ADDRESS, number)));
}

struct operands {
    uint64_t rax, rcx, rdx;
};

static void do_invlpgb(uint64_t operands)
{
    const struct operands *o = (const struct operands *)operands;

    insn_invlpgb(o->rax, o->rcx, o->rdx);
}

static void do_tlbsync(uint64_t unused)
{
    (void)unused;
    insn_tlbsync();
}

/* XOR of EAX, ECX, EDX with themselves before it; UD2 behind both. */
static const uint8_t user_invlpgb[] = {0x31, 0xc0, 0x31, 0xc9, 0x31, 0xd2,
                                       0x0f, 0x01, 0xfe, 0x0f, 0x0b};
static const uint8_t user_tlbsync[] = {0x0f, 0x01, 0xff, 0x0f, 0x0b};

bool insn_has_invlpgb(void)
{
    return cpuid8(CPUID_EBX) & SNP_CPUID_ADDRESS_EBX_INVLPGB;
}

void test_invlpgb(void)
{
    uint32_t last = cpuid8(CPUID_EDX) & SNP_CPUID_ADDRESS_EDX_INVLPGB_MAX;
    struct operands o = {.rax = INVLPGB_ALL};
    uint64_t at = (uint64_t)&o;

    if (!insn_has_invlpgb()) {
        check_fault(probe(do_invlpgb, at), VECTOR_UD, 0, "invlpgb-is-not-there");
        check_fault(probe(do_tlbsync, 0), VECTOR_UD, 0, "tlbsync-is-not-there");
        return;
    }
    check_fault(probe(do_invlpgb, at), NO_FAULT, 0, "invlpgb-all");
    check_fault(probe(do_tlbsync, 0), NO_FAULT, 0, "tlbsync");
    o = (struct operands){.rax = PAGE_BUFFER | INVLPGB_VA | INVLPGB_ALL, .rcx = last};
    check_fault(probe(do_invlpgb, at), NO_FAULT, 0, "invlpgb-most-pages");
    o.rcx = last + 1;
    check_fault(probe(do_invlpgb, at), VECTOR_GP, 0, "invlpgb-too-many-pages");
    o.rcx = UINT64_C(1) << 16;
    check_fault(probe(do_invlpgb, at), VECTOR_GP, 0, "invlpgb-reserved-count");
    o = (struct operands){.rax = INVLPGB_ALL | UINT64_C(1) << 6};
    check_fault(probe(do_invlpgb, at), VECTOR_GP, 0, "invlpgb-reserved-operand");
    o = (struct operands){.rax = INVLPGB_ALL, .rdx = ANOTHER_ASID};
    check_fault(probe(do_invlpgb, at), VECTOR_GP, 0, "invlpgb-another-asid");
    check_fault(probe_user(user_invlpgb), VECTOR_GP, 0, "invlpgb-user");
    check_fault(probe_user(user_tlbsync), VECTOR_GP, 0, "tlbsync-user");
}
