/* SPDX-License-Identifier: MIT */
/* The local APIC of a level with restricted injection, and what its host does to a doorbell page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <doorbell.h>
#include <rules.h>

#define NFS GHCB_DOORBELL_NO_FURTHER_SIGNAL
#define NMI GHCB_DOORBELL_NMI
#define ID 0x25u
#define PAGE_GPA UINT64_C(0x5000)

static struct apic apic;
static struct ghcb_doorbell page;

static int setup(void **unused)
{
    uint64_t on = 0x1ff;

    (void)unused;
    memset(&page, 0, sizeof(page));
    apic_reset(&apic);
    assert_int_equal(apic_write(&apic, APIC_SPURIOUS, &on), APIC_DONE);
    return 0;
}

static uint64_t reads(unsigned number)
{
    uint64_t value;

    assert_true(apic_read(&apic, ID, number, &value));
    return value;
}

static enum apic_write writes(unsigned number, uint64_t value)
{
    return apic_write(&apic, number, &value);
}

static void test_registers(void **unused)
{
    (void)unused;
    uint64_t value;

    assert_int_equal(reads(APIC_ID), ID);
    assert_int_equal(reads(APIC_LDR), 0x20020);
    assert_int_equal(reads(APIC_SPURIOUS), 0x1ff);
    assert_int_equal(writes(APIC_SPURIOUS, 0x200), APIC_REFUSED);
    assert_int_equal(writes(APIC_TPR, 0x100), APIC_REFUSED);
    assert_int_equal(writes(APIC_EOI, 1), APIC_REFUSED);
    assert_int_equal(writes(APIC_SELF_IPI, 0x141), APIC_REFUSED);
    assert_int_equal(writes(APIC_ID, 0), APIC_UNKNOWN);
    assert_false(apic_read(&apic, ID, APIC_EOI, &value));
    assert_false(apic_read(&apic, ID, APIC_SELF_IPI, &value));
    assert_int_equal(writes(APIC_ICR, UINT64_C(0x300000041)), APIC_SEND);
    assert_int_equal(reads(APIC_ICR), UINT64_C(0x300000041));
    assert_int_equal(writes(APIC_ICR, 0x241), APIC_REFUSED);
    assert_int_equal(reads(APIC_ICR), UINT64_C(0x300000041));
    value = 0x51;
    assert_int_equal(apic_write(&apic, APIC_SELF_IPI, &value), APIC_SEND);
    assert_int_equal(value, 0x40051);
    assert_true(apic_request(&apic, 0xff) && apic_request(&apic, 0x10) &&
                apic_request(&apic, 0x41));
    assert_int_equal(reads(APIC_IRR), 1u << 16);
    assert_int_equal(reads(APIC_IRR + 2), 2);
    assert_int_equal(reads(APIC_IRR + 7), 1u << 31);
    apic_accept(&apic, 0xff);
    assert_int_equal(reads(APIC_IRR + 7), 0);
    assert_int_equal(reads(APIC_ISR + 7), 1u << 31);
    assert_int_equal(reads(APIC_PPR), 0xf0);
    assert_int_equal(reads(APIC_TMR + 7), 0);
}

static void test_priorities(void **unused)
{
    (void)unused;
    assert_false(apic_request(&apic, 15));
    assert_int_equal(apic_next(&apic), -1);
    assert_true(apic_is_idle(&apic));
    assert_true(apic_request(&apic, 0x41));
    assert_false(apic_is_idle(&apic));
    assert_int_equal(apic_next(&apic), 0x41);
    assert_int_equal(writes(APIC_TPR, 0x40), APIC_DONE);
    assert_int_equal(apic_next(&apic), -1);
    assert_int_equal(writes(APIC_TPR, 0x3f), APIC_DONE);
    assert_int_equal(apic_next(&apic), 0x41);
    assert_int_equal(reads(APIC_PPR), 0x3f);
    apic_accept(&apic, 0x41);
    assert_int_equal(reads(APIC_PPR), 0x40);
    assert_true(apic_request(&apic, 0x4f));
    assert_int_equal(apic_next(&apic), -1);
    assert_true(apic_request(&apic, 0x50));
    assert_int_equal(apic_next(&apic), 0x50);
    apic_accept(&apic, 0x50);
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE); /* of 50h */
    assert_int_equal(apic_next(&apic), -1);
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE);
    assert_int_equal(apic_next(&apic), 0x4f);
    apic_request_device(&apic, 0x61);
    apic_accept(&apic, 0x61);
    assert_int_equal(writes(APIC_EOI, 0), APIC_END_DEVICE);
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE); /* nothing is in service */
    assert_int_equal(writes(APIC_SPURIOUS, 0xff), APIC_DONE);
    assert_false(apic_request(&apic, 0x41));
}

