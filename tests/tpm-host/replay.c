/* SPDX-License-Identifier: MIT */
/* Commands put, answers compared. See replay.h. */
#include "replay.h"

#include <string.h>

#define SHOWN_MAX 48u /* bytes of a wrong answer */
#define DIFFERENCES_SHOWN 20u
#define HEADER 10u

static void show(const char *what, const uint8_t *data, size_t size)
{
    printf("#   %s (%zu):", what, size);
    for (size_t i = 0; i < size && i < SHOWN_MAX; i++) {
        printf("%s%02x", i % 4 == 0 ? " " : "", data[i]);
    }
    printf("%s\n", size > SHOWN_MAX ? " ..." : "");
}

static void compare(struct replay *r, const struct vector *v)
{
    uint8_t answer[REPLAY_ANSWER_MAX];
    size_t size = r->ask(r->tpm, &v->command, answer);
    if (size == v->response.size && memcmp(answer, v->response.data, size) == 0) {
        r->equal++;
        return;
    }
    printf("# differs: %s\n", v->name);
    if (r->different++ < DIFFERENCES_SHOWN) {
        show("recorded", v->response.data, v->response.size);
        show("answered", answer, size);
    }
}

static bool refused(const struct vector *v)
{
    static const uint8_t success[4];
    return v->response.size == HEADER && memcmp(v->response.data + 6, success, 4) != 0;
}

static bool leave_out(struct replay *r, const struct vector *v)
{
    if (r->stream && v->unframed) {
        return true;
    }
    return r->every > 1 && refused(v) && !v->step && r->refusals++ % r->every != 0;
}

bool replay_run(struct replay *r, FILE *f)
{
    struct vector v;
    int got;
    while ((got = vectors_next(f, &v)) == 1) {
        if (leave_out(r, &v)) {
            r->left_out++;
        } else {
            compare(r, &v);
        }
        vectors_free(&v);
    }
    return got == 0;
}

int replay_report(const struct replay *r, const char *name)
{
    bool good = r->different == 0 && r->equal > 0;
    printf("%s %s equal=%u different=%u", good ? "ok" : "not ok", name, r->equal, r->different);
    if (r->left_out > 0) {
        printf(" left_out=%u", r->left_out);
    }
    printf("%s\n", good ? "" : " - answers differ from the recorded ones, see above");
    return good ? 0 : 1;
}
