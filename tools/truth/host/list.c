/* SPDX-License-Identifier: MIT */
/* Reads conformance lists. See list.h. */
#include "list.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "answer.h"

#define LINE_MAX_CHARACTERS 1000u
#define WORDS_MAX 24u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CPL_SHIFT 24 /* the level in its quadword */

struct parse {
    struct truth_list *list;
    struct truth_step *step;
    unsigned line;
    uint32_t named; /* arguments of the step that its line has */
    struct fail *f;
};

static const char *const kinds[TRUTH_KINDS] = {
    [TRUTH_MSR] = "msr",
    [TRUTH_EVENT] = "event",
    [TRUTH_PSC] = "psc",
    [TRUTH_PVALIDATE] = "pvalidate",
    [TRUTH_RMPADJUST] = "rmpadjust",
    [TRUTH_RMPQUERY] = "rmpquery",
};

const char *list_kind_name(uint32_t kind)
{
    return kind < TRUTH_KINDS ? kinds[kind] : "?";
}

/* Keys with an expression, by the kinds that have them. */
#define FOR(kind) (1u << (kind))
#define INSNS (FOR(TRUTH_PVALIDATE) | FOR(TRUTH_RMPADJUST) | FOR(TRUTH_RMPQUERY))
static const struct key {
    const char *name;
    unsigned kinds;
    enum truth_argument argument;
    bool needed;
} keys[] = {
    {"value", FOR(TRUTH_MSR), TRUTH_CODE, true},
    {"minus", FOR(TRUTH_MSR), TRUTH_MINUS, false},
    {"code", FOR(TRUTH_EVENT), TRUTH_CODE, true},
    {"info1", FOR(TRUTH_EVENT), TRUTH_INFO1, false},
    {"info2", FOR(TRUTH_EVENT), TRUTH_INFO2, false},
    {"rax", FOR(TRUTH_EVENT), TRUTH_RAX, false},
    {"rbx", FOR(TRUTH_EVENT), TRUTH_RBX, false},
    {"rcx", FOR(TRUTH_EVENT), TRUTH_RCX, false},
    {"rdx", FOR(TRUTH_EVENT), TRUTH_RDX, false},
    {"scratch", FOR(TRUTH_EVENT), TRUTH_SCRATCH, false},
    {"xcr0", FOR(TRUTH_EVENT), TRUTH_XCR0, false},
    {"cpl", FOR(TRUTH_EVENT), TRUTH_CPL, false},
    {"usage", FOR(TRUTH_EVENT), TRUTH_USAGE, false},
    {"version", FOR(TRUTH_EVENT), TRUTH_VERSION, false},
    {"data", FOR(TRUTH_EVENT), TRUTH_DATA, false},
    {"first", FOR(TRUTH_PSC), TRUTH_INFO1, true},
    {"last", FOR(TRUTH_PSC), TRUTH_INFO2, true},
    {"entry", FOR(TRUTH_PSC), TRUTH_RAX, false},
    {"count", FOR(TRUTH_PSC), TRUTH_DATA, false},
    {"rax", INSNS, TRUTH_CODE, true},
    {"rcx", INSNS, TRUTH_INFO1, true},
    {"rdx", INSNS, TRUTH_INFO2, true},
};

static const struct place {
    const char *name;
    enum truth_place place;
    unsigned count; /* 0: it has no number */
} places[] = {
    {"page", TRUTH_PAGE, TRUTH_PAGES},       {"va", TRUTH_VA, TRUTH_PAGES},
    {"shared", TRUTH_SHARED, TRUTH_PAGES},   {"ghcb", TRUTH_GHCB, 0},
    {"buffer", TRUTH_BUFFER, TRUTH_BUFFERS}, {"large", TRUTH_LARGE, 0},
    {"large-va", TRUTH_LARGE_VA, 0},
};

static bool wrong(const struct parse *p, const char *what, const char *word)
{
    return fail_because(p->f, "line %u: %s: '%.80s'", p->line, what, word);
}

bool list_name_is_good(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL) {
            return false;
        }
    }
    return len > 0 && len < TRUTH_NAME;
}

static bool number(const char *text, uint64_t *value)
{
    char *end;

    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &end, 0);
    return *end == 0 && errno == 0;
}

/* "page(3)", "ghcb" */
static bool place(const char *text, uint8_t *which, uint8_t *index)
{
    size_t len = strcspn(text, "(");
    uint64_t n = 0;

    for (size_t i = 0; i < COUNT(places); i++) {
        if (strlen(places[i].name) != len || strncmp(places[i].name, text, len) != 0) {
            continue;
        }
        if (places[i].count != 0) {
            char digits[8] = "";
            size_t end = strlen(text);
            if (text[len] == 0 || text[end - 1] != ')' || end - len - 2 >= sizeof(digits)) {
                return false;
            }
            memcpy(digits, text + len + 1, end - len - 2);
            if (!number(digits, &n) || n >= places[i].count) {
                return false;
            }
        } else if (text[len] != 0) {
            return false;
        }
        *which = (uint8_t)places[i].place;
        *index = (uint8_t)n;
        return true;
    }
    return false;
}

