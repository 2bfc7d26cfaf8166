/* SPDX-License-Identifier: MIT */
/*
 * Whatever PVALIDATE, RMPADJUST and the clearing answer, in any combination, a page is granted only
 * after it was cleared, and nothing gets into it between the two; on success the guest's level and
 * no other has all rights to a validated page; on an error it has none to one that we write down as
 * not validated. A page is rescinded only without any right to it. Every result is one that the
 * protocol has.
 *
 * The machine is a stub with one page, whose instructions may fail at any time without effect.
 */
#include <guest/rights.c>
#include "proof.h"

static bool validated, clean;
static unsigned perms[SNP_VMPLS];

static uint32_t any_code(void)
{
    uint32_t eax;

    return eax;
}

uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged)
{
    uint32_t eax = any_code();

    if (eax != SNP_SUCCESS) {
        return eax;
    }
    *unchanged = validated == validate;
    if (!*unchanged) {
        clean = false;
        validated = validate;
        __CPROVER_assert(validate || (perms[2] == 0 && perms[3] == 0), "rescinded without rights");
    }
    return eax;
}

uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx)
{
    uint32_t eax = any_code();
    unsigned vmpl = rdx & 0xff;

    __CPROVER_assert(vmpl >= 2 && vmpl <= 3 && (rdx & ~UINT64_C(0xfff)) == 0, "a level below us");
    if (eax == SNP_SUCCESS) {
        __CPROVER_assert(rdx >> 8 == 0 || clean, "granted only when cleared");
        __CPROVER_assert(rdx >> 8 == 0 || vmpl == 2, "to the guest's level");
        perms[vmpl] = (unsigned)(rdx >> 8);
    }
    return eax;
}

bool snp_clear(gpa_t page, unsigned size)
{
    bool there;

    clean = clean || there;
    return there;
}

static bool known(uint32_t result)
{
    return result == SVSM_SUCCESS || result == SVSM_ERR_INVALID_ADDRESS ||
           (result > 0x80001000 && result <= 0x80001011);
}

int main(void)
{
    gpa_t page;
    unsigned size;
    bool held, ignore, valid, was, lower;
    /* The table and the machine: not validated, no rights; validated, whatever the guest passed
     * on; or something that the host did. */
    validated = was;
    perms[2] = held ? SNP_PERM_ALL : 0;
    perms[3] = held && lower ? SNP_PERM_READ : 0;
    __CPROVER_assume(!held || ignore); /* carry_out() */

    uint32_t result = rights_validate(page, size, held, ignore, &valid);

    __CPROVER_assert(known(result), "a result of the protocol");
    if (result == SVSM_SUCCESS) {
        __CPROVER_assert(valid && validated && perms[2] == SNP_PERM_ALL && perms[3] == 0,
                         "granted");
        REACH("validated");
    } else if (!held) {
        __CPROVER_assert(!valid && perms[2] == 0, "no right to what is not validated");
        REACH("not validated");
    } else {
        REACH("no longer, or still");
    }

    __CPROVER_assume(valid);
    result = rights_rescind(page, size);
    __CPROVER_assert(known(result), "a result of the protocol");
    if (result == SVSM_SUCCESS) {
        __CPROVER_assert(!validated && perms[2] == 0 && perms[3] == 0, "rescinded");
        REACH("rescinded");
    } else {
        REACH("not rescinded");
    }
}
