/* SPDX-License-Identifier: MIT */
/* The command line of svsm-sign. See options.h. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEE_HELP "tools/svsm sign --help shows the options"
#define VCPUS_MAX 16u

static const char usage_text[] =
#include "usage.inc"
    ;

void options_usage(void)
{
    fputs(usage_text, stdout);
}

static enum exit_code wrong(const char *option, const char *value, const char *expected)
{
    return say_error(EXIT_USAGE, SEE_HELP, "%s: '%s' is not %s", option, value, expected);
}

static bool number(const char *text, uint64_t least, uint64_t most, uint32_t *out)
{
    char *end;
    unsigned long long n = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 0) : 0;
    if (text[0] < '0' || text[0] > '9' || *end != 0 || n < least || n > most) {
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

static bool hex(const char *text, uint8_t out[16])
{
    size_t len = strlen(text);
    if (len == 0 || len % 2 != 0 || len > 32) {
        return false;
    }
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static const char **path_slot(struct options *o, const char *option)
{
    const struct {
        const char *name;
        const char **slot;
    } slots[] = {
        {"--output", &o->output}, {"--id-key", &o->id_key}, {"--author-key", &o->author_key}};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        if (strcmp(slots[i].name, option) == 0) {
            return slots[i].slot;
        }
    }
    return NULL;
}

static bool takes_value(struct options *o, const char *option)
{
    static const char *const names[] = {"--svn", "--family-id", "--image-id", "--profile",
                                        "--vcpus"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], option) == 0) {
            return true;
        }
    }
    return path_slot(o, option) != NULL;
}

static enum exit_code set_value(struct options *o, const char *option, const char *value)
{
    const char **path = path_slot(o, option);
    if (path != NULL) {
        *path = value;
        return EXIT_FINE;
    }
    if (strcmp(option, "--svn") == 0) {
        return number(value, 0, UINT32_MAX, &o->svn) ? EXIT_FINE
                                                     : wrong(option, value, "a 32-bit number");
    }
    if (strcmp(option, "--vcpus") == 0) {
        return number(value, 1, VCPUS_MAX, &o->vcpus)
                   ? EXIT_FINE
                   : wrong(option, value, "a number from 1 to 16");
    }
    if (strcmp(option, "--profile") == 0) {
        return profile_parse(value, &o->profile) ? EXIT_FINE
                                                 : wrong(option, value, "one of " PROFILE_NAMES);
    }
    return hex(value, strcmp(option, "--family-id") == 0 ? o->family_id : o->image_id)
               ? EXIT_FINE
               : wrong(option, value, "up to 16 bytes in hex digits");
}

static enum exit_code set_file(struct options *o, const char *word)
{
    if (word[0] == '-') {
        return say_error(EXIT_USAGE, SEE_HELP, "unknown argument %s", word);
    }
    if (o->file != NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "one file at a time: %s and %s", o->file, word);
    }
    o->file = word;
    return EXIT_FINE;
}

static enum exit_code check(const struct options *o)
{
    const char *missing = o->file == NULL     ? "an IGVM file"
                          : o->id_key == NULL ? "--id-key"
                          : o->output == NULL ? "--output"
                                              : NULL;
    return o->help || missing == NULL ? EXIT_FINE
                                      : say_error(EXIT_USAGE, SEE_HELP, "%s is needed", missing);
}

enum exit_code options_parse(struct options *o, char **argv)
{
    memset(o, 0, sizeof(*o));
    for (int i = 1; argv[i] != NULL; i++) {
        enum exit_code code = EXIT_FINE;
        if (takes_value(o, argv[i])) {
            if (argv[i + 1] == NULL) {
                return say_error(EXIT_USAGE, SEE_HELP, "%s needs a value", argv[i]);
            }
            code = set_value(o, argv[i], argv[i + 1]);
            i++;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            o->help = true;
        } else {
            code = set_file(o, argv[i]);
        }
        if (code != EXIT_FINE) {
            return code;
        }
    }
    return check(o);
}