/* Numbers, and one place at most, with + between them. Changes the text. */
static bool expression(const struct parse *p, char *text, unsigned argument)
{
    struct truth_step *step = p->step;
    char *rest;

    for (char *word = strtok_r(text, "+", &rest); word != NULL; word = strtok_r(NULL, "+", &rest)) {
        uint64_t value;
        if (number(word, &value)) {
            step->number[argument] += value;
        } else if (step->place[argument] != TRUTH_NOWHERE ||
                   !place(word, &step->place[argument], &step->index[argument])) {
            return wrong(p, "neither a number nor a place", word);
        }
    }
    step->given |= 1u << argument;
    return true;
}

static const struct key *key_find(const char *name, uint32_t kind)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i].name, name) == 0 && (keys[i].kinds & FOR(kind))) {
            return &keys[i];
        }
    }
    return NULL;
}

static bool field(uint32_t kind, const char *name, unsigned *which)
{
    for (unsigned i = 0; i < TRUTH_FIELDS; i++) {
        if (strcmp(truth_field_name(kind, i), name) == 0) {
            *which = i;
            return true;
        }
    }
    return false;
}

/* "rax,info2:0xff": more than is shown anyhow, or bits of it that vary. */
static bool fields(struct parse *p, char *text, bool vary)
{
    char *rest;
    unsigned which;

    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        uint64_t mask = UINT64_MAX;
        char *colon = vary ? strchr(word, ':') : NULL;
        if (colon != NULL) {
            *colon = 0;
            if (!number(colon + 1, &mask)) {
                return wrong(p, "no mask", colon + 1);
            }
        }
        if (!field(p->step->kind, word, &which)) {
            return wrong(p, "no field of an answer", word);
        }
        if (vary) {
            p->step->vary[which] |= mask;
        }
        p->step->show |= 1u << which;
    }
    return true;
}

static bool needs(const struct parse *p, char *text)
{
    static const char *const words[] = {"vmpl0", "trap", "large", "ghcb"};
    char *rest;

    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        unsigned i = 0;
        while (i < COUNT(words) && strcmp(words[i], word) != 0) {
            i++;
        }
        if (i == COUNT(words)) {
            return wrong(p, "no need of a step", word);
        }
        p->step->needs |= 1u << i;
    }
    return true;
}

/* Inputs of an event that it is to lack. */
static bool without(const struct parse *p, char *text)
{
    char *rest;

    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        const struct key *key = key_find(word, p->step->kind);
        if (key == NULL || key->argument > TRUTH_INFO2) {
            return wrong(p, "not one of code, info1, info2", word);
        }
        p->step->given &= ~(1u << key->argument);
    }
    return true;
}

static bool key_value(struct parse *p, char *word)
{
    char *value = strchr(word, '=');

    if (value == NULL || value[1] == 0) {
        return wrong(p, "not KEY=VALUE", word);
    }
    *value++ = 0;
    if (strcmp(word, "show") == 0 || strcmp(word, "vary") == 0) {
        return fields(p, value, word[0] == 'v');
    }
    if (strcmp(word, "needs") == 0) {
        return needs(p, value);
    }
    if (strcmp(word, "without") == 0 && p->step->kind == TRUTH_EVENT) {
        return without(p, value);
    }
    const struct key *key = key_find(word, p->step->kind);
    if (key == NULL) {
        return wrong(p, "unknown for this kind of step", word);
    }
    if (p->named >> key->argument & 1) {
        return wrong(p, "twice in one line", word);
    }
    p->named |= 1u << key->argument;
    return expression(p, value, key->argument);
}

uint32_t list_shown(uint32_t kind)
{
    uint32_t exception = 1u << TRUTH_F_VECTOR | 1u << TRUTH_F_ERROR | 1u << TRUTH_ANSWER;

    switch (kind) {
    case TRUTH_MSR:
        return 1u << TRUTH_ANSWER;
    case TRUTH_EVENT:
        return 1u << TRUTH_ANSWER | 1u << TRUTH_F_INFO2;
    case TRUTH_PSC:
        return 1u << TRUTH_ANSWER | 1u << TRUTH_F_INFO2 | 1u << TRUTH_F_INDEX | 1u << TRUTH_F_END |
               1u << TRUTH_F_DONE;
    case TRUTH_PVALIDATE:
        return exception | 1u << TRUTH_F_CF;
    case TRUTH_RMPQUERY:
        return exception | 1u << TRUTH_F_RCX | 1u << TRUTH_F_RDX;
    default:
        return exception;
    }
}

