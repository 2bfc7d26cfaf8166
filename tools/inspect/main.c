/* SPDX-License-Identifier: MIT */
/* svsm-inspect: what an IGVM file holds, or in which parts two differ. */
#include <file.h>
#include <jansson.h>
#include <measure.h>
#include <profile.h>
#include <stdio.h>
#include <stdlib.h>

#include "differ.h"
#include "say.h"
#include "show.h"

#define SEE_HELP "tools/svsm inspect --help shows the options"

static const char usage_text[] =
#include "usage.inc"
    ;

struct options {
    const char *files[2];
    unsigned count;
    enum launch_profile profile;
    bool json, help;
};

struct inspected {
    struct file file;
    struct load load;
    struct parts parts;
    uint8_t digest[PSP_DIGEST_SIZE];
};

static enum exit_code parse_one(struct options *o, const char *word)
{
    if (strcmp(word, "--json") == 0) {
        o->json = true;
    } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        o->help = true;
    } else if (word[0] == '-') {
        return say_error(EXIT_USAGE, SEE_HELP, "unknown argument %s", word);
    } else if (o->count == 2) {
        return say_error(EXIT_USAGE, SEE_HELP, "at most two files: %s is one more", word);
    } else {
        o->files[o->count++] = word;
    }
    return EXIT_FINE;
}

static enum exit_code parse(struct options *o, char **argv)
{
    enum exit_code code = EXIT_FINE;
    for (int i = 1; argv[i] != NULL && code == EXIT_FINE; i++) {
        if (strcmp(argv[i], "--profile") != 0) {
            code = parse_one(o, argv[i]);
        } else if (argv[i + 1] == NULL || !profile_parse(argv[i + 1], &o->profile)) {
            code = say_error(EXIT_USAGE, SEE_HELP, "--profile needs one of " PROFILE_NAMES);
        } else {
            i++;
        }
    }
    if (code == EXIT_FINE && !o->help && o->count == 0) {
        return say_error(EXIT_USAGE, SEE_HELP, "no file is named");
    }
    return code;
}

static enum exit_code read_one(struct inspected *in, const char *path, enum launch_profile profile)
{
    struct fail f = {0};
    if (!file_read(&in->file, path, &f)) {
        return say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    if (!load_file(&in->load, in->file.bytes, profile, 0, &f) ||
        !measure_image(&in->load.image, in->digest, &f) || !parts_read(&in->parts, &in->load, &f)) {
        return say_error(EXIT_FAILED, f.mend, "%s: %s", path, f.what);
    }
    return EXIT_FINE;
}

static void tell(void *context, const char *name, enum differ_how how)
{
    static const char *const words[] = {
        [DIFFER_CHANGED] = "changed",
        [DIFFER_GONE] = "only in the first",
        [DIFFER_NEW] = "only in the second",
    };
    json_t *list = context;
    if (list != NULL) {
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "how", words[how]));
    } else {
        printf("%s: %s\n", name, words[how]);
    }
}

/* The same parts in other places, or in another order, still make another digest. */
static enum exit_code compare(const struct inspected *a, const struct inspected *b, bool json)
{
    json_t *list = json ? json_array() : NULL;
    bool digest = memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
    unsigned count = differ_parts(&a->parts, &b->parts, tell, list);
    if (json) {
        json_t *object = json_pack("{s:b, s:o}", "same_digest", (int)digest, "differences", list);
        json_dumpf(object, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(object);
    } else if (count == 0) {
        puts(digest ? "the same launch digest" : "the same parts, but laid out differently");
    }
    return count == 0 && digest ? EXIT_FINE : EXIT_FAILED;
}

static enum exit_code run(const struct options *o, struct inspected *in)
{
    enum exit_code code = EXIT_FINE;
    for (unsigned i = 0; i < o->count && code == EXIT_FINE; i++) {
        code = read_one(&in[i], o->files[i], o->profile);
    }
    if (code != EXIT_FINE) {
        return code;
    }
    if (o->count == 2) {
        return compare(&in[0], &in[1], o->json);
    }
    const struct shown shown = {o->files[0], &in->load, &in->parts, in->digest,
                                profile_name(o->profile)};
    if (!o->json) {
        show_text(&shown);
    } else if (!show_json(&shown)) {
        return say_error(EXIT_FAILED, NULL, "no memory for the answer");
    }
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    static struct options o;
    static struct inspected in[2];
    (void)argc;
    say_as("svsm-inspect");
    enum exit_code code = parse(&o, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (o.help) {
        fputs(usage_text, stdout);
        return EXIT_FINE;
    }
    code = run(&o, in);
    for (unsigned i = 0; i < 2; i++) {
        parts_free(&in[i].parts);
        load_free(&in[i].load);
        file_free(&in[i].file);
    }
    if (fflush(stdout) != 0) {
        return say_error(EXIT_LACKING, NULL, "stdout cannot be written");
    }
    return code;
}