static void test_destinations(void **unused)
{
    (void)unused;
    const struct {
        uint64_t icr;
        uint32_t id;
        bool named;
    } cases[] = {
        {UINT64_C(0x2500000041), 0x25, true},
        {UINT64_C(0x2500000041), 0x26, false},
        {0x40041, 0x25, false},
        {0x40041, 1, true},
        {0x80041, 1, true},
        {0x80041, 0x25, true},
        {0xc0041, 1, false},
        {0xc0041, 0x25, true},
        {UINT64_C(0xffffffff00000041), 7, true},
        {UINT64_C(0x0002002000000841), 0x25, true},
        {UINT64_C(0x0002002000000841), 0x24, false},
        {UINT64_C(0x0001002000000841), 0x25, false},
        {UINT64_C(0x0000000300000841), 1, true},
        {UINT64_C(0xffffffff00000841), 9, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (apic_icr_names(cases[i].icr, 1, cases[i].id) != cases[i].named) {
            fail_msg("case %zu", i);
        }
        assert_true(apic_icr_is_fit(cases[i].icr));
    }
    for (unsigned bit = 12; bit < 32; bit++) {
        bool known = bit == 14 || bit == 15 || bit == 18 || bit == 19;
        assert_int_equal(apic_icr_is_fit(0x41 | UINT64_C(1) << bit), known);
    }
}

static void expect(uint8_t vector, uint8_t flags, bool rings)
{
    assert_int_equal(doorbell_ring(&page, &apic), rings);
    assert_int_equal(page.vector, vector);
    assert_int_equal(page.flags, flags);
}

/* What an offer does, and that would_ring foretells it without a change. */
static void offer(bool replaces, bool rings)
{
    struct apic before = apic;
    struct ghcb_doorbell page_before = page;

    assert_int_equal(doorbell_would_ring(&page, &apic, replaces), rings);
    assert_memory_equal(&before, &apic, sizeof(apic));
    assert_memory_equal(&page_before, &page, sizeof(page));
    doorbell_offer(&page, &apic, replaces);
}

static void test_vectors(void **unused)
{
    (void)unused;
    offer(true, false);
    expect(0, 0, false);
    page.no_eoi_required = 1;
    assert_true(apic_request(&apic, 0x41));
    offer(true, true);
    assert_int_equal(page.no_eoi_required, 0);
    expect(0x41, NFS, true);
    assert_true(apic_request(&apic, 0x61));
    offer(false, false); /* kept out */
    expect(0x41, NFS, false);
    offer(true, false); /* takes its place; the other waits again */
    expect(0x61, NFS, false);
    assert_int_equal(reads(APIC_IRR + 2), 2);
    assert_int_equal(reads(APIC_ISR + 2), 0);
    page.flags = 0;
    page.vector = 0; /* taken */
    offer(true, false);
    expect(0, 0, false);
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE);
    offer(true, true);
    expect(0x41, NFS, true);
    /* A guest that looks before it is told, but takes nothing, is told of what is new. */
    page.flags = 0;
    assert_true(apic_request(&apic, 0x71));
    offer(true, true);
    expect(0x71, NFS, true);
    /* A vector that the guest itself has written is nobody's. */
    page.vector = 0x33;
    page.flags = 0;
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE);
    offer(true, true);
    expect(0x41, NFS, true);
    assert_int_equal(reads(APIC_IRR + 1), 0);
}

static void test_late(void **unused)
{
    (void)unused;
    /* #HV was not possible at once: nothing is told of what has been taken meanwhile. */
    assert_true(apic_request(&apic, 0x41));
    offer(true, true);
    assert_int_equal(page.flags, 0);
    page.vector = 0;
    expect(0, 0, false);
    assert_int_equal(writes(APIC_EOI, 0), APIC_DONE);
    assert_true(apic_request(&apic, 0x41));
    offer(true, true);
    page.flags = NFS; /* the guest has a note already */
    expect(0x41, NFS, false);
    page.flags = 0;
    expect(0x41, 0, false);
}

