/* SPDX-License-Identifier: MIT */
/* libsvsmrt's clock against ring 0's own arithmetic, and under a page that changes while it is
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rt.h"
#include <svsm/clock.h>
#include <time/convert.h>

static struct svsm_time_page page;
static uint64_t tsc;
static unsigned reads; /* of the counter */
static unsigned upset; /* how many of them see the page change behind them */

const struct svsm_time_page *rt_time_page(void)
{
    return &page;
}

/* A writer as ring 0 is one: odd, new values, even. */
uint64_t rt_tsc(void)
{
    reads++;
    if (upset > 0) {
        upset--;
        page.sequence += 2;
        page.base_ns += 1000;
    }
    return tsc;
}

static void expect(uint64_t hz, uint64_t base, uint64_t at)
{
    page = (struct svsm_time_page){.base_tsc = base, .base_ns = 12345, .tsc_hz = hz};
    convert_scale(hz, &page.mult, &page.shift);
    tsc = at;
    assert_int_equal(svsm_clock_ns(), convert_ns(&page, at));
}

static void test_arithmetic(void **state)
{
    static const uint64_t rates[] = {1000000, 999999999, 1000000000, 2445406000, 6000000000};
    static const uint64_t passed[] = {0, 1, 999, 1u << 31, UINT64_C(1) << 40, UINT64_C(1) << 62};
    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        for (size_t j = 0; j < sizeof(passed) / sizeof(passed[0]); j++) {
            expect(rates[i], 777, 777 + passed[j]);
        }
    }
    expect(1000000000, 0, 5);
    assert_in_range(svsm_clock_ns(), 12345 + 4, 12345 + 5);
}

static void test_counter_behind_its_base(void **state)
{
    (void)state;
    expect(2000000000, 5000, 4999);
    assert_int_equal(svsm_clock_ns(), 12345);
    expect(2000000000, UINT64_MAX, 0);
    assert_int_equal(svsm_clock_ns(), 12345);
}

static void test_page_changes(void **state)
{
    (void)state;
    page = (struct svsm_time_page){.mult = 1, .base_ns = 5000};
    tsc = 7;
    reads = 0;
    upset = 3;
    assert_int_equal(svsm_clock_ns(), 8007); /* of the page as it was at last */
    assert_int_equal(reads, 4);
    assert_false(svsm_clock_trusted());
    page.flags = SVSM_CLOCK_TRUSTED;
    assert_true(svsm_clock_trusted());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_counter_behind_its_base),
        cmocka_unit_test(test_page_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
