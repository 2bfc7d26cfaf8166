/* SPDX-License-Identifier: MIT */
/* What holds for all calls: pending byte, spurious entries, unknown numbers, registers. */
#include "protocol.h"

#define RAX_UNTOUCHED UINT64_C(0x1234567800000006)

extern const char *const via_names[];
const char *const via_names[] = {"msr", "ghcb"};

static const uint32_t no_protocols[] = {3, 4, 5, 6, 0x7fffffff, 0x80000000, 0x8000ffff, 0xffffffff};
static const uint32_t no_calls[] = {4, 5, 8, 9, 255, 0x10000, 0x7fffffff, 0xffffffff};

/* An exit with that pending byte. */
static struct call exit_pending(uint8_t pending, uint64_t rax, enum via via)
{
    struct call c = {.rax = rax, .rcx = svsm_query(0, 1), .rdx = 2, .r8 = 3, .r9 = 4};

    call_area()->call_pending = pending;
    check(call_exit(&c, via), true, "convention/%s-pending-%u-comes-back", via_names[via], pending);
    return c;
}

static bool untouched(const struct call *c, uint64_t rax)
{
    return c->rax == rax && c->rcx == svsm_query(0, 1) && c->rdx == 2 && c->r8 == 3 && c->r9 == 4;
}

static void test_pending(enum via via)
{
    const char *name = via_names[via];
    uint64_t query = svsm_call_rax(SVSM_PROTOCOL_CORE, SVSM_CORE_QUERY_PROTOCOL);

    struct call c = exit_pending(0, RAX_UNTOUCHED, via);
    check(untouched(&c, RAX_UNTOUCHED), true, "convention/%s-spurious-changes-nothing", name);
    c = exit_pending(1, query, via);
    check(c.rax, SVSM_SUCCESS, "convention/%s-pending-1", name);
    check(c.rcx, svsm_versions(1, 1), "convention/%s-pending-1-answer", name);
    check(c.rdx == 2 && c.r8 == 3 && c.r9 == 4, true, "convention/%s-others-preserved", name);
    check(call_area()->call_pending, 0, "convention/%s-pending-1-cleared", name);
    static const uint8_t reserved[] = {2, 3, 0x80, 0xff};
    for (unsigned i = 0; i < ARRAY_COUNT(reserved); i++) {
        c = exit_pending(reserved[i], query, via);
        check(c.rax, SVSM_ERR_INVALID_FORMAT, "convention/%s-pending-%u", name, reserved[i]);
        check(c.rcx, svsm_query(0, 1), "convention/%s-pending-%u-not-run", name, reserved[i]);
        check(call_area()->call_pending, 0, "convention/%s-pending-%u-cleared", name, reserved[i]);
    }
}

/* Exits for the host are not the SVSM's, whatever the pending byte says. */
static void test_other_exits(void)
{
    call_area()->call_pending = 1;
    ghcb_out(0x80, 1, 0);
    check(call_area()->call_pending, 1, "convention/port-exit-is-no-call");
    (void)msr_ask(ghcb_msr_value(GHCB_MSR_SEV_INFO_REQUEST, 0));
    check(call_area()->call_pending, 1, "convention/msr-exit-is-no-call");
    struct call c = exit_pending(1, svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), VIA_GHCB);
    check(c.rax, SVSM_SUCCESS, "convention/call-after-other-exits");
}

/* The rest of the calling area is the guest's. */
static void test_area(void)
{
    volatile struct svsm_calling_area *area = call_area();

    check(area->mem_available, 0, "convention/no-memory-to-withdraw");
    check(area->no_eoi_required, 0, "convention/no-eoi-required");
    for (unsigned i = 0; i < sizeof(area->reserved_003); i++) {
        area->reserved_003[i] = 0xa5;
    }
    memory_fill((uint64_t)area->guest_area, 0x5a5a5a5a5a5a5a5a, sizeof(area->guest_area));
    call_refused(SVSM_ERR_UNSUPPORTED_CALL, svsm_call_rax(0, 8), 0, 0, 0,
                 "convention/reserved-bytes-not-checked");
    check(memory_differs((uint64_t)area->guest_area, 0x5a5a5a5a5a5a5a5a, sizeof(area->guest_area)),
          0, "convention/guest-area-untouched");
    for (unsigned i = 0; i < sizeof(area->reserved_003); i++) {
        area->reserved_003[i] = 0;
    }
}

void test_convention(void)
{
    test_pending(VIA_MSR);
    test_pending(VIA_GHCB);
    test_other_exits();
    test_area();
    for (unsigned i = 0; i < ARRAY_COUNT(no_protocols); i++) {
        for (unsigned call = 0; call < 2; call++) {
            call_refused(SVSM_ERR_UNSUPPORTED_PROTOCOL, svsm_call_rax(no_protocols[i], call), 1, 2,
                         3, "convention/protocol-%x-call-%u", (uint64_t)no_protocols[i], call);
        }
    }
    for (unsigned i = 0; i < ARRAY_COUNT(no_calls); i++) {
        call_refused(SVSM_ERR_UNSUPPORTED_CALL, svsm_call_rax(0, no_calls[i]), PAGE_LIST, 2, 3,
                     "convention/core-call-%x", (uint64_t)no_calls[i]);
    }
}
