/* SPDX-License-Identifier: MIT */
/* A file of answers (core/answer.h), read and checked whole. */
#pragma once
#include <bytes.h>
#include <fail.h>
#include <jansson.h>

struct answers {
    json_t *first; /* the line that says which list it is */
    json_t *steps; /* an object: name to answer, in the order of the file */
};

/* Lines of JSON and nothing else. An error leaves nothing to be freed. */
bool answers_read(struct answers *a, struct bytes text, struct fail *f);
void answers_free(struct answers *a);

/* Which list it was: 32 hexadecimal digits. */
const char *answers_list(const struct answers *a);

/* A number of an answer, "0x1f"; false: there is none of that name. */
bool answers_number(const json_t *object, const char *field, uint64_t *value);
