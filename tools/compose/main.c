/* SPDX-License-Identifier: MIT */
/* svsm-compose: from an SVSM image and a guest to an IGVM file. */
#include <stdlib.h>

#include "compose.h"
#include "file.h"
#include "options.h"

struct inputs {
    struct file svsm, payload, kernel, initrd;
};

static bool read_one(struct file *file, const char *path, struct fail *f)
{
    return path == NULL || file_read(file, path, f);
}

static bool read_all(struct inputs *in, const struct options *o, struct fail *f)
{
    return read_one(&in->svsm, o->svsm, f) && read_one(&in->payload, o->payload, f) &&
           read_one(&in->kernel, o->kernel, f) && read_one(&in->initrd, o->initrd, f);
}

static enum exit_code say(enum exit_code code, const struct fail *f)
{
    return say_error(code, f->mend, "%s", f->what);
}

static enum exit_code run(struct options *o, const struct inputs *in)
{
    struct compose *c = &o->compose;
    struct bytes file = {0};
    struct fail f = {0};
    c->svsm = in->svsm.bytes;
    c->payload = in->payload.bytes;
    c->boot.kernel = in->kernel.bytes;
    c->boot.initrd = in->initrd.bytes;
    if (!compose_make(c, &file, &f)) {
        return say(EXIT_FAILED, &f);
    }
    bool written = file_write(o->output, file, &f);
    free((void *)file.at);
    return written ? EXIT_FINE : say(EXIT_LACKING, &f);
}

int main(int argc, char **argv)
{
    struct options options;
    struct inputs in = {0};
    struct fail f = {0};
    (void)argc;
    say_as("svsm-compose");
    enum exit_code code = options_parse(&options, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (options.help) {
        options_usage();
        return EXIT_FINE;
    }
    code = read_all(&in, &options, &f) ? run(&options, &in) : say(EXIT_LACKING, &f);
    file_free(&in.svsm);
    file_free(&in.payload);
    file_free(&in.kernel);
    file_free(&in.initrd);
    return code;
}
