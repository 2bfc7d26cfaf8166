/* SPDX-License-Identifier: MIT */
/* The reader of recorded TPM commands. See vectors.h. */
#include "vectors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static bool hex_decode(const char *text, struct bytes *out)
{
    size_t size = strlen(text) / 2;
    *out = (struct bytes){malloc(size == 0 ? 1 : size), size};
    if (out->data == NULL || strlen(text) % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned byte = 0;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        out->data[i] = (uint8_t)byte;
    }
    return true;
}

static bool member(const json_t *line, const char *name, struct bytes *out)
{
    const char *text = json_string_value(json_object_get(line, name));
    return text != NULL && hex_decode(text, out);
}

/* NULL: there are no more lines, or (*good is false) it is none. */
static json_t *line_read(FILE *f, bool *good)
{
    char *text = NULL;
    size_t room = 0;
    json_error_t error;
    json_t *line = NULL;
    *good = true;
    if (getline(&text, &room, f) > 0) {
        line = json_loads(text, 0, &error);
        *good = line != NULL;
        if (line == NULL) {
            fprintf(stderr, "vectors: %s\n", error.text);
        }
    }
    free(text);
    return line;
}

bool vectors_open(FILE *f, struct vectors_state *state)
{
    bool good = true;
    *state = (struct vectors_state){0};
    json_t *line = line_read(f, &good);
    good = line != NULL && member(line, "permanent", &state->permanent) &&
           member(line, "volatile", &state->volatile_state);
    if (good) {
        const char *version = json_string_value(json_object_get(line, "libtpms"));
        snprintf(state->libtpms, sizeof(state->libtpms), "%s", version == NULL ? "?" : version);
    }
    json_decref(line);
    return good;
}

int vectors_next(FILE *f, struct vector *v)
{
    bool good = true;
    *v = (struct vector){0};
    json_t *line = line_read(f, &good);
    if (line == NULL) {
        return good ? 0 : -1;
    }
    const char *name = json_string_value(json_object_get(line, "name"));
    v->name = strdup(name == NULL ? "?" : name);
    v->unframed = json_is_true(json_object_get(line, "unframed"));
    v->step = json_is_true(json_object_get(line, "step"));
    good = v->name != NULL && member(line, "command", &v->command) &&
           member(line, "response", &v->response);
    json_decref(line);
    if (!good) {
        fprintf(stderr, "vectors: %s: no command or no response\n", v->name);
        vectors_free(v);
    }
    return good ? 1 : -1;
}

void vectors_state_free(struct vectors_state *state)
{
    free(state->permanent.data);
    free(state->volatile_state.data);
    *state = (struct vectors_state){0};
}

void vectors_free(struct vector *v)
{
    free(v->name);
    free(v->command.data);
    free(v->response.data);
    *v = (struct vector){0};
}
