/* SPDX-License-Identifier: MIT */
/* The command line of svsm-compose. See options.h. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/attest.h>
#include <svsm/abi/igvm.h>
#include <svsm/abi/snp.h>

#include "feature.h"

#define SEE_HELP "tools/svsm compose --help shows the options"
#define MEMORY_DEFAULT (UINT64_C(512) << 20)
#define MEMORY_UNIT UINT64_C(0x200000)
#define VCPUS_MAX 16

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

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    *out = strtoull(text, &end, 0);
    return *end == 0 && *out >= least && *out <= most;
}

/* As QEMU has it: without a unit, MiB are meant. */
static bool memory(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 6) {
        return false;
    }
    uint64_t value = strtoul(text, NULL, 10) << 20;
    if (strcmp(text + digits, "G") == 0) {
        value <<= 10;
    } else if (strcmp(text + digits, "M") != 0 && text[digits] != 0) {
        return false;
    }
    *out = value;
    return value > 0 && value % MEMORY_UNIT == 0;
}

static enum exit_code set_number(struct options *o, const char *option, const char *value)
{
    uint64_t n = 0;
    if (strcmp(option, "--vcpus") == 0) {
        if (!number(value, 1, VCPUS_MAX, &n)) {
            return wrong(option, value, "a number from 1 to 16");
        }
        o->compose.vcpus = (uint32_t)n;
    } else if (strcmp(option, "--igvm-version") == 0) {
        if (!number(value, IGVM_VERSION_1, IGVM_VERSION_2, &n)) {
            return wrong(option, value, "1 or 2");
        }
        o->compose.version = (unsigned)n;
    } else if (strcmp(option, "--policy") == 0) {
        if (!number(value, 0, UINT64_MAX, &o->compose.policy)) {
            return wrong(option, value, "a number");
        }
    } else if (!memory(value, &o->compose.memory)) {
        return wrong(option, value, "a size like 256M or 1G, a multiple of 2M");
    }
    return EXIT_FINE;
}

static enum exit_code set_features(const char *option, const char *value, uint64_t *features)
{
    uint64_t bits = 0;
    if (!feature_parse(value, &bits)) {
        return wrong(option, value,
                     "a list with commas of snp restricted-injection debug-swap secure-tsc");
    }
    if ((bits & SNP_FEATURE_SNP) == 0) {
        return wrong(option, value, "a list with snp in it");
    }
    *features = bits;
    return EXIT_FINE;
}

static const char **text_slot(struct options *o, const char *option)
{
    const struct {
        const char *name;
        const char **slot;
    } slots[] = {{"--svsm", &o->svsm},       {"--output", &o->output},
                 {"--payload", &o->payload}, {"--kernel", &o->kernel},
                 {"--initrd", &o->initrd},   {"--append", &o->compose.boot.cmdline}};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        if (strcmp(slots[i].name, option) == 0) {
            return slots[i].slot;
        }
    }
    return NULL;
}

static bool takes_value(struct options *o, const char *option)
{
    static const char *const names[] = {"--memory",         "--vcpus",  "--features",
                                        "--guest-features", "--policy", "--igvm-version"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], option) == 0) {
            return true;
        }
    }
    return text_slot(o, option) != NULL;
}

static enum exit_code set_value(struct options *o, const char *option, const char *value)
{
    const char **text = text_slot(o, option);
    if (text != NULL) {
        *text = value;
        return EXIT_FINE;
    }
    if (strcmp(option, "--features") == 0) {
        return set_features(option, value, &o->compose.features);
    }
    if (strcmp(option, "--guest-features") == 0) {
        return set_features(option, value, &o->compose.guest_features);
    }
    return set_number(o, option, value);
}

static enum exit_code check(struct options *o)
{
    if (o->help) {
        return EXIT_FINE;
    }
    if (o->svsm == NULL || o->output == NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "%s is needed",
                         o->svsm == NULL ? "--svsm" : "--output");
    }
    if (o->payload != NULL && o->kernel != NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "only one of --payload and --kernel can be given");
    }
    if (o->kernel == NULL && (o->initrd != NULL || o->compose.boot.cmdline != NULL)) {
        return say_error(EXIT_USAGE, SEE_HELP, "--initrd and --append go with --kernel only");
    }
    o->compose.guest = o->kernel != NULL    ? COMPOSE_LINUX
                       : o->payload != NULL ? COMPOSE_PAYLOAD
                                            : COMPOSE_NONE;
    if (o->compose.boot.cmdline == NULL) {
        o->compose.boot.cmdline = "";
    }
    return EXIT_FINE;
}

/* Without --features: what a release image demands of its host. */
#define FEATURES_RELEASE                                                                           \
    (SNP_FEATURE_SNP | SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_DEBUG_SWAP)

enum exit_code options_parse(struct options *o, char **argv)
{
    *o = (struct options){.compose = {.memory = MEMORY_DEFAULT,
                                      .vcpus = 1,
                                      .policy = PSP_POLICY_ONE | PSP_POLICY_SMT,
                                      .guest_features = SNP_FEATURE_SNP,
                                      .version = IGVM_VERSION_1}};
    for (int i = 1; argv[i] != NULL; i++) {
        enum exit_code code = EXIT_FINE;
        if (takes_value(o, argv[i])) {
            if (argv[i + 1] == NULL) {
                return say_error(EXIT_USAGE, SEE_HELP, "%s needs a value", argv[i]);
            }
            code = set_value(o, argv[i], argv[i + 1]);
            i++;
        } else if (strcmp(argv[i], "--console") == 0) {
            o->compose.console = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            o->help = true;
        } else {
            code = say_error(EXIT_USAGE, SEE_HELP, "unknown argument %s", argv[i]);
        }
        if (code != EXIT_FINE) {
            return code;
        }
    }
    if (o->compose.features == 0) {
        o->compose.features = o->compose.console ? SNP_FEATURE_SNP : FEATURES_RELEASE;
    }
    return check(o);
}
