/* SPDX-License-Identifier: MIT */
/* The model: choosing commands, and what their answers change. See model.h. */
#include "model.h"
#include "sha256.h"
#include "../tasks/raw.h"

struct model model;
const uint32_t model_pcrs[PCRS] = {10, 16, 23};

const char *const kind_names[KINDS] = {
    [KIND_EXTEND] = "pcr-extend",      [KIND_RESET] = "pcr-reset",
    [KIND_INCREMENT] = "nv-increment", [KIND_WRITE] = "nv-write",
    [KIND_NV_EXTEND] = "nv-extend",    [KIND_TOGGLE] = "nv-define",
    [KIND_RANDOM] = "get-random",      [KIND_STIR] = "stir-random",
    [KIND_SESSION] = "session",        [KIND_PRIMARY] = "create-primary",
};

static uint64_t generator;

void random_seed(uint64_t seed)
{
    generator = seed;
}

uint64_t random_next(void)
{
    generator += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    uint64_t x = generator;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static int session_free(void)
{
    for (int i = 0; i < SESSIONS_MAX; i++) {
        if (model.session[i] == 0) {
            return i;
        }
    }
    return -1;
}

static void choose_object(struct pending *p)
{
    switch (p->kind) {
    case KIND_TOGGLE:
        p->closes = model.toggled;
        p->closes ? command_nv_undefine(&p->command, NV_TOGGLE)
                  : command_nv_define(&p->command, NV_TOGGLE);
        break;
    case KIND_SESSION:
        p->closes = session_free() < 0;
        p->closes ? command_flush(&p->command, model.session[0])
                  : command_session(&p->command, p->data);
        break;
    default:
        p->closes = model.key != 0;
        p->closes ? command_flush(&p->command, model.key) : command_primary(&p->command);
    }
}

void model_choose(struct pending *p, enum kind kind)
{
    p->kind = kind;
    for (unsigned i = 0; i < DIGEST; i++) {
        p->data[i] = (uint8_t)random_next();
    }
    switch (kind) {
    case KIND_EXTEND:
        p->pcr = (uint32_t)(random_next() % PCRS);
        command_pcr_extend(&p->command, model_pcrs[p->pcr], p->data);
        break;
    case KIND_RESET:
        p->pcr = 1 + (uint32_t)(random_next() % (PCRS - 1));
        command_pcr_reset(&p->command, model_pcrs[p->pcr]);
        break;
    case KIND_INCREMENT:
        command_nv_increment(&p->command);
        break;
    case KIND_WRITE:
        p->offset = (uint32_t)(random_next() % (NV_DATA_SIZE - DIGEST + 1));
        command_nv_write(&p->command, p->data, DIGEST, p->offset);
        break;
    case KIND_NV_EXTEND:
        command_nv_extend(&p->command, p->data);
        break;
    case KIND_RANDOM:
        command_random(&p->command, DIGEST);
        break;
    case KIND_STIR:
        command_stir(&p->command, p->data);
        break;
    default:
        choose_object(p);
    }
}

static const char *follow_session(const struct pending *p, const struct bytes *r)
{
    if (p->closes) {
        model.session[0] = 0;
        return NULL;
    }
    if (r->len != RESPONSE_HEADER + 4 + 2 + DIGEST && r->len != RESPONSE_HEADER + 4 + 2 + 16) {
        return "an odd answer to TPM2_StartAuthSession";
    }
    model.session[session_free()] = bytes_get32(r->data + RESPONSE_HEADER);
    return NULL;
}

/* The key is derived from the owner's seed: the same each time, or the seed was lost. */
static const char *follow_key(const struct pending *p, const struct bytes *r)
{
    if (p->closes) {
        model.key = 0;
        return NULL;
    }
    const uint8_t *public = r->data + RESPONSE_HEADER + 8;
    if (r->len < RESPONSE_HEADER + 8 + sizeof(model.public)) {
        return "an odd answer to TPM2_CreatePrimary";
    }
    if (model.public_known && !bytes_equal(model.public, public, sizeof(model.public))) {
        return "the primary key is another one: the owner's seed was lost";
    }
    memcpy(model.public, public, sizeof(model.public));
    model.public_known = true;
    model.key = bytes_get32(r->data + RESPONSE_HEADER);
    return NULL;
}

const char *model_follow(const struct pending *p, const struct bytes *response)
{
    if (command_code(response) != 0) {
        return "the TPM refused the command";
    }
    switch (p->kind) {
    case KIND_EXTEND:
        sha256_extend(model.pcr[p->pcr], p->data);
        return NULL;
    case KIND_RESET:
        memset(model.pcr[p->pcr], 0, DIGEST);
        return NULL;
    case KIND_INCREMENT:
        model.counter++;
        return NULL;
    case KIND_WRITE:
        memcpy(model.data + p->offset, p->data, DIGEST);
        return NULL;
    case KIND_NV_EXTEND:
        sha256_extend(model.nv_extend, p->data);
        return NULL;
    case KIND_TOGGLE:
        model.toggled = !p->closes;
        return NULL;
    case KIND_RANDOM:
        return response->len == RESPONSE_HEADER + 2 + DIGEST
                   ? model_note_random(response->data + RESPONSE_HEADER + 2)
                   : "an odd answer to TPM2_GetRandom";
    case KIND_SESSION:
        return follow_session(p, response);
    case KIND_PRIMARY:
        return follow_key(p, response);
    default:
        return NULL;
    }
}
