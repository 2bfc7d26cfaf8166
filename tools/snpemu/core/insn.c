/* SPDX-License-Identifier: MIT */
/*
 * The guest's RMP instructions. What only registers decide comes first (*_check), then the RMP: is
 * the page the guest's at all, are the sizes right, may this level do it.
 */
#include "insn.h"
#include "rules.h"
#include <svsm/abi/vmexit.h>
#include <stddef.h>

#define LARGE_FRAMES (SNP_SIZE_2M / SNP_SIZE_4K)
#define LINEAR_BITS 48u
#define LINEAR_BITS_LA57 57u

static struct insn_result stop(enum insn_outcome outcome, unsigned rule)
{
    return (struct insn_result){.outcome = outcome, .rule = rule};
}

static struct insn_result code(uint32_t eax, unsigned rule)
{
    return (struct insn_result){.outcome = INSN_DONE, .eax = eax, .rule = rule};
}

static struct insn_result nested_fault(uint64_t info, unsigned rule)
{
    return (struct insn_result){.outcome = INSN_NPF, .npf_info = info, .rule = rule};
}

static bool goes_on(const struct insn_result *result)
{
    return result->outcome == INSN_WALK;
}

/* The last byte tells the instructions apart, once the prefix is known. */
static enum insn_kind kind_of(uint8_t prefix, uint8_t last)
{
    static const struct {
        uint8_t prefix, last;
        enum insn_kind kind;
    } kinds[] = {
        {0xf2, 0xff, INSN_PVALIDATE}, {0xf3, 0xfe, INSN_RMPADJUST}, {0xf3, 0xfd, INSN_RMPQUERY},
        {0xf3, 0xd9, INSN_VMGEXIT},   {0xf2, 0xd9, INSN_VMGEXIT},   {0, 0xd9, INSN_VMMCALL},
        {0, 0xfe, INSN_INVLPGB},      {0, 0xff, INSN_TLBSYNC},      {0xf3, 0xff, INSN_PSMASH},
        {0xf2, 0xfe, INSN_RMPUPDATE},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].prefix == prefix && kinds[i].last == last) {
            return kinds[i].kind;
        }
    }
    return INSN_NONE;
}

enum insn_kind insn_decode(const uint8_t *bytes, unsigned count, unsigned *length)
{
    unsigned at = count > 0 && (bytes[0] == 0xf2 || bytes[0] == 0xf3) ? 1 : 0;

    *length = 0;
    if (count < at + 3 || bytes[at] != 0x0f || bytes[at + 1] != 0x01) {
        return INSN_NONE;
    }
    enum insn_kind kind = kind_of(at == 1 ? bytes[0] : 0, bytes[at + 2]);
    if (kind != INSN_NONE) {
        *length = at + 3;
    }
    return kind;
}

/*
 * The size in ECX, as the state in EDX of PVALIDATE, is its bit 0: Linux's inline assembly hands
 * over C booleans, above whose eight bits is what the compiler left there.
 */
static bool is_large(uint64_t size)
{
    return size & 1;
}

static bool is_canonical(uint64_t address, bool la57)
{
    unsigned spare = 64 - (la57 ? LINEAR_BITS_LA57 : LINEAR_BITS);
    uint64_t high = address >> (63 - spare);

    return high == 0 || high == ~UINT64_C(0) >> (63 - spare);
}

/* What all three need, in the order of exceptions: the instruction, the level, the address. */
static struct insn_result check_common(const struct insn_cpu *cpu, uint64_t rax, bool vmpl0_only)
{
    if (!cpu->long64 || !(cpu->features & SNP_FEATURE_SNP)) {
        return stop(INSN_UD, RULE_INSN_SNP);
    }
    if (cpu->cpl != 0) {
        return stop(INSN_GP, RULE_INSN_CPL);
    }
    if (vmpl0_only && cpu->vmpl != 0) {
        return stop(INSN_GP, RULE_PVALIDATE_VMPL);
    }
    if (!is_canonical(rax, cpu->la57)) {
        return stop(INSN_GP, RULE_INSN_CANONICAL);
    }
    return stop(INSN_WALK, RULE_NONE);
}

/* The page that the guest's tables give for RAX, against the size that is asked for. */
static struct insn_result check_mapping(const struct insn_page *page, bool large)
{
    if (!page->private) {
        return code(SNP_FAIL_INPUT, RULE_INSN_MAPPING_SHARED);
    }
    if (large && !page->large) {
        return code(SNP_FAIL_SIZEMISMATCH, RULE_INSN_MAPPING_SMALL);
    }
    if (large && page->gpa % SNP_SIZE_2M != 0) {
        return code(SNP_FAIL_INPUT, RULE_INSN_ALIGNED);
    }
    return stop(INSN_WALK, RULE_NONE);
}

