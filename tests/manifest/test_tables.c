/* SPDX-License-Identifier: MIT */
/* Unit tests: symbol tables (abi/svsm/abi/symbols.h), back-trace lines, spelling, page counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <svsm/abi/symbols.h>
#include "diag.h"
#include "trace.h"

#define BASE UINT64_C(0xffffffff80100000)

struct table {
    struct svsm_symbols header;
    struct svsm_symbol symbols[4];
    char names[16];
};

static struct table sound(void)
{
    return (struct table){
        .header = {.magic = SVSM_SYMBOLS_MAGIC, .count = 4, .base = BASE, .names_size = 16},
        .symbols = {{0, 0}, {0x10, 4}, {0x100, 8}, {0x180, 12}},
        .names = "one\0two\0six\0",
    };
}

static void expect(const struct table *t, uint64_t address, const char *name, uint64_t offset)
{
    uint64_t got = 0;
    const char *found = svsm_symbols_find(t, sizeof(*t), address, &got);
    if (name == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found, name);
    assert_int_equal(got, offset);
}

static void test_find(void **state)
{
    struct table t = sound();
    (void)state;
    expect(&t, BASE, "one", 0);
    expect(&t, BASE + 0xf, "one", 0xf);
    expect(&t, BASE + 0x10, "two", 0);
    expect(&t, BASE + 0xff, "two", 0xef);
    expect(&t, BASE + 0x100, "six", 0);
    expect(&t, BASE + 0x17f, "six", 0x7f);
    expect(&t, BASE + 0x180, NULL, 0);
    expect(&t, BASE - 1, NULL, 0);
    expect(&t, 0, NULL, 0);
    expect(&t, UINT64_MAX, NULL, 0);
}

static void test_unsound(void **state)
{
    uint64_t offset;
    struct table t = sound();
    (void)state;
    t.header.magic = 0;
    expect(&t, BASE, NULL, 0);
    t = sound();
    t.header.count = 0;
    expect(&t, BASE, NULL, 0);
    t.header.count = UINT32_MAX;
    expect(&t, BASE, NULL, 0);
    t = sound();
    t.header.names_size = 17;
    expect(&t, BASE, NULL, 0);
    t = sound();
    t.names[15] = 'x';
    expect(&t, BASE, NULL, 0);
    t = sound();
    t.symbols[1].name = 16;
    expect(&t, BASE + 0x10, NULL, 0);
    t = sound();
    assert_null(svsm_symbols_find(&t, sizeof(t) - 1, BASE, &offset));
    assert_null(svsm_symbols_find(&t, 8, BASE, &offset));
}

static void expect_trace(const char *line, unsigned number, uint64_t address, bool named,
                         const char *where)
{
    struct trace_line t;
    assert_true(trace_parse(line, strlen(line), &t));
    assert_int_equal(t.number, number);
    assert_int_equal(t.address, address);
    assert_int_equal(t.named, named);
    assert_string_equal(t.where, where);
}

static void test_trace(void **state)
{
    static const char *const others[] = {
        "",
        "#",
        "#0",
        "#0 0x",
        "#0 0x12",
        "#1 12 (a)",
        "issue #7 0x",
        "#0 0x12 ",
        "#x 0x1 a",
        "#0 0x11112222333344445 ? (ring0)",
        "#0 0x1 ? (a-name-that-is-longer-than-any)",
    };
    (void)state;
    expect_trace("[1.5] ring0 error   #0 0xffffffff80101b30 main+0x10 (ring0)", 0,
                 UINT64_C(0xffffffff80101b30), true, "ring0");
    expect_trace("  #12 0x400012 ? (vtpm)\r\n", 12, 0x400012, false, "vtpm");
    expect_trace("#3 0x400012 hello\n", 3, 0x400012, false, "hello");
    expect_trace("bug #4, then #3 0x1 a", 3, 1, false, "a");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct trace_line t;
        assert_false(trace_parse(others[i], strlen(others[i]), &t));
    }
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"policy", "stack", "stage", "log"};
    (void)state;
    assert_string_equal(diag_nearest("polcy", words, 4), "policy");
    assert_string_equal(diag_nearest("stak", words, 4), "stack");
    assert_null(diag_nearest("lgo", words, 4));
    assert_null(diag_nearest("colour", words, 4));
    assert_null(diag_nearest("", words, 4));
    assert_null(diag_nearest("a word that is much longer than any that makes sense", words, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_unsound),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
