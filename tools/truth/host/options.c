/* SPDX-License-Identifier: MIT */
/* The command line of svsm-truth. See options.h. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SEE_HELP "tools/svsm truth --help shows the options"

static const char usage_text[] =
#include "usage.inc"
    ;

#define ACT(act) (1u << (act))

static const struct option {
    const char *name;
    unsigned acts; /* that have it */
    size_t offset; /* of its member: a string, or a bool */
    bool has_value;
} options[] = {
    {"--profile", ACT(OPTIONS_RUN), offsetof(struct options, profile), true},
    {"--list", ACT(OPTIONS_RUN) | ACT(OPTIONS_LIST), offsetof(struct options, list), true},
    {"--replay", ACT(OPTIONS_RUN), offsetof(struct options, replay), true},
    {"--out", ACT(OPTIONS_RUN), offsetof(struct options, out), true},
    {"--image", ACT(OPTIONS_RUN), offsetof(struct options, image), true},
    {"--qemu", ACT(OPTIONS_RUN), offsetof(struct options, qemu), true},
    {"--timeout", ACT(OPTIONS_RUN), offsetof(struct options, timeout), true},
    {"--lie", ACT(OPTIONS_RUN), offsetof(struct options, lies), true},
    {"--json", ACT(OPTIONS_COMPARE), offsetof(struct options, json), false},
    {"--source", ACT(OPTIONS_LIST), offsetof(struct options, source), false},
};

static const char *const acts[] = {"run", "compare", "list"};

void options_usage(void)
{
    fputs(usage_text, stdout);
}

static const struct option *find(const char *word, enum options_act act)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(options[i].name, word) == 0 && (options[i].acts & ACT(act))) {
            return &options[i];
        }
    }
    return NULL;
}

static enum exit_code set(struct options *o, const struct option *option, const char *value)
{
    char *member = (char *)o + option->offset;

    if (!option->has_value) {
        *(bool *)member = true;
    } else if (value == NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "%s needs a value", option->name);
    } else if (option->offset != offsetof(struct options, lies)) {
        *(const char **)(void *)member = value;
    } else if (o->lie_count == OPTIONS_LIES) {
        return say_error(EXIT_USAGE, SEE_HELP, "more than %u lies", OPTIONS_LIES);
    } else {
        o->lies[o->lie_count++] = value;
        o->lie_list = o->lie_list || strcmp(value, "list") == 0;
    }
    return EXIT_FINE;
}

static enum exit_code parse_word(struct options *o, char ***at)
{
    const char *word = **at;
    const struct option *option = find(word, o->act);

    if (option != NULL) {
        *at += option->has_value ? 1 : 0;
        return set(o, option, option->has_value ? **at : NULL);
    }
    if (word[0] == '-') {
        return say_error(EXIT_USAGE, SEE_HELP, "%s: unknown argument %s", acts[o->act], word);
    }
    if (o->act != OPTIONS_COMPARE || o->file_count == 2) {
        return say_error(EXIT_USAGE, SEE_HELP, "%s: %s is one too many", acts[o->act], word);
    }
    o->files[o->file_count++] = word;
    return EXIT_FINE;
}

static enum exit_code parse_act(struct options *o, const char *word)
{
    for (unsigned i = 0; word != NULL && i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (strcmp(word, acts[i]) == 0) {
            o->act = (enum options_act)i;
            return EXIT_FINE;
        }
    }
    return say_error(EXIT_USAGE, SEE_HELP, "run, compare or list is expected%s%s",
                     word == NULL ? "" : ", not ", word == NULL ? "" : word);
}

/* Of two options, one would be left out without a word. */
static enum exit_code check_run(const struct options *o)
{
    const struct {
        const char *name;
        bool given;
    } boots[] = {{"--out", o->out != NULL},
                 {"--profile", o->profile != NULL},
                 {"--lie", o->lie_count > 0},
                 {"--qemu", o->qemu != NULL},
                 {"--timeout", o->timeout != NULL}};

    if (o->replay != NULL && o->list != NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "--replay and --list are two lists");
    }
    for (size_t i = 0; o->image != NULL && i < sizeof(boots) / sizeof(boots[0]); i++) {
        if (boots[i].given) {
            return say_error(EXIT_USAGE, SEE_HELP, "--image boots nothing: no %s", boots[i].name);
        }
    }
    return EXIT_FINE;
}

enum exit_code options_parse(struct options *o, char **argv)
{
    for (char **at = argv + 1; *at != NULL; at++) {
        if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) {
            o->help = true;
            return EXIT_FINE;
        }
    }
    enum exit_code code = parse_act(o, argv[1]);
    for (char **at = argv + 2; code == EXIT_FINE && *at != NULL; at++) {
        code = parse_word(o, &at);
        if (*at == NULL) {
            break;
        }
    }
    if (code == EXIT_FINE && o->act == OPTIONS_COMPARE && o->file_count != 2) {
        return say_error(EXIT_USAGE, SEE_HELP, "compare needs two files of answers");
    }
    return code == EXIT_FINE && o->act == OPTIONS_RUN ? check_run(o) : code;
}
