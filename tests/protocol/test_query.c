/* SPDX-License-Identifier: MIT */
/* QUERY_PROTOCOL and CONFIGURE_VTOM. */
#include "protocol.h"

static void query(uint32_t protocol, uint32_t version, uint64_t want)
{
    struct call c = {.rax = svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL),
                     .rcx = svsm_query(protocol, version),
                     .rdx = 0x22,
                     .r8 = 0x88,
                     .r9 = 0x99};

    check(call_make(&c), SVSM_SUCCESS, "query/protocol-%x-version-%x", (uint64_t)protocol,
          (uint64_t)version);
    check(c.rcx, want, "query/protocol-%x-version-%x-answer", (uint64_t)protocol,
          (uint64_t)version);
    check(c.rdx == 0x22 && c.r8 == 0x88 && c.r9 == 0x99, true,
          "query/protocol-%x-version-%x-registers", (uint64_t)protocol, (uint64_t)version);
}

void test_query(void)
{
    static const uint32_t versions[] = {0, 2, 0x7fffffff, 0xffffffff};
    static const uint32_t none[] = {3, 4, 5, 0x80000000, 0xffffffff};

    query(SVSM_PROTOCOL_CORE, 1, svsm_versions(1, 1));
    query(SVSM_PROTOCOL_VTPM, 1, svsm_versions(1, 1));
    for (unsigned i = 0; i < ARRAY_COUNT(versions); i++) {
        query(SVSM_PROTOCOL_CORE, versions[i], 0);
        query(SVSM_PROTOCOL_VTPM, versions[i], 0);
        query(SVSM_PROTOCOL_ATTEST, versions[i], 0);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(none); i++) {
        query(none[i], 0, 0);
        query(none[i], 1, 0);
    }
}

void test_vtom(void)
{
    uint64_t rax = svsm_call_rax(0, SVSM_CORE_CONFIGURE_VTOM);
    struct call c = {.rax = rax, .rcx = SVSM_VTOM_QUERY, .rdx = 2, .r8 = 8, .r9 = 9};

    check(call_make(&c), SVSM_SUCCESS, "vtom/query");
    check(c.rcx, 0, "vtom/query-not-supported");
    check(c.r9, 9, "vtom/query-register");
    for (unsigned bit = 1; bit < 64; bit += bit < 12 ? 1 : 13) {
        call_refused(SVSM_ERR_INVALID_REQUEST, rax, SVSM_VTOM_QUERY | UINT64_C(1) << bit, 2, 8,
                     "vtom/query-and-bit-%u", bit);
    }
    call_refused(SVSM_ERR_INVALID_REQUEST, rax, 0, 0, 0, "vtom/off");
    call_refused(SVSM_ERR_INVALID_REQUEST, rax, SVSM_VTOM_ENABLE | 0x40000000, 0, 0, "vtom/on");
    call_refused(SVSM_ERR_INVALID_REQUEST, rax, SVSM_VTOM_ENABLE | SVSM_VTOM_SET_CR3, 0x1000, 0,
                 "vtom/cr3");
    call_refused(SVSM_ERR_INVALID_REQUEST, rax, SVSM_VTOM_RESERVED, 0, 0, "vtom/reserved");
}
