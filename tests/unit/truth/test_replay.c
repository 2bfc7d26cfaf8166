/* SPDX-License-Identifier: MIT */
/* Recordings: which requests are repeated, on which pages, with which answers; and why others are
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "replay.h"
#include "runner.h"

static char text[600000];
static unsigned lines;
static struct fail f;
static struct replay r;

static void begin(void)
{
    lines = 0;
    snprintf(text, sizeof(text), "{\"record\":1}\n");
}

static void line(const char *members)
{
    size_t len = strlen(text);

    snprintf(text + len, sizeof(text) - len, "{\"n\":\"%u\",%s}\n", ++lines, members);
}

static void msr(const char *value, const char *answer)
{
    char members[200];

    snprintf(
        members, sizeof(members),
        "\"kind\":\"msr\",\"vcpu\":\"0x0\",\"vmpl\":\"0x0\",\"value\":\"%s\",\"answer\":\"%s\"",
        value, answer);
    line(members);
}

static void insn(const char *name, const char *gpa, unsigned rcx, unsigned rdx, unsigned code,
                 unsigned cf)
{
    char members[300];

    snprintf(members, sizeof(members),
             "\"kind\":\"insn\",\"name\":\"%s\",\"gpa\":\"%s\",\"rcx\":\"0x%x\",\"rdx\":\"0x%x\","
             "\"outcome\":\"0x0\",\"code\":\"0x%x\",\"cf\":\"0x%x\",\"outcx\":\"0x5\",\"outdx\":"
             "\"0x6\"",
             name, gpa, rcx, rdx, code, cf);
    line(members);
}

static void event(const char *inputs, const char *answer)
{
    char members[400];

    snprintf(members, sizeof(members), "\"kind\":\"event\",\"vcpu\":\"0x0\",\"vmpl\":\"0x0\",%s",
             inputs);
    line(members);
    snprintf(members, sizeof(members), "\"kind\":\"answer\",%s", answer);
    line(members);
}

static bool end(void)
{
    size_t len = strlen(text);

    snprintf(text + len, sizeof(text) - len, "{\"end\":%u}\n", lines);
    f = (struct fail){0};
    return replay_read(&r, (struct bytes){(const uint8_t *)text, strlen(text)}, &f);
}

static uint64_t answer(const char *step, const char *field)
{
    uint64_t value = 0;

    assert_true(answers_number(json_object_get(r.answers.steps, step), field, &value));
    return value;
}

static void information(void **state)
{
    (void)state;
    begin();
    msr("0x80", "0x3081");
    msr("0x8000001f00000004", "0x1a00000005");
    msr("0x12345012", "0x12345013"); /* registers */
    event("\"valid\":\"0x2f\",\"code\":\"0x72\",\"rax\":\"0x1\",\"rcx\":\"0x0\"",
          "\"back\":\"0xf\",\"info1\":\"0x0\",\"info2\":\"0x0\",\"rax\":\"0x9\",\"rbx\":\"0x8\"");
    event("\"valid\":\"0x7\",\"code\":\"0x7b\"", "\"back\":\"0x0\"");
    event("\"valid\":\"0x7\",\"code\":\"0x8000fffd\"", "\"info1\":\"0x2\",\"info2\":\"0x2\"");
    line("\"kind\":\"msr\",\"vcpu\":\"0x1\",\"value\":\"0x80\",\"answer\":\"0x3081\"");
    line("\"kind\":\"msr\",\"vmpl\":\"0x2\",\"value\":\"0x80\",\"answer\":\"0x3081\"");
    assert_true(end());
    assert_int_equal(r.repeated, 3);
    assert_int_equal(r.left[REPLAY_ACTS], 2);
    assert_int_equal(r.left[REPLAY_HEAD], 1);
    assert_int_equal(r.left[REPLAY_LEVEL], 2);
    assert_int_equal(answer("msr-1", "answer"), 0x3081);
    assert_int_equal(answer("event-3", "rbx"), 8);
    assert_int_equal(answer("event-3", "valid"), 0xf);
    const struct truth_step *step = list_find(r.list, "event-3");
    assert_int_equal(step->given, 1u << TRUTH_CODE | 1u << TRUTH_INFO1 | 1u << TRUTH_INFO2 |
                                      1u << TRUTH_RAX | 1u << TRUTH_RCX);
    assert_int_equal(step->number[TRUTH_RAX], 1);
    assert_null(truth_list_fault(r.list, list_size(r.list)));
    replay_free(&r);
}

