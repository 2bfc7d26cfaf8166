/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_text[] =
#include "usage.inc"
    ;

void options_usage(void)
{
    fputs(usage_text, stdout);
}

static enum exit_code wrong(const char *option, const char *value, const char *expected)
{
    return say_error(EXIT_USAGE, "tools/svsm verify --help shows the options", "%s: '%s' is not %s",
                     option, value, expected);
}

static bool number(const char *text, unsigned long long most, unsigned long long *out)
{
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    *out = strtoull(text, &end, 0);
    return *end == 0 && *out <= most;
}

/* NULL: the option is none of those with a path. */
static const char **path_slot(struct options *o, const char *option)
{
    const struct {
        const char *name;
        const char **slot;
    } paths[] = {
        {"--certs", &o->folder}, {"--table", &o->table}, {"--cert-chain", &o->cert_chain},
        {"--ark", &o->ark},      {"--ask", &o->ask},     {"--vcek", &o->vek},
        {"--vlek", &o->vek},     {"--crl", &o->crl},
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strcmp(paths[i].name, option) == 0) {
            return paths[i].slot;
        }
    }
    return NULL;
}

static enum exit_code set_number(struct options *o, const char *option, const char *value)
{
    unsigned long long n;

    if (strcmp(option, "--vmpl") == 0) {
        o->expect.has_vmpl = number(value, 3, &n);
        o->expect.vmpl = o->expect.has_vmpl ? (uint32_t)n : 0;
        return o->expect.has_vmpl ? EXIT_FINE : wrong(option, value, "a number from 0 to 3");
    }
    if (strcmp(option, "--min-svn") == 0) {
        o->expect.has_svn = number(value, UINT32_MAX, &n);
        o->expect.svn = o->expect.has_svn ? (uint32_t)n : 0;
        return o->expect.has_svn ? EXIT_FINE : wrong(option, value, "a 32-bit number");
    }
    if (!number(value, INT64_MAX, &n)) {
        return wrong(option, value, "a number of seconds");
    }
    o->rules.at = (time_t)n;
    return EXIT_FINE;
}

static enum exit_code set_hex(struct options *o, const char *option, const char *value,
                              enum expect_field field)
{
    char expected[64];

    if (expect_parse(&o->expect, field, value)) {
        return EXIT_FINE;
    }
    (void)snprintf(expected, sizeof(expected), "%s%zu bytes in hex digits",
                   field == EXPECT_REPORT_DATA ? "up to " : "", expect_size(field));
    return wrong(option, value, expected);
}

static enum exit_code set_value(struct options *o, const char *option, const char *value)
{
    const char **path = path_slot(o, option);

    if (path != NULL) {
        *path = value;
        return value[0] != 0 ? EXIT_FINE : wrong(option, value, "a usable path");
    }
    if (strcmp(option, "--policy") == 0) {
        return policy_parse(&o->expect.policy, value)
                   ? EXIT_FINE
                   : wrong(option, value, "a list of words that it knows");
    }
    if (strcmp(option, "--min-tcb") == 0) {
        return tcb_parse(&o->expect.least, value)
                   ? EXIT_FINE
                   : wrong(option, value, "a list like bl=4,snp=22,ucode=213");
    }
    for (unsigned i = 0; i < EXPECT_FIELDS; i++) {
        if (strcmp(option + 2, expect_name(i)) == 0) {
            return set_hex(o, option, value, i);
        }
    }
    return set_number(o, option, value);
}

static bool takes_value(struct options *o, const char *option)
{
    static const char *const names[] = {"--policy", "--min-tcb", "--vmpl", "--min-svn", "--at"};

    if (strncmp(option, "--", 2) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(option, names[i]) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < EXPECT_FIELDS; i++) {
        if (strcmp(option + 2, expect_name(i)) == 0) {
            return true;
        }
    }
    return path_slot(o, option) != NULL;
}

static bool set_flag(struct options *o, const char *option)
{
    if (strcmp(option, "--json") == 0) {
        o->json = true;
    } else if (strcmp(option, "--allow-test-root") == 0) {
        o->rules.allow_test_root = true;
    } else if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
        o->help = true;
    } else {
        return false;
    }
    return true;
}

static enum exit_code set_report(struct options *o, const char *word)
{
    const char *mend = "tools/svsm verify --help shows the options";

    if (word[0] == '-' && word[1] != 0) {
        return say_error(EXIT_USAGE, mend, "unknown option %s", word);
    }
    if (o->report != NULL) {
        return say_error(EXIT_USAGE, mend, "one report at a time: %s and %s", o->report, word);
    }
    o->report = word;
    return EXIT_FINE;
}

enum exit_code options_parse(struct options *o, int argc, char **argv)
{
    memset(o, 0, sizeof(*o));
    o->rules.at = time(NULL);
    for (int i = 1; i < argc; i++) {
        enum exit_code code = EXIT_FINE;
        if (takes_value(o, argv[i])) {
            if (i + 1 == argc) {
                return say_error(EXIT_USAGE, NULL, "%s needs a value", argv[i]);
            }
            code = set_value(o, argv[i], argv[i + 1]);
            i++;
        } else if (!set_flag(o, argv[i])) {
            code = set_report(o, argv[i]);
        }
        if (code != EXIT_FINE) {
            return code;
        }
    }
    if (o->report == NULL && !o->help) {
        return say_error(EXIT_USAGE, "tools/svsm verify --help shows the options",
                         "no report is named");
    }
    return EXIT_FINE;
}
