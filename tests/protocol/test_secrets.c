/* SPDX-License-Identifier: MIT */
/* What the guest is given: secrets page, CPUID page, first calling area, rights. */
#include "protocol.h"
#include <svsm/abi/snp_cpuid.h>

#define FEATURES_LEAVES 64u

static uint64_t key_words(unsigned key)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < sizeof(the_secrets->vmpck[0].key); i++) {
        sum |= the_secrets->vmpck[key].key[i];
    }
    return sum;
}

static void test_svsm_fields(void)
{
    check(the_secrets->svsm_size != 0, true, "secrets/svsm-is-there");
    check(the_secrets->svsm_size % PAGE_SIZE, 0, "secrets/svsm-size-whole-pages");
    check(the_secrets->svsm_base % PAGE_SIZE, 0, "secrets/svsm-base-aligned");
    check(the_secrets->svsm_base > PAYLOAD_BASE, true, "secrets/svsm-base-above-payload");
    check(svsm_end() <= memory_end, true, "secrets/svsm-in-memory");
    check(the_secrets->svsm_caa, PAYLOAD_CAA, "secrets/calling-area");
    check(the_secrets->svsm_max_version, 1, "secrets/core-version");
    check(the_secrets->svsm_guest_vmpl, GUEST_VMPL, "secrets/guest-vmpl");
    for (unsigned i = 0; i < sizeof(the_secrets->reserved_15d); i++) {
        check(the_secrets->reserved_15d[i], 0, "secrets/reserved-15d-%u", i);
    }
}

void test_secrets(void)
{
    check(the_secrets->version >= 2, true, "secrets/version");
    check(the_secrets->reserved_00c, 0, "secrets/reserved-00c");
    check(key_words(0), 0, "secrets/key-0-wiped");
    check(key_words(1), 0, "secrets/key-1-wiped");
    check(key_words(2) != 0, true, "secrets/key-2-there");
    for (unsigned i = 0; i < 4; i++) {
        check(the_secrets->os.msg_seqno[i], 0, "secrets/sequence-%u", i);
    }
    check(the_secrets->os.ap_jump_table_pa, 0, "secrets/ap-jump-table");
    test_svsm_fields();
    uint32_t count = the_cpuid->count;
    check(count >= 1 && count <= SNP_CPUID_ENTRIES, true, "cpuid/count");
    for (unsigned i = 0; i < SNP_CPUID_ENTRIES && i < count; i++) {
        if (the_cpuid->entries[i].eax_in == SNP_CPUID_LEAF) {
            check(the_cpuid->entries[i].eax & SNP_CPUID_SVSM, 0, "cpuid/svsm-bit-not-set");
            check(the_cpuid->entries[i].eax & SNP_CPUID_SNP, SNP_CPUID_SNP, "cpuid/snp");
        }
    }
    check(msr_read(SNP_MSR_SEV_STATUS) & 7, 7, "status/snp-active");
    struct insn i = {.rax = PAGE_TEST(0), .rdx = snp_rmpadjust(1, SNP_PERM_ALL, 0)};
    insn_rmpadjust(&i);
    check(i.rax, SNP_FAIL_PERMISSION, "level/rmpadjust-of-vmpl1");
    i = (struct insn){.rax = PAGE_TEST(0), .rdx = snp_rmpadjust(2, SNP_PERM_ALL, 0)};
    insn_rmpadjust(&i);
    check(i.rax, SNP_FAIL_PERMISSION, "level/rmpadjust-of-own");
    i = (struct insn){.rax = PAGE_TEST(0), .rdx = snp_rmpadjust(0, SNP_PERM_ALL, 0)};
    insn_rmpadjust(&i);
    check(i.rax, SNP_FAIL_PERMISSION, "level/rmpadjust-of-vmpl0");
}