static bool complete(const struct parse *p)
{
    struct truth_step *step = p->step;

    for (size_t i = 0; i < COUNT(keys); i++) {
        bool there = p->named >> keys[i].argument & 1;
        if (keys[i].needed && (keys[i].kinds & FOR(step->kind)) && !there) {
            return wrong(p, "the step lacks a value", keys[i].name);
        }
    }
    if (step->number[TRUTH_CPL] > 3 ||
        (step->kind == TRUTH_PSC && step->number[TRUTH_DATA] > TRUTH_ENTRIES)) {
        return wrong(p, "a value is too large in the step", step->name);
    }
    step->number[TRUTH_CPL] <<= CPL_SHIFT;
    return true;
}

static bool step_parse(struct parse *p, char **words, unsigned count)
{
    unsigned kind = 0;

    if (count < 2 || !list_name_is_good(words[0])) {
        return wrong(p, "not NAME KIND KEY=VALUE...", words[0]);
    }
    if (list_find(p->list, words[0]) != NULL) {
        return wrong(p, "a second step of the name", words[0]);
    }
    if (p->list->count == TRUTH_STEPS) {
        return wrong(p, "more steps than a list can have", words[0]);
    }
    while (kind < TRUTH_KINDS && strcmp(kinds[kind], words[1]) != 0) {
        kind++;
    }
    if (kind == TRUTH_KINDS) {
        return wrong(p, "no kind of step", words[1]);
    }
    p->named = 0;
    p->step = &p->list->steps[p->list->count];
    *p->step = (struct truth_step){.kind = kind, .show = list_shown(kind)};
    memcpy(p->step->name, words[0], strlen(words[0]));
    if (kind == TRUTH_EVENT) { /* the two are zero where the line does not say more */
        p->step->given = 1u << TRUTH_INFO1 | 1u << TRUTH_INFO2;
    }
    for (unsigned i = 2; i < count; i++) {
        if (!key_value(p, words[i])) {
            return false;
        }
    }
    if (!complete(p)) {
        return false;
    }
    p->list->count++;
    return true;
}

static bool line_parse(struct parse *p, char *line, bool *begun)
{
    char *words[WORDS_MAX + 1] = {NULL}, *rest;
    unsigned count = 0;

    line[strcspn(line, "#")] = 0;
    for (char *word = strtok_r(line, " \t\r", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r", &rest)) {
        if (count == WORDS_MAX) {
            return wrong(p, "too many words", word);
        }
        words[count++] = word;
    }
    if (count == 0) {
        return true;
    }
    if (!*begun) {
        uint64_t format;
        if (count != 2 || strcmp(words[0], "format") != 0 || !number(words[1], &format)) {
            return wrong(p, "not 'format N', with which a list begins", words[0]);
        }
        *begun = true;
        return format == TRUTH_FORMAT || wrong(p, "a format that is not known", words[1]);
    }
    return step_parse(p, words, count);
}

static bool text_parse(struct parse *p, struct bytes text)
{
    bool begun = false;

    for (size_t at = 0; at < text.size;) {
        char line[LINE_MAX_CHARACTERS + 1];
        const uint8_t *from = text.at + at;
        const uint8_t *feed = memchr(from, '\n', text.size - at);
        size_t len = feed == NULL ? text.size - at : (size_t)(feed - from);
        p->line++;
        if (len > LINE_MAX_CHARACTERS || memchr(from, 0, len) != NULL) {
            return fail_because(p->f, "line %u: too long, or no text", p->line);
        }
        memcpy(line, from, len);
        line[len] = 0;
        if (!line_parse(p, line, &begun)) {
            return false;
        }
        at += len + 1;
    }
    return begun || fail_because(p->f, "there is no list in it");
}

struct truth_list *list_new(void)
{
    struct truth_list *list = calloc(1, LIST_SIZE_MAX);

    if (list != NULL) {
        list->magic = TRUTH_MAGIC;
        list->format = TRUTH_FORMAT;
    }
    return list;
}

size_t list_size(const struct truth_list *list)
{
    return sizeof(*list) + list->count * sizeof(list->steps[0]);
}

bool list_seal(struct truth_list *list, struct fail *f)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t size = list->count * sizeof(list->steps[0]);

    if (list->count == 0) {
        return fail_because(f, "the list has no step");
    }
    if (EVP_Digest(list->steps, size, digest, NULL, EVP_sha256(), NULL) != 1) {
        return fail_because(f, "the list's digest cannot be computed");
    }
    memcpy(list->digest, digest, sizeof(list->digest));
    return true;
}

const struct truth_step *list_find(const struct truth_list *list, const char *name)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->steps[i].name, name) == 0) {
            return &list->steps[i];
        }
    }
    return NULL;
}

struct truth_list *list_parse(struct bytes text, struct fail *f)
{
    struct parse p = {.list = list_new(), .f = f};

    if (p.list == NULL) {
        fail_because(f, "no memory for a list");
        return NULL;
    }
    if (!text_parse(&p, text) || !list_seal(p.list, f)) {
        free(p.list);
        return NULL;
    }
    return p.list;
}
