/* SPDX-License-Identifier: MIT */
/* The text of a conformance list: what each word becomes, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "list.h"

static struct fail f;

static struct truth_list *parse(const char *text)
{
    f = (struct fail){0};
    return list_parse((struct bytes){(const uint8_t *)text, strlen(text)}, &f);
}

static void refused(const char *text, const char *why)
{
    struct truth_list *list = parse(text);

    if (list != NULL || strstr(f.what, why) == NULL) {
        fail_msg("'%s': %s, not %s", text, list == NULL ? f.what : "taken", why);
    }
}

static void words(void **state)
{
    struct truth_list *list = parse("# words\n\nformat 1\n"
                                    "a msr value=0x12+page(3)+1 minus=page(3) # behind\n"
                                    "b event code=0x72 rax=1 rcx=0 cpl=2 vary=info2:0xff,rax\n"
                                    "c event code=7 without=code,info2 needs=vmpl0,trap,large\n"
                                    "d psc first=1 last=2 entry=5+large count=3\n"
                                    "e rmpquery rax=shared(63) rcx=0 rdx=0x8000000000000001\n");
    (void)state;
    assert_non_null(list);
    assert_int_equal(list->count, 5);
    const struct truth_step *a = &list->steps[0], *b = &list->steps[1], *c = &list->steps[2],
                            *d = &list->steps[3], *e = &list->steps[4];
    assert_string_equal(a->name, "a");
    assert_int_equal(a->number[TRUTH_CODE], 0x13);
    assert_int_equal(a->place[TRUTH_CODE], TRUTH_PAGE);
    assert_int_equal(a->index[TRUTH_MINUS], 3);
    assert_int_equal(a->show, 1u << TRUTH_ANSWER);
    assert_int_equal(b->given, 1u << TRUTH_CODE | 1u << TRUTH_INFO1 | 1u << TRUTH_INFO2 |
                                   1u << TRUTH_RAX | 1u << TRUTH_RCX | 1u << TRUTH_CPL);
    assert_int_equal(b->number[TRUTH_CPL], UINT64_C(2) << 24);
    assert_int_equal(b->vary[TRUTH_F_INFO2], 0xff);
    assert_true(b->vary[TRUTH_F_RAX] == UINT64_MAX);
    assert_true(b->show >> TRUTH_F_RAX & 1);
    assert_int_equal(c->given, 1u << TRUTH_INFO1);
    assert_int_equal(c->needs, TRUTH_NEEDS_VMPL0 | TRUTH_NEEDS_TRAP | TRUTH_NEEDS_LARGE);
    assert_int_equal(d->number[TRUTH_DATA], 3);
    assert_int_equal(d->place[TRUTH_RAX], TRUTH_LARGE);
    assert_int_equal(e->place[TRUTH_CODE], TRUTH_SHARED);
    assert_true(e->number[TRUTH_INFO2] == UINT64_C(0x8000000000000001));
    assert_ptr_equal(list_find(list, "c"), c);
    assert_null(list_find(list, "f"));
    free(list);
}

/* The digest is the steps': comments and blanks change nothing, a mask does. */
static void digest(void **state)
{
    struct truth_list *a = parse("format 1\na msr value=2\n");
    struct truth_list *b = parse("# x\nformat   1\n  a msr   value=0x2 # y");
    struct truth_list *c = parse("format 1\na msr value=2 vary=answer:1\n");

    (void)state;
    assert_memory_equal(a->digest, b->digest, TRUTH_DIGEST);
    assert_memory_not_equal(a->digest, c->digest, TRUTH_DIGEST);
    free(a);
    free(b);
    free(c);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "no list"},
        {"# nothing\n", "no list"},
        {"format 1\n", "has no step"},
        {"format 2\na msr value=1\n", "line 1: a format that is not known: '2'"},
        {"a msr value=1\n", "line 1: not 'format N'"},
        {"format 1\na\n", "line 2: not NAME KIND"},
        {"format 1\na,b msr value=1\n", "line 2: not NAME KIND"},
        {"format 1\na nonsense value=1\n", "line 2: no kind of step: 'nonsense'"},
        {"format 1\na msr value=1\na msr value=1\n", "line 3: a second step of the name: 'a'"},
        {"format 1\na msr\n", "lacks a value: 'value'"},
        {"format 1\na msr value=\n", "not KEY=VALUE"},
        {"format 1\na msr value=1 value=2\n", "twice in one line"},
        {"format 1\na msr value=-1\n", "neither a number nor a place: '-1'"},
        {"format 1\na msr value=0x1g\n", "neither a number nor a place"},
        {"format 1\na msr value=0x10000000000000000\n", "neither a number nor a place"},
        {"format 1\na msr value=page\n", "neither a number nor a place: 'page'"},
        {"format 1\na msr value=page()\n", "neither a number nor a place"},
        {"format 1\na msr value=page(64)\n", "neither a number nor a place"},
        {"format 1\na msr value=page(1\n", "neither a number nor a place"},
        {"format 1\na msr value=page(000000000000000001)\n", "neither a number nor a place"},
        {"format 1\na msr value=buffer(2)\n", "neither a number nor a place"},
        {"format 1\na msr value=ghcb(0)\n", "neither a number nor a place"},
        {"format 1\na msr value=ghcb+ghcb\n", "neither a number nor a place"},
        {"format 1\na msr value=1 rax=1\n", "unknown for this kind of step: 'rax'"},
        {"format 1\na msr value=1 without=code\n", "unknown for this kind of step"},
        {"format 1\na msr value=1 show=nonsense\n", "no field of an answer: 'nonsense'"},
        {"format 1\na msr value=1 vary=answer:x\n", "no mask: 'x'"},
        {"format 1\na msr value=1 needs=x\n", "no need of a step: 'x'"},
        {"format 1\na event code=1 without=rax\n", "not one of code, info1, info2: 'rax'"},
        {"format 1\na event info1=1\n", "lacks a value: 'code'"},
        {"format 1\na event code=1 cpl=4\n", "too large"},
        {"format 1\na psc first=0 last=0 count=33\n", "too large"},
        {"format 1\na pvalidate rax=0 rcx=0\n", "lacks a value: 'rdx'"},
        {"format 1\na2345678901234567890123456789012345678901234567x msr value=1\n",
         "not NAME KIND"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(cases[i].text, cases[i].why);
    }
}

static void limits(void **state)
{
    static char text[200000];
    int len = snprintf(text, sizeof(text), "format 1\n");

    (void)state;
    for (unsigned i = 0; i <= TRUTH_STEPS; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, "n%u msr value=1\n", i);
    }
    refused(text, "more steps than a list can have");
    memset(text, 'x', 2000);
    text[2000] = 0;
    refused(text, "line 1: too long");
    assert_null(list_parse((struct bytes){(const uint8_t *)"format\0 1\n", 10}, &f));
    len = snprintf(text, sizeof(text), "format 1\na msr");
    for (unsigned i = 0; i < 30; i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, " x=1");
    }
    refused(text, "too many words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(digest),
        cmocka_unit_test(refusals),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
