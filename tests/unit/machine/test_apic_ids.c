/* SPDX-License-Identifier: MIT */
/* The host's list of APIC IDs, in each way in which it can be no such list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <snp/apic_ids.h>

void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}

static void taken(void **unused)
{
    static const uint32_t list[] = {5, 0, 2, 0x10000, UINT32_MAX, 0};
    uint32_t ids[SVSM_VCPUS_MAX] = {0};

    (void)unused;
    for (uint32_t vcpus = 1; vcpus <= 4; vcpus++) {
        assert_true(apic_ids_take(list, vcpus, ids)); /* those beyond are not ours */
        assert_memory_equal(ids, list + 1, vcpus * sizeof(ids[0]));
    }
}

static void refused(void **unused)
{
    static const struct {
        uint32_t list[5], vcpus;
    } cases[] = {
        {{0, 0, 1, 2, 3}, 1},          {{3, 0, 1, 2, 3}, 4}, {{1024, 0, 1, 2, 3}, 4},
        {{UINT32_MAX, 0, 1, 2, 3}, 4}, {{4, 7, 1, 2, 7}, 4}, {{4, 0, 0, 2, 3}, 2},
        {{4, 0, 1, 3, 3}, 4},
    };
    uint32_t ids[SVSM_VCPUS_MAX];

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_false(apic_ids_take(cases[i].list, cases[i].vcpus, ids));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(taken), cmocka_unit_test(refused)};

    return cmocka_run_group_tests_name("apic-ids", tests, NULL, NULL);
}
