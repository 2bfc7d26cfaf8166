/* SPDX-License-Identifier: MIT */
/* Answers: written as a guest writes them, read, refused where they are cut or wrong, compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "answer.h"
#include "compare.h"

#define FIRST                                                                                      \
    "{\"truth\":1,\"list\":\"00112233445566778899aabbccddeeff\",\"steps\":2,\"where\":\"bare\"}\n"

static struct fail f;

static bool reads(struct answers *a, const char *text)
{
    f = (struct fail){0};
    return answers_read(a, (struct bytes){(const uint8_t *)text, strlen(text)}, &f);
}

static void refused(const char *text, const char *why)
{
    struct answers a;
    bool taken = reads(&a, text);

    if (taken || strstr(f.what, why) == NULL) {
        fail_msg("'%s': %s, not %s", text, taken ? "taken" : f.what, why);
    }
}

/* What the formatter makes is what the reader takes, with every field at its longest. */
static void round_trip(void **state)
{
    static struct truth_line line;
    static char text[4096];
    struct truth_list list = {.count = 2, .digest = {0xab, 0xcd}};
    struct truth_step step = {.name = "one", .kind = TRUTH_PSC};
    struct truth_answer answer = {.is = (1u << TRUTH_FIELDS) - 1};
    struct answers a;
    uint64_t value;
    size_t len = 0;

    (void)state;
    for (unsigned i = 0; i < TRUTH_FIELDS; i++) {
        answer.value[i] = UINT64_MAX - i;
        step.vary[i] = UINT64_MAX;
    }
    truth_line_first(&line, &list, "bare", 2);
    memcpy(text + len, line.text, line.length);
    len += line.length;
    truth_line_answer(&line, &step, &answer);
    assert_in_range(line.length, 1, TRUTH_LINE - 1);
    memcpy(text + len, line.text, line.length);
    len += line.length;
    memcpy(step.name, "two", 4);
    truth_line_skipped(&line, &step, "not at VMPL0");
    memcpy(text + len, line.text, line.length);
    len += line.length;
    truth_line_last(&line, 2);
    memcpy(text + len, line.text, line.length);
    if (!reads(&a, text)) {
        fail_msg("%s: %s", f.what, text);
    }
    assert_string_equal(answers_list(&a), "abcd0000000000000000000000000000");
    assert_int_equal(json_integer_value(json_object_get(a.first, "vmpl")), 2);
    json_t *one = json_object_get(a.steps, "one");
    assert_true(answers_number(one, "info1", &value) && value == UINT64_MAX);
    assert_true(answers_number(one, "error", &value) && value == UINT64_MAX - 13);
    assert_false(answers_number(one, "answer", &value));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(a.steps, "two"), "skipped")),
        "not at VMPL0");
    answers_free(&a);
}

static void refusals(void **state)
{
    (void)state;
    refused("", "no answers in it");
    refused("ok nothing\n", "line 1: no JSON object");
    refused("[1]\n", "line 1: no JSON object");
    refused(FIRST "{\"name\":", "line 2: it is cut within this line");
    refused("{}\n", "nothing says \"truth\"");
    refused("{\"truth\":2}\n", "answers of format 2");
    refused("{\"truth\":1}\n", "which list");
    refused("{\"truth\":1,\"list\":\"0\",\"steps\":1}\n", "which list");
    refused(FIRST, "it is cut: 0 of 2 answers, and no end");
    refused(FIRST "{\"name\":\"a\"}\n", "it is cut: 1 of 2 answers, and no end");
    refused(FIRST "{\"name\":\"a\"}\n{\"end\":2}\n", "it is cut: 1 of 2");
    refused(FIRST "{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\"end\":1}\n", "it is cut");
    refused(FIRST "{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\"end\":2}\n{\"name\":\"c\"}\n", "follows");
    refused(FIRST "{\"name\":\"a\"}\n{\"name\":\"a\"}\n", "line 3: a second answer for a");
    refused(FIRST "{\"name\":\"a\n\"}\n", "line 2: no JSON object");
    refused(FIRST "{\"name\":\"a b\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":7}\n", "line 2: no answer");
    refused(FIRST "{\"rax\":\"0x1\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"rax\":1}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"rax\":\"1\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"rax\":\"0x\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"rax\":\"0x00000000000000001\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"rax\":\"0x1\",\"rax\":\"0x1\"}\n", "line 2: no JSON object");
    refused(FIRST "{\"name\":\"a\",\"vary\":\"0x1\"}\n", "line 2: no answer");
    refused(FIRST "{\"name\":\"a\",\"vary\":{\"rax\":1}}\n", "line 2: no answer");
}

