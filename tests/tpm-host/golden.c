/* SPDX-License-Identifier: MIT */
/*
 * Replays recorded TPM commands (JSON lines, tests/vectors) and compares every answer byte for
 * byte. The first line holds the state to start from. Usage: golden FILE
 */
#include "host.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 65536

static size_t hex_decode(const char *text, uint8_t *out, size_t room)
{
    size_t n = strlen(text) / 2;
    if (n > room) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) {
            return 0;
        }
        out[i] = (uint8_t)byte;
    }
    return n;
}

static size_t member(const json_t *line, const char *name, uint8_t *out)
{
    const char *text = json_string_value(json_object_get(line, name));
    return text == NULL ? 0 : hex_decode(text, out, BYTES_MAX);
}

static int start(const json_t *line)
{
    static uint8_t permanent[BYTES_MAX], state[BYTES_MAX];
    size_t permanent_size = member(line, "permanent", permanent);
    size_t state_size = member(line, "volatile", state);
    return host_tpm_start(permanent_size == 0 ? NULL : permanent, permanent_size,
                          state_size == 0 ? NULL : state, state_size);
}

static int replay(const json_t *line)
{
    static uint8_t command[BYTES_MAX], wanted[BYTES_MAX], got[BYTES_MAX];
    const char *name = json_string_value(json_object_get(line, "name"));
    size_t command_size = member(line, "command", command);
    size_t wanted_size = member(line, "response", wanted);
    size_t got_size = host_tpm_command(command, command_size, got, sizeof(got));
    if (got_size == wanted_size && memcmp(got, wanted, got_size) == 0) {
        return 1;
    }
    printf("# %s: %zu bytes instead of %zu, code %02x%02x instead of %02x%02x\n",
           name == NULL ? "?" : name, got_size, wanted_size, got[8], got[9], wanted[8], wanted[9]);
    return 0;
}

int main(int argc, char **argv)
{
    char *text = NULL;
    size_t room = 0;
    unsigned good = 0;
    unsigned bad = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: golden FILE\n");
        return 2;
    }
    FILE *f = fopen(argv[1], "r");
    if (f == NULL) {
        fprintf(stderr, "golden: cannot read %s\n", argv[1]);
        return 3;
    }
    for (unsigned n = 0; getline(&text, &room, f) > 0; n++) {
        json_error_t error;
        json_t *line = json_loads(text, 0, &error);
        if (line == NULL) {
            fprintf(stderr, "golden: line %u: %s\n", n + 1, error.text);
            return 1;
        }
        if (n == 0) {
            if (!start(line)) {
                printf("not ok state - the recorded state does not load\n");
                return 1;
            }
        } else if (replay(line)) {
            good++;
        } else {
            bad++;
        }
        json_decref(line);
    }
    free(text);
    fclose(f);
    printf("%s answers equal=%u different=%u%s\n", bad == 0 && good > 0 ? "ok" : "not ok", good,
           bad, bad == 0 && good > 0 ? "" : " - see above");
    return bad == 0 && good > 0 ? 0 : 1;
}
