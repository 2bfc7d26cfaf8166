/* SPDX-License-Identifier: MIT */
/* The doorbell page of restricted injection: each case of doorbell.h, and a host that writes while
 * events are taken: none is lost, none comes twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include <snp/doorbell.h>

#define ROUNDS 5000u
#define FURTHER GHCB_DOORBELL_NO_FURTHER_SIGNAL

static void test_cases(void **state)
{
    static const struct {
        uint8_t vector, flags, no_eoi;
        struct doorbell_events events;
        bool any, eoi;
    } cases[] = {
        {0, 0, 0, {0, false, false, false}, false, false},
        {0, 0, 1, {0, false, false, false}, false, false},
        {0, FURTHER, 0, {0, false, false, false}, true, false},
        {31, FURTHER, 0, {31, false, false, false}, true, true},
        {0x40, FURTHER, 1, {0x40, false, false, false}, true, false},
        {255, 0, 0, {255, false, false, false}, true, true},
        {30, FURTHER, 0, {0, false, false, true}, true, false},
        {1, FURTHER, 0, {0, false, false, true}, true, false},
        {0, FURTHER | GHCB_DOORBELL_NMI, 0, {0, true, false, false}, true, false},
        {0, FURTHER | GHCB_DOORBELL_MC, 0, {0, false, true, false}, true, false},
        {0x80, GHCB_DOORBELL_NMI | GHCB_DOORBELL_MC, 0, {0x80, true, true, false}, true, true},
        {0x80, 0x04, 0, {0x80, false, false, true}, true, true},
        {0, 0x40, 0, {0, false, false, true}, true, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct ghcb_doorbell page, want;
        memset(&page, 0x5a, sizeof(page));
        page.vector = cases[i].vector;
        page.flags = cases[i].flags;
        page.no_eoi_required = cases[i].no_eoi;
        want = page;
        want.vector = want.flags = 0;
        want.no_eoi_required = cases[i].events.vector != 0 ? 0 : cases[i].no_eoi;
        struct doorbell_events e;
        bool eoi = !cases[i].eoi;
        assert_int_equal(doorbell_take(&page, &e, &eoi), cases[i].any);
        assert_int_equal(eoi, cases[i].eoi);
        assert_int_equal(e.vector, cases[i].events.vector);
        assert_int_equal(e.nmi, cases[i].events.nmi);
        assert_int_equal(e.machine_check, cases[i].events.machine_check);
        assert_int_equal(e.wrong, cases[i].events.wrong);
        assert_memory_equal(&page, &want, sizeof(page));
    }
}

/* As a host does it: vector and "no further signal" at once, when the last one is gone. */
static void *host(void *context)
{
    uint16_t *word = context;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint16_t free = 0;
        while (!__atomic_compare_exchange_n(word, &free, (uint16_t)(FURTHER << 8 | (32 + i % 200)),
                                            false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            free = 0;
            (void)sched_yield();
        }
    }
    return NULL;
}

static void test_race(void **state)
{
    static _Alignas(16) union {
        struct ghcb_doorbell page;
        uint16_t word;
    } shared;
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, host, &shared.word), 0);
    for (unsigned i = 0; i < ROUNDS;) {
        struct doorbell_events e;
        bool eoi;
        if (doorbell_take(&shared.page, &e, &eoi)) {
            assert_int_equal(e.vector, 32 + i % 200);
            assert_false(e.wrong);
            i++;
        } else {
            (void)sched_yield();
        }
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_race)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