/* Is the page the guest's and open to change? Where it is not, the host hears of it. */
static struct insn_result check_entry(const struct rmp_entry *entry, const struct insn_cpu *cpu,
                                      const struct insn_page *page)
{
    if (page->frame == RMP_NO_FRAME) {
        return nested_fault(0, RULE_PRIVATE_NO_MEMORY);
    }
    if (!entry || !(entry->flags & RMP_ASSIGNED) || entry->asid != cpu->asid ||
        entry->gpa != (page->gpa & ~(SNP_SIZE_4K - 1))) {
        return nested_fault(VMEXIT_NPF_RMP, RULE_PRIVATE_OWNERSHIP);
    }
    if (entry->flags & RMP_IMMUTABLE) {
        return nested_fault(VMEXIT_NPF_RMP, RULE_PRIVATE_IMMUTABLE);
    }
    return stop(INSN_WALK, RULE_NONE);
}

static struct insn_result check_small_in_large(const struct rmp_entry *entry, bool large)
{
    if (!large && (entry->flags & RMP_LARGE)) {
        return nested_fault(VMEXIT_NPF_RMP | VMEXIT_NPF_SIZEM, RULE_INSN_SIZE_SMALL);
    }
    return stop(INSN_WALK, RULE_NONE);
}

static struct insn_result check_large_in_small(const struct rmp_entry *entry, bool large)
{
    if (large && !(entry->flags & RMP_LARGE)) {
        return code(SNP_FAIL_SIZEMISMATCH, RULE_INSN_SIZE_LARGE);
    }
    return stop(INSN_WALK, RULE_NONE);
}

static struct insn_result changed(bool large)
{
    return (struct insn_result){
        .outcome = INSN_DONE, .changed = true, .pages = large ? LARGE_FRAMES : 1};
}

struct insn_result insn_pvalidate_check(const struct insn_cpu *cpu, uint64_t rax, uint32_t ecx,
                                        uint32_t edx)
{
    struct insn_result result = check_common(cpu, rax, true);

    if (!goes_on(&result)) {
        return result;
    }
    (void)edx; /* any value will do */
    if (is_large(ecx) && rax % SNP_SIZE_2M != 0) {
        return code(SNP_FAIL_INPUT, RULE_INSN_ALIGNED);
    }
    return result;
}

/* Everything between the translation and the commit. */
static struct insn_result pvalidate_decode(const struct rmp_entry *entry,
                                           const struct insn_cpu *cpu, const struct insn_page *page,
                                           bool large, bool validate)
{
    struct insn_result result = check_mapping(page, large);

    if (goes_on(&result)) {
        result = check_entry(entry, cpu, page);
    }
    if (goes_on(&result)) {
        result = check_small_in_large(entry, large);
    }
    if (goes_on(&result)) {
        result = check_large_in_small(entry, large);
    }
    if (goes_on(&result) && validate == !!(entry->flags & RMP_VALIDATED)) {
        result = code(SNP_SUCCESS, RULE_PVALIDATE_NO_CHANGE);
        result.cf = true;
    }
    return result;
}

struct insn_result insn_pvalidate(struct rmp *rmp, const struct insn_cpu *cpu,
                                  const struct insn_page *page, uint32_t ecx, uint32_t edx)
{
    bool large = is_large(ecx);
    struct rmp_entry *entry = rmp_entry_of(rmp, page->frame);
    struct insn_result result = pvalidate_decode(entry, cpu, page, large, edx & 1);

    if (!goes_on(&result)) {
        return result;
    }
    result = changed(large);
    for (uint64_t i = 0; i < result.pages; i++) {
        entry[i].flags ^= RMP_VALIDATED;
    }
    return result;
}

struct insn_result insn_rmpadjust_check(const struct insn_cpu *cpu, uint64_t rax, uint64_t rcx,
                                        uint64_t rdx)
{
    struct insn_result result = check_common(cpu, rax, false);

    if (!goes_on(&result)) {
        return result;
    }
    if (snp_rmpadjust_vmpl(rdx) >= SNP_VMPLS || (rdx & SNP_RMPADJUST_RESERVED)) {
        return code(SNP_FAIL_INPUT, RULE_RMPADJUST_INPUT);
    }
    if ((snp_rmpadjust_perm(rdx) & SNP_PERM_SHADOW_STACK) &&
        !(cpu->features & SNP_FEATURE_VMPL_SSS)) {
        return code(SNP_FAIL_INPUT, RULE_RMPADJUST_SHADOW_STACK);
    }
    if (is_large(rcx) && rax % SNP_SIZE_2M != 0) {
        return code(SNP_FAIL_INPUT, RULE_INSN_ALIGNED);
    }
    if (snp_rmpadjust_vmpl(rdx) <= cpu->vmpl) {
        return code(SNP_FAIL_PERMISSION, RULE_RMPADJUST_TARGET);
    }
    return result;
}