/* A page's first request says what it was; scratch pages begin private and validated. */
static void pages(void **state)
{
    (void)state;
    begin();
    insn("pvalidate", "0x5000", 0, 0, 0, 0);     /* 1: validated before: nothing to do */
    msr("0x0020000000005014", "0x15");           /* 2: the same page */
    msr("0x0010000000006014", "0x15");           /* 3, 4: shared before; 5 */
    insn("pvalidate", "0x6000", 0, 1, 0, 0);     /* 6 */
    insn("pvalidate", "0x7123", 0, 1, 0, 0);     /* 7: not validated before; 8 */
    insn("rmpquery", "0x7000", 0, 1, 0, 0);      /* 9 */
    insn("pvalidate", "0x200000", 1, 1, 0, 0);   /* 2 MiB */
    insn("rmpadjust", "0x7000", 0, 0x101, 0, 0); /* 10 */
    event("\"valid\":\"0x87\",\"code\":\"0x80000010\"", "\"info1\":\"0x0\"");
    insn("pvalidate", "0x7000", 0, 1, 0, 1); /* behind a list */
    assert_true(end());
    assert_int_equal(r.list->count, 10);
    assert_int_equal(r.repeated, 7);
    assert_int_equal(r.left[REPLAY_LARGE], 1);
    assert_int_equal(r.left[REPLAY_UNKNOWN], 1);
    assert_string_equal(r.list->steps[2].name, "setup-rescind-3");
    assert_string_equal(r.list->steps[3].name, "setup-share-4");
    assert_string_equal(r.list->steps[6].name, "setup-rescind-7");
    assert_int_equal(r.list->steps[1].number[TRUTH_CODE], UINT64_C(0x0020000000000014));
    assert_int_equal(r.list->steps[1].place[TRUTH_CODE], TRUTH_PAGE);
    assert_int_equal(r.list->steps[1].index[TRUTH_CODE], 0);
    assert_int_equal(r.list->steps[5].index[TRUTH_CODE], 1);
    assert_int_equal(r.list->steps[7].number[TRUTH_CODE], 0x123);
    assert_int_equal(r.list->steps[7].index[TRUTH_CODE], 2);
    assert_int_equal(answer("rmpquery-9", "rdx"), 6);
    assert_non_null(json_object_get(json_object_get(r.answers.steps, "setup-share-4"), "skipped"));
    replay_free(&r);
}

static void many_pages(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < TRUTH_PAGES + 5; i++) {
        char gpa[32];
        snprintf(gpa, sizeof(gpa), "0x%x", 0x1000 * (i + 1));
        insn("pvalidate", gpa, 0, 0, 0, 0);
    }
    assert_true(end());
    assert_int_equal(r.repeated, TRUTH_PAGES);
    assert_int_equal(r.left[REPLAY_PAGES], 5);
    replay_free(&r);
}

/* A guest's memory for its list is the limit, not the structure's. */
static void many_steps(void **state)
{
    (void)state;
    begin();
    for (unsigned i = 0; i < TRUTH_ROOM + 7; i++) {
        msr("0x2", "0x1");
    }
    assert_true(end());
    assert_int_equal(r.repeated, TRUTH_ROOM);
    assert_int_equal(r.left[REPLAY_ROOM], 7);
    assert_int_equal(r.left[REPLAY_PAGES], 0);
    assert_in_range(list_size(r.list), 1, TRUTH_LIST_MAX);
    replay_free(&r);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "there is no recording in it"},
        {"{\"record\":1}\n{\"kind\":\"ms", "line 2: it is cut within this line"},
        {"{\"record\":2}\n{\"end\":0}\n", "form that is not known"},
        {"{\"record\":1}\n", "no end"},
        {"{\"record\":1}\n{\"end\":0}\n", "nothing in it can be repeated"},
        {"{\"record\":1}\n{\"end\":1}\n", "line 2: it is cut"},
        {"{\"record\":1}\n[]\n{\"end\":1}\n", "line 2: no line of a recording"},
        {"{\"record\":1}\n{\"end\":0}\n{\"end\":0}\n", "line 3: no line of a recording"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f = (struct fail){0};
        assert_false(replay_read(
            &r, (struct bytes){(const uint8_t *)cases[i].text, strlen(cases[i].text)}, &f));
        if (strstr(f.what, cases[i].why) == NULL) {
            fail_msg("'%s': %s", cases[i].text, f.what);
        }
    }
    /* An answer without its event, an instruction of no name: not repeated, and no more than that.
     */
    begin();
    line("\"kind\":\"answer\",\"back\":\"0xf\"");
    line("\"kind\":\"insn\",\"gpa\":\"0x1000\"");
    line("\"kind\":\"other\"");
    msr("0x80", "0x3081");
    assert_true(end());
    assert_int_equal(r.repeated, 1);
    assert_int_equal(r.left[REPLAY_RAISED], 1);
    replay_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(information), cmocka_unit_test(pages),    cmocka_unit_test(many_pages),
        cmocka_unit_test(many_steps),  cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