static void test_nmi(void **unused)
{
    (void)unused;
    apic.nmi = true;
    offer(true, true);
    assert_false(apic.nmi);
    expect(0, NFS | NMI, true);
    apic.nmi = true;
    offer(true, false); /* the first one is not taken yet */
    assert_true(apic.nmi);
    expect(0, NFS | NMI, false);
    page.flags = NMI;
    offer(true, false);
    page.flags = 0;
    offer(true, true);
    expect(0, NFS | NMI, true);
    page.flags = GHCB_DOORBELL_MC;
    apic.nmi = true;
    offer(true, true);
    expect(0, NFS | NMI | GHCB_DOORBELL_MC, true);
}

/* Interrupts of another level, one after the other; what the page's words say then. */
static void told(uint8_t vector, bool level, bool fits, uint32_t status)
{
    assert_int_equal(doorbell_extended(&page, &apic, 2, vector, level), fits);
    assert_int_equal(page.extended[1].status, status);
}

#define LEVEL GHCB_DOORBELL_EXT_LEVEL
#define MULTIPLE GHCB_DOORBELL_EXT_MULTIPLE

static void taken(uint8_t first, uint8_t second)
{
    uint32_t vectors[8], want[8] = {0};

    want[first / 32] |= first != 0 ? UINT32_C(1) << first % 32 : 0;
    want[second / 32] |= second != 0 ? UINT32_C(1) << second % 32 : 0;
    doorbell_extended_take(&page, 2, vectors);
    assert_memory_equal(vectors, want, sizeof(want));
    assert_int_equal(page.extended[1].status, 0);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(page.extended[1].irr[i], 0);
    }
}

static void test_extended(void **unused)
{
    (void)unused;
    assert_true(doorbell_extended(&page, &apic, 2, 30, false));
    assert_int_equal(page.per_vmpl_events, 0);
    told(0x41, false, true, 0x41);
    assert_int_equal(page.per_vmpl_events, 2);
    assert_int_equal(page.extended[0].status | page.extended[2].status, 0);
    assert_true(doorbell_would_ring(&page, &apic, true));
    expect(0, NFS, true);
    taken(0x41, 0);
    told(31, false, true, 31);
    taken(31, 0);
    told(0x41, false, true, 0x41);
    told(0x62, false, true, MULTIPLE);
    assert_int_equal(page.extended[1].irr[1], 2);
    assert_int_equal(page.extended[1].irr[2], 4);
    taken(0x41, 0x62);
    told(0x41, false, true, 0x41);
    told(31, false, true, MULTIPLE | GHCB_DOORBELL_EXT_VECTOR_31);
    taken(0x41, 31);
    told(0x41, true, true, LEVEL | 0x41); /* keeps the byte */
    told(0x51, true, false, LEVEL | 0x41);
    told(0x62, false, true, LEVEL | MULTIPLE | 0x41);
    assert_int_equal(page.extended[1].irr[2], 4);
    taken(0x41, 0x62);
    told(0x62, false, true, 0x62);
    told(0x41, true, true, LEVEL | MULTIPLE | 0x41);
    assert_int_equal(page.extended[1].irr[2], 4);
    taken(0x41, 0x62);
    page.extended[1].status = MULTIPLE | 0x77; /* that byte says nothing */
    taken(0, 0);
}

static void *shared_page(void *machine, uint64_t gpa)
{
    return gpa == PAGE_GPA ? machine : NULL;
}

static void test_page(void **unused)
{
    (void)unused;
    const struct ghcb_ops ops = {.shared_page = shared_page};
    struct ghcb_state state = {.doorbell = GHCB_DOORBELL_NONE};
    unsigned rule = RULE_COUNT;

    assert_null(doorbell_page(&state, &ops, &page, &rule));
    assert_int_equal(rule, RULE_NONE);
    state.doorbell = PAGE_GPA;
    assert_ptr_equal(doorbell_page(&state, &ops, &page, &rule), &page);
    assert_int_equal(rule, RULE_NONE);
    state.doorbell = 0;
    assert_null(doorbell_page(&state, &ops, &page, &rule));
    assert_int_equal(rule, RULE_DOORBELL_SHARED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_registers, setup),
        cmocka_unit_test_setup(test_priorities, setup),
        cmocka_unit_test_setup(test_destinations, setup),
        cmocka_unit_test_setup(test_vectors, setup),
        cmocka_unit_test_setup(test_late, setup),
        cmocka_unit_test_setup(test_nmi, setup),
        cmocka_unit_test_setup(test_extended, setup),
        cmocka_unit_test_setup(test_page, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
