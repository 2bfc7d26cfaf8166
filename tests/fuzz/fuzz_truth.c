/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: svsm-truth's readers. An input is the text of a list, which the guest's own check
 * must take if it was compiled, or a file of answers, which must be the same as itself.
 */
#include "fuzz.h"
#include <compare.h>
#include <list.h>
#include <replay.h>
#include <runner.h>

static void none(void *context, enum compare_how how, const char *name, const char *field,
                 const char *a, const char *b)
{
    (void)context;
    require(how == COMPARE_SKIPPED || (field == NULL && a == b), "a file differs from itself");
    require(name != NULL, "a difference without a name");
}

static void answers(struct bytes text)
{
    struct answers a;
    struct fail f = {0};

    if (!answers_read(&a, text, &f)) {
        require(f.what[0] != 0, "refused without a reason");
        return;
    }
    struct compare_count count = compare_answers(&a, &a, none, NULL);
    require(count.count[COMPARE_DIFFERENT] == 0 && count.count[COMPARE_PLATFORM] == 0,
            "a file differs from itself");
    require(answers_list(&a) != NULL, "answers without a list");
    answers_free(&a);
}

static void list(struct bytes text)
{
    struct fail f = {0};
    struct truth_list *made = list_parse(text, &f);

    if (made == NULL) {
        require(f.what[0] != 0, "refused without a reason");
        return;
    }
    require(truth_list_fault(made, list_size(made)) == NULL, "the guest refuses a good list");
    for (uint32_t i = 0; i < made->count; i++) {
        require(list_find(made, made->steps[i].name) == &made->steps[i], "two steps of one name");
        require(list_name_is_good(made->steps[i].name), "a name that is none");
    }
    free(made);
}

/* The compiled list as a guest finds it. */
static void compiled(const uint8_t *data, size_t size)
{
    struct truth_list *copy = malloc(size + sizeof(*copy));

    if (copy != NULL) {
        memset(copy, 0, sizeof(*copy));
        memcpy(copy, data, size);
        copy->magic = TRUTH_MAGIC;
        (void)truth_list_fault(copy, size);
    }
    free(copy);
}

static void recording(struct bytes text)
{
    struct replay r;
    struct fail f = {0};

    if (!replay_read(&r, text, &f)) {
        require(f.what[0] != 0, "refused without a reason");
        return;
    }
    require(truth_list_fault(r.list, list_size(r.list)) == NULL, "the guest refuses a recording");
    require(r.repeated <= r.list->count, "more was repeated than there is");
    require(json_object_size(r.answers.steps) == r.list->count, "steps without an answer");
    replay_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct bytes text = {data + 1, size - 1};
    switch (data[0] & 7) {
    case 0:
        answers(text);
        break;
    case 1:
        compiled(text.at, text.size);
        break;
    case 4:
    case 5:
        recording(text);
        break;
    default:
        list(text);
        break;
    }
    return 0;
}
