/* SPDX-License-Identifier: MIT */
/* svsm-sign: an IGVM file with a signed ID block. */
#include <file.h>
#include <load.h>
#include <measure.h>
#include <sign.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

static enum exit_code say(enum exit_code code, const struct fail *f)
{
    return say_error(code, f->mend, "%s", f->what);
}

/* The same digest, and the block is there: what was written is what was meant. */
static bool check_signed(const struct options *o, struct bytes file, const uint8_t *digest,
                         struct fail *f)
{
    static struct load l;
    uint8_t again[PSP_DIGEST_SIZE];
    bool done = load_file(&l, file, o->profile, o->vcpus, f) && measure_image(&l.image, again, f);
    if (done && (!l.guest.has_id_block || memcmp(again, digest, sizeof(again)) != 0)) {
        done = fail_because(f, "the signed file would not be launched as this one");
    }
    load_free(&l);
    return done;
}

static enum exit_code sign_and_write(const struct options *o, const struct load *l,
                                     struct sign_request *r)
{
    char text[2 * PSP_DIGEST_SIZE + 1];
    struct bytes out = {0};
    struct fail f = {0};
    r->file = l->file.bytes;
    r->mask = l->guest.mask;
    r->policy = l->guest.policy;
    r->svn = o->svn;
    memcpy(r->family_id, o->family_id, sizeof(r->family_id));
    memcpy(r->image_id, o->image_id, sizeof(r->image_id));
    bool made = measure_image(&l->image, r->digest, &f) && sign_file(r, &out, &f) &&
                check_signed(o, out, r->digest, &f);
    bool written = made && file_write(o->output, out, &f);
    free((void *)out.at);
    if (!written) {
        return say(made ? EXIT_LACKING : EXIT_FAILED, &f);
    }
    measure_hex(r->digest, text);
    puts(text);
    return EXIT_FINE;
}

/* *key stays NULL without a path. */
static enum exit_code read_key(const char *path, EVP_PKEY **key)
{
    struct file file;
    struct fail f = {0};
    if (path == NULL) {
        return EXIT_FINE;
    }
    if (!file_read(&file, path, &f)) {
        return say(EXIT_LACKING, &f);
    }
    *key = sign_key(file.bytes, path, &f);
    explicit_bzero((void *)file.bytes.at, file.bytes.size);
    file_free(&file);
    return *key != NULL ? EXIT_FINE : say(EXIT_FAILED, &f);
}

static enum exit_code run(const struct options *o, const struct load *l)
{
    struct sign_request r = {0};
    enum exit_code code = read_key(o->id_key, &r.id_key);
    if (code == EXIT_FINE) {
        code = read_key(o->author_key, &r.author_key);
    }
    if (code == EXIT_FINE) {
        code = sign_and_write(o, l, &r);
    }
    EVP_PKEY_free(r.id_key);
    EVP_PKEY_free(r.author_key);
    return code;
}

int main(int argc, char **argv)
{
    static struct options o;
    static struct load l;
    struct file file;
    struct fail f = {0};
    (void)argc;
    say_as("svsm-sign");
    enum exit_code code = options_parse(&o, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (o.help) {
        options_usage();
        return EXIT_FINE;
    }
    if (!file_read(&file, o.file, &f)) {
        return say(EXIT_LACKING, &f);
    }
    code = load_file(&l, file.bytes, o.profile, o.vcpus, &f)
               ? run(&o, &l)
               : say_error(EXIT_FAILED, f.mend, "%s: %s", o.file, f.what);
    load_free(&l);
    file_free(&file);
    if (fflush(stdout) != 0) {
        return say_error(EXIT_LACKING, NULL, "stdout cannot be written");
    }
    return code;
}
