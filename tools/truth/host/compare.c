/* SPDX-License-Identifier: MIT */
/* Compares answers. See compare.h. */
#include "compare.h"

#include <string.h>

struct comparison {
    struct compare_count count;
    compare_tell *tell;
    void *context;
    const char *name;
};

static void tell(struct comparison *c, enum compare_how how, const char *field, const char *a,
                 const char *b)
{
    c->count.count[how]++;
    c->tell(c->context, how, c->name, field, a, b);
}

static uint64_t mask_of(const json_t *answer, const char *field)
{
    uint64_t mask = 0;

    (void)answers_number(json_object_get(answer, "vary"), field, &mask);
    return mask;
}

static bool is_field(const char *key)
{
    return strcmp(key, "name") != 0 && strcmp(key, "vary") != 0;
}

/* One that only one of the two has is different, unless all of it may be. */
static void field(struct comparison *c, const char *key, const json_t *a, const json_t *b)
{
    uint64_t mask_a = mask_of(a, key), mask_b = mask_of(b, key), mask = mask_a | mask_b;
    uint64_t x = 0, y = 0;
    bool in_a = answers_number(a, key, &x), in_b = answers_number(b, key, &y);

    if (in_a && in_b && mask_a != mask_b) {
        c->count.masks = c->name;
    }
    if (in_a && in_b && x == y) {
        return;
    }
    bool dependent = in_a && in_b ? ((x ^ y) & ~mask) == 0 : mask == UINT64_MAX;
    tell(c, dependent ? COMPARE_PLATFORM : COMPARE_DIFFERENT, key,
         json_string_value(json_object_get(a, key)), json_string_value(json_object_get(b, key)));
}

static void fields(struct comparison *c, json_t *a, json_t *b)
{
    const char *key;
    json_t *value;

    json_object_foreach(a, key, value)
    {
        if (is_field(key)) {
            field(c, key, a, b);
        }
    }
    json_object_foreach(b, key, value)
    {
        if (is_field(key) && json_object_get(a, key) == NULL) {
            field(c, key, a, b);
        }
    }
}

static void step(struct comparison *c, json_t *a, json_t *b)
{
    const char *no_a = json_string_value(json_object_get(a, "skipped"));
    const char *no_b = json_string_value(json_object_get(b, "skipped"));

    if (b == NULL || a == NULL) {
        tell(c, COMPARE_DIFFERENT, NULL, a == NULL ? NULL : "there", b == NULL ? NULL : "there");
    } else if (no_a != NULL || no_b != NULL) {
        tell(c, COMPARE_SKIPPED, NULL, no_a, no_b);
    } else {
        c->count.steps++;
        fields(c, a, b);
    }
}

struct compare_count compare_answers(const struct answers *a, const struct answers *b,
                                     compare_tell *told, void *context)
{
    struct comparison c = {.tell = told, .context = context};
    json_t *answer;

    json_object_foreach(a->steps, c.name, answer)
    {
        step(&c, answer, json_object_get(b->steps, c.name));
    }
    json_object_foreach(b->steps, c.name, answer)
    {
        if (json_object_get(a->steps, c.name) == NULL) {
            step(&c, NULL, answer);
        }
    }
    return c.count;
}
