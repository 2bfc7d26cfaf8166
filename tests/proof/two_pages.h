/* SPDX-License-Identifier: MIT */
/*
 * A machine for proofs about pages of the guest: one address, two pages, of which the host puts
 * either there, and from which it takes what it likes, before each instruction. Instructions may
 * fail at any time without effect. What must never happen is asserted here: that something is done
 * where two pages that VMPL0 has seen validated could be meant; that a page is rescinded with
 * rights to it, or granted without having been cleared; that a save area is made of another page,
 * or another content, than the one that was looked at when nobody else could write it.
 */
#pragma once
#include <guest/page.h>
#include <snp/snp.h>
#include <svsm/abi/snp_image.h>
#include "proof.h"

#ifdef __CPROVER /* no compiler knows what follows */

struct side {
    bool validated, clean, vmsa;
    bool seen; /* by VMPL0, as validated, and not rescinded since */
    unsigned perms[SNP_VMPLS];
};

static struct side sides[2];
static unsigned there;  /* which of them */
static unsigned looked; /* the one that was read last, and nobody has written since; 2: none */
static bool alone;      /* the host has only sides[0] */
static bool flushed;    /* the guest holds no translation of a page whose rights were revoked */

static bool any(void)
{
    unsigned value;

    return value % 2 != 0;
}

static unsigned seen_count(void)
{
    return (sides[0].validated && sides[0].seen) + (sides[1].validated && sides[1].seen);
}

static void host_moves(void)
{
    there = any() && !alone ? 1 : 0;
    for (unsigned i = 0; i < 2; i++) {
        if (any()) {
            sides[i] = (struct side){0};
        }
    }
    __CPROVER_assert(seen_count() < 2, "the host has no choice of pages");
}

/* The invariant of page.h. */
static bool sound(enum page_state state)
{
    bool good = state == PAGE_DEAD || seen_count() <= (state == PAGE_INVALID ? 0 : 1);

    for (unsigned i = 0; i < 2; i++) {
        const struct side *s = &sides[i];
        good = good && (s->clean || (s->perms[2] == 0 && s->perms[3] == 0));
        good = good && (state == PAGE_DEAD || !s->seen || !s->validated || s->clean);
        good = good && (state == PAGE_DEAD || state == PAGE_VMSA || !s->vmsa);
    }
    return good;
}

/* A machine that fits the state. Where the table says invalid the launch has put no page
 * (snp_image.h promises that); should it have, with whatever rights, then the host has no other
 * one. */
static void machine_any(enum page_state state)
{
    sides[0].validated = any();
    sides[0].seen = state == PAGE_VALID;
    alone = sides[0].validated && !sides[0].seen;
    sides[0].clean = true; /* or measured */
    sides[0].perms[2] = sides[0].validated && any() ? SNP_PERM_ALL : 0;
    sides[0].perms[3] = sides[0].validated && any() ? SNP_PERM_READ : 0;
    looked = 2;
}

static uint32_t any_code(void)
{
    uint32_t eax;

    return eax;
}

uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged)
{
    uint32_t eax = any_code();
    host_moves();
    struct side *s = &sides[there];

    if (eax != SNP_SUCCESS) {
        return eax;
    }
    *unchanged = s->validated == validate;
    if (!*unchanged) {
        __CPROVER_assert(validate || (s->perms[2] == 0 && s->perms[3] == 0),
                         "rescinded without rights");
        __CPROVER_assert(!s->vmsa, "no save area");
        s->clean = false;
        s->validated = validate;
    }
    s->seen = s->validated;
    return eax;
}

uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx)
{
    uint32_t eax = any_code();
    unsigned vmpl = rdx & 0xff;
    unsigned perms = (unsigned)(rdx >> 8) & SNP_PERM_ALL;
    bool vmsa = (rdx & SNP_RMPADJUST_VMSA) != 0;
    host_moves();
    struct side *s = &sides[there];

    __CPROVER_assert(vmpl >= 2 && vmpl <= 3 && (rdx & ~UINT64_C(0x10fff)) == 0, "a level below us");
    if (!s->validated) {
        return SNP_GONE;
    }
    if (eax != SNP_SUCCESS) {
        return eax;
    }
    __CPROVER_assert(perms == 0 || s->clean, "granted only when cleared");
    __CPROVER_assert(perms == 0 || vmpl == 2, "to the guest's level");
    __CPROVER_assert(!vmsa || looked == there, "the page that was looked at");
    s->perms[vmpl] = perms;
    s->vmsa = vmsa;
    __CPROVER_assert(!vmsa || ((s->perms[2] | s->perms[3]) & ~SNP_PERM_READ) == 0,
                     "a save area that nobody can write");
    if (perms != 0) {
        flushed = false;
    }
    return SNP_SUCCESS;
}

bool snp_clear(gpa_t page, unsigned size)
{
    host_moves();
    bool done = sides[there].validated && any();

    sides[there].clean = sides[there].clean || done;
    looked = done ? 2 : looked;
    return done;
}

static bool known(uint32_t result)
{
    return result == SVSM_SUCCESS || result == SVSM_ERR_INVALID_ADDRESS ||
           (result > 0x80001000 && result <= 0x80001011);
}

#endif
