/* SPDX-License-Identifier: MIT */
/* svsm-measure: the launch digest of an IGVM file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "load.h"
#include "measure.h"
#include "profile.h"
#include "say.h"

#define SEE_HELP "tools/svsm measure --help shows the options"
#define HEX_SIZE (2 * PSP_DIGEST_SIZE + 1)

static const char usage_text[] =
#include "usage.inc"
    ;

struct options {
    const char *file;
    enum launch_profile profile;
    uint32_t vcpus; /* 0: not said */
    bool explain, json, help;
};

struct explain {
    struct load *load;
    json_t *pages; /* NULL: lines on stdout */
};

static enum exit_code set_vcpus(struct options *o, const char *value)
{
    char *end;
    unsigned long n = value[0] >= '0' && value[0] <= '9' ? strtoul(value, &end, 10) : 0;
    if (n < 1 || n > IMAGE_VCPUS || *end != 0) {
        return say_error(EXIT_USAGE, SEE_HELP, "--vcpus: '%s' is not a number from 1 to %u", value,
                         IMAGE_VCPUS);
    }
    o->vcpus = (uint32_t)n;
    return EXIT_FINE;
}

static enum exit_code set_profile(struct options *o, const char *value)
{
    return profile_parse(value, &o->profile)
               ? EXIT_FINE
               : say_error(EXIT_USAGE, SEE_HELP, "--profile: '%s' is not one of " PROFILE_NAMES,
                           value);
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

static bool set_flag(struct options *o, const char *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--explain", &o->explain}, {"--json", &o->json}, {"--help", &o->help}, {"-h", &o->help}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i].name, word) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static enum exit_code parse(struct options *o, char **argv)
{
    enum exit_code code = EXIT_FINE;
    for (int i = 1; argv[i] != NULL && code == EXIT_FINE; i++) {
        bool vcpus = strcmp(argv[i], "--vcpus") == 0;
        if (vcpus || strcmp(argv[i], "--profile") == 0) {
            if (argv[i + 1] == NULL) {
                return say_error(EXIT_USAGE, SEE_HELP, "%s needs a value", argv[i]);
            }
            i++;
            code = vcpus ? set_vcpus(o, argv[i]) : set_profile(o, argv[i]);
        } else if (!set_flag(o, argv[i])) {
            code = set_file(o, argv[i]);
        }
    }
    if (code == EXIT_FINE && !o->help && o->file == NULL) {
        return say_error(EXIT_USAGE, SEE_HELP, "no file is named");
    }
    return code;
}

static void show_page(void *context, const struct measure_page *page)
{
    struct explain *e = context;
    char hex[HEX_SIZE];
    uint32_t offset = load_offset(e->load, page->place);
    measure_hex(page->digest, hex);
    if (e->pages != NULL) {
        json_array_append_new(e->pages,
                              json_pack("{s:I, s:o, s:s, s:s}", "offset", (json_int_t)offset, "gpa",
                                        json_sprintf("0x%llx", (unsigned long long)page->gpa),
                                        "type", measure_type(page->type), "digest", hex));
        return;
    }
    if (offset == 0) {
        printf("         -");
    } else {
        printf("0x%08x", offset);
    }
    printf(" 0x%012llx %-10s %s\n", (unsigned long long)page->gpa, measure_type(page->type), hex);
}

static bool show_json(const struct options *o, const struct load *l, const char *hex, json_t *pages)
{
    json_t *object =
        json_pack("{s:s, s:s, s:o}", "digest", hex, "profile", profile_name(o->profile), "policy",
                  json_sprintf("0x%llx", (unsigned long long)l->guest.policy));
    if (o->profile == LAUNCH_UPSTREAM_6_12) { /* nowhere else does the digest depend on it */
        json_object_set_new(object, "vcpus", json_integer(l->image.header.vcpu_count));
    }
    if (o->explain) {
        json_object_set(object, "pages", pages);
    }
    bool done = object != NULL && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
    putchar('\n');
    json_decref(object);
    return done;
}

static enum exit_code measure(const struct options *o, struct load *l, struct fail *f)
{
    json_t *pages = o->json ? json_array() : NULL;
    struct explain explain = {l, pages};
    const struct measure_visitor visitor = {show_page, &explain};
    uint8_t digest[PSP_DIGEST_SIZE];
    char hex[HEX_SIZE];
    bool done = measure_pages(&l->image, o->explain ? &visitor : NULL, digest, f);
    if (done) {
        measure_hex(digest, hex);
        if (!o->json) {
            puts(hex);
        } else if (!show_json(o, l, hex, pages)) {
            done = fail_because(f, "no memory for the answer");
        }
    }
    json_decref(pages);
    return done ? EXIT_FINE : say_error(EXIT_FAILED, f->mend, "%s", f->what);
}

int main(int argc, char **argv)
{
    static struct options o;
    static struct load l;
    struct file file;
    struct fail f = {0};
    (void)argc;
    say_as("svsm-measure");
    enum exit_code code = parse(&o, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (o.help) {
        fputs(usage_text, stdout);
        return EXIT_FINE;
    }
    if (!file_read(&file, o.file, &f)) {
        return say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    code = load_file(&l, file.bytes, o.profile, o.vcpus, &f)
               ? measure(&o, &l, &f)
               : say_error(EXIT_FAILED, f.mend, "%s: %s", o.file, f.what);
    load_free(&l);
    file_free(&file);
    if (fflush(stdout) != 0) {
        return say_error(EXIT_LACKING, NULL, "stdout: cannot be written");
    }
    return code;
}