static char told[1024];

static void tell(void *context, enum compare_how how, const char *name, const char *field,
                 const char *a, const char *b)
{
    size_t len = strlen(told);

    (void)context;
    snprintf(told + len, sizeof(told) - len, "%u %s %s %s %s;", how, name,
             field == NULL ? "." : field, a == NULL ? "." : a, b == NULL ? "." : b);
}

static struct compare_count compared(const char *one, const char *two)
{
    static char text[2][2048];
    struct answers a, b;

    snprintf(text[0], sizeof(text[0]), FIRST "%s{\"name\":\"z\",\"cf\":\"0x0\"}\n{\"end\":2}\n",
             one);
    snprintf(text[1], sizeof(text[1]), FIRST "%s{\"name\":\"z\",\"cf\":\"0x0\"}\n{\"end\":2}\n",
             two);
    told[0] = 0;
    assert_true(reads(&a, text[0]) && reads(&b, text[1]));
    struct compare_count count = compare_answers(&a, &b, tell, NULL);
    answers_free(&a);
    answers_free(&b);
    return count;
}

static void comparison(void **state)
{
    struct compare_count c;

    (void)state;
    c = compared("{\"name\":\"a\",\"rax\":\"0x12\"}\n", "{\"name\":\"a\",\"rax\":\"0x012\"}\n");
    assert_string_equal(told, "");
    assert_int_equal(c.steps, 2);
    compared("{\"name\":\"a\",\"rax\":\"0x12\"}\n", "{\"name\":\"a\",\"rax\":\"0x13\"}\n");
    assert_string_equal(told, "0 a rax 0x12 0x13;");
    assert_null(c.masks);
    /* One of the two masks is enough, but they are told; bits outside of it still count. */
    c = compared("{\"name\":\"a\",\"rax\":\"0x12\",\"vary\":{\"rax\":\"0x1\"}}\n",
                 "{\"name\":\"a\",\"rax\":\"0x13\"}\n");
    assert_string_equal(told, "1 a rax 0x12 0x13;");
    assert_non_null(c.masks);
    compared("{\"name\":\"a\",\"rax\":\"0x12\",\"vary\":{\"rax\":\"0x1\"}}\n",
             "{\"name\":\"a\",\"rax\":\"0x15\"}\n");
    assert_string_equal(told, "0 a rax 0x12 0x15;");
    compared("{\"name\":\"a\",\"rax\":\"0x12\"}\n", "{\"name\":\"a\",\"vector\":\"0xd\"}\n");
    assert_string_equal(told, "0 a rax 0x12 .;0 a vector . 0xd;");
    compared("{\"name\":\"a\",\"skipped\":\"why\"}\n", "{\"name\":\"a\",\"rax\":\"0x1\"}\n");
    assert_string_equal(told, "2 a . why .;");
    c = compared("{\"name\":\"a\",\"rax\":\"0x1\"}\n", "{\"name\":\"b\",\"rax\":\"0x1\"}\n");
    assert_string_equal(told, "0 a . there .;0 b . . there;");
    assert_int_equal(c.steps, 1);
    assert_int_equal(c.count[COMPARE_DIFFERENT], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(refusals),
        cmocka_unit_test(comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