/* VMPL0 has every permission, also to shadow stacks, which its mask does not record. */
static bool may_grant(const struct rmp_entry *entry, uint8_t vmpl, unsigned mask)
{
    return vmpl == 0 || (mask & ~(unsigned)entry->perms[vmpl]) == 0;
}

static struct insn_result rmpadjust_decode(const struct rmp_entry *entry,
                                           const struct insn_cpu *cpu, const struct insn_page *page,
                                           bool large, uint64_t rdx)
{
    struct insn_result result = check_mapping(page, large);

    if (goes_on(&result)) {
        result = check_entry(entry, cpu, page);
    }
    if (goes_on(&result)) {
        result = check_small_in_large(entry, large);
    }
    if (goes_on(&result) && !(entry->flags & RMP_VALIDATED)) {
        result = stop(INSN_VC_404, RULE_INSN_VALIDATED);
    }
    if (goes_on(&result)) {
        result = check_large_in_small(entry, large);
    }
    if (goes_on(&result) && !may_grant(entry, cpu->vmpl, snp_rmpadjust_perm(rdx))) {
        result = code(SNP_FAIL_PERMISSION, RULE_RMPADJUST_MASK);
    }
    if (goes_on(&result) && cpu->vmpl == 0 && (entry->flags & RMP_IN_USE) &&
        !(rdx & SNP_RMPADJUST_VMSA)) {
        result = code(SNP_FAIL_INUSE, RULE_RMPADJUST_IN_USE);
    }
    return result;
}

struct insn_result insn_rmpadjust(struct rmp *rmp, const struct insn_cpu *cpu,
                                  const struct insn_page *page, uint64_t rcx, uint64_t rdx)
{
    bool large = is_large(rcx);
    struct rmp_entry *entry = rmp_entry_of(rmp, page->frame);
    struct insn_result result = rmpadjust_decode(entry, cpu, page, large, rdx);

    if (!goes_on(&result)) {
        return result;
    }
    result = changed(large);
    for (uint64_t i = 0; i < result.pages; i++) {
        entry[i].perms[snp_rmpadjust_vmpl(rdx)] = (uint8_t)snp_rmpadjust_perm(rdx);
        if (cpu->vmpl == 0) {
            entry[i].flags &= (uint8_t)~RMP_VMSA;
            entry[i].flags |= rdx & SNP_RMPADJUST_VMSA ? RMP_VMSA : 0;
        }
    }
    return result;
}

struct insn_result insn_rmpquery_check(const struct insn_cpu *cpu, uint64_t rax, uint64_t rdx)
{
    struct insn_result result = check_common(cpu, rax, false);

    if (!goes_on(&result)) {
        return result;
    }
    if (rdx >= SNP_VMPLS) {
        return code(SNP_FAIL_INPUT, RULE_RMPQUERY_INPUT);
    }
    if (rdx < cpu->vmpl) {
        return code(SNP_FAIL_PERMISSION, RULE_RMPQUERY_TARGET);
    }
    return result;
}

struct insn_result insn_rmpquery(const struct rmp *rmp, const struct insn_cpu *cpu,
                                 const struct insn_page *page, uint64_t rdx)
{
    const struct rmp_entry *entry = rmp_entry_of(rmp, page->frame);
    struct insn_result result = check_mapping(page, false);

    if (goes_on(&result)) {
        result = check_entry(entry, cpu, page);
    }
    if (goes_on(&result) && !(entry->flags & RMP_VALIDATED)) {
        result = stop(INSN_VC_404, RULE_INSN_VALIDATED);
    }
    if (!goes_on(&result)) {
        return result;
    }
    result = code(SNP_SUCCESS, RULE_NONE);
    result.rcx = entry->flags & RMP_LARGE ? SNP_PAGE_2M : SNP_PAGE_4K;
    result.rdx = snp_rmpadjust(snp_rmpadjust_vmpl(rdx), entry->perms[snp_rmpadjust_vmpl(rdx)],
                               entry->flags & RMP_VMSA ? SNP_RMPADJUST_VMSA : 0);
    return result;
}
