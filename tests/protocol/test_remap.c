/* SPDX-License-Identifier: MIT */
/* REMAP_CA. */
#include "protocol.h"

#define NEW_AREA PAGE_TEST(8)

static uint64_t remap(uint64_t gpa)
{
    return call_core(SVSM_CORE_REMAP_CA, gpa, 0, 0);
}

static void test_refused(void)
{
    uint64_t rax = svsm_call_rax(0, SVSM_CORE_REMAP_CA);
    static const unsigned offsets[] = {1, 7, 8, 0x800, 0xfff};

    for (unsigned i = 0; i < ARRAY_COUNT(offsets); i++) {
        call_refused(SVSM_ERR_INVALID_PARAMETER, rax, NEW_AREA + offsets[i], 2, 3,
                     "remap/misaligned-%x", (uint64_t)offsets[i]);
    }
    check(list_one(ENTRY_RESCIND(PAGE_TEST(0))), SVSM_SUCCESS, "remap/rescind");
    for (unsigned i = 0; i < PLACES; i++) {
        call_refused(SVSM_ERR_INVALID_ADDRESS, rax, place(i).gpa, 2, 3, "remap/%s", place(i).name);
        check(call_core(SVSM_CORE_QUERY_PROTOCOL, svsm_query(0, 1), 0, 0), SVSM_SUCCESS,
              "remap/%s-old-area-works", place(i).name);
    }
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(0))), SVSM_SUCCESS, "remap/validate");
}

/* A call that looks as if the area at `gpa` were the one: nothing may happen. */
static void is_stale(uint64_t gpa, const char *name)
{
    struct call c = {.rax = svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), .rcx = svsm_query(0, 1)};

    *word_at(gpa) = 1;
    (void)call_exit(&c, VIA_MSR);
    check(c.rcx, svsm_query(0, 1), "remap/%s-call-not-taken", name);
    check(*word_at(gpa), 1, "remap/%s-pending-kept", name);
    *word_at(gpa) = 0;
}

static void move(uint64_t from, uint64_t to, const char *name)
{
    memory_fill(to, 0x1111111111111111, PAGE_SIZE);
    check(remap(to), SVSM_SUCCESS, "remap/%s", name);
    check(*word_at(from) & 0xff, 0, "remap/%s-old-pending", name);
    check(*word_at(to), 0, "remap/%s-new-head", name);
    check(memory_differs(to + 8, 0x1111111111111111, PAGE_SIZE - 8), 0, "remap/%s-new-rest", name);
    call_area_set(to);
    is_stale(from, name);
    call_refused(SVSM_ERR_UNSUPPORTED_CALL, 8, 1, 2, 3, "remap/%s-call", name);
}

/* An active area is no page to be given away; one that was left behind is. */
static void test_owned(void)
{
    check(list_one(ENTRY_RESCIND(NEW_AREA)), SVSM_ERR_INVALID_ADDRESS, "remap/rescind-of-area");
    check(list_one(ENTRY_VALIDATE(NEW_AREA) | SVSM_ENTRY_IGNORE_CF), SVSM_ERR_INVALID_ADDRESS,
          "remap/validate-of-area");
    check(list_one(ENTRY_RESCIND(PAYLOAD_CAA)), SVSM_SUCCESS, "remap/rescind-of-old-area");
    check(list_one(ENTRY_VALIDATE(PAYLOAD_CAA)), SVSM_SUCCESS, "remap/validate-of-old-area");
}

void test_remap(void)
{
    test_refused();
    check(remap(PAYLOAD_CAA), SVSM_SUCCESS, "remap/same");
    check(call_core(SVSM_CORE_QUERY_PROTOCOL, svsm_query(0, 1), 0, 0), SVSM_SUCCESS,
          "remap/same-works");
    move(PAYLOAD_CAA, NEW_AREA, "move");
    test_owned();
    move(NEW_AREA, PAYLOAD_CAA, "back");
    check(list_one(ENTRY_RESCIND(NEW_AREA)), SVSM_SUCCESS, "remap/rescind-after-back");
    check(list_one(ENTRY_VALIDATE(NEW_AREA)), SVSM_SUCCESS, "remap/validate-after-back");
    call_via = VIA_MSR;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t to = i % 2 == 0 ? NEW_AREA : PAYLOAD_CAA;
        check(remap(to), SVSM_SUCCESS, "remap/again-%u", i);
        call_area_set(to);
    }
    call_via = VIA_GHCB;
}
