/* SPDX-License-Identifier: MIT */
/* svsm-truth: what an SNP machine answers to a conformance list, and where two answer otherwise. */
#include <errno.h>
#include <file.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "default_list.h"
#include "emulate.h"
#include "image.h"
#include "list.h"
#include "replay.h"
#include "tell.h"

/* Reasons name words of the file. */
static enum exit_code refused(enum exit_code code, const char *path, const struct fail *f)
{
    char plain[4 * sizeof(f->what) + 1] = "";
    FILE *out = fmemopen(plain, sizeof(plain), "w");

    if (out != NULL) {
        tell_plain(out, f->what);
        fclose(out);
    }
    return say_error(code, f->mend, "%s: %s", path, plain);
}

static enum exit_code read_list(const struct options *o, struct truth_list **list)
{
    struct fail f = {0};
    struct file file = {.bytes = default_list()};

    if (o->list != NULL && !file_read(&file, o->list, &f)) {
        return say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    *list = list_parse(file.bytes, &f);
    if (o->list != NULL) {
        file_free(&file);
    }
    return *list != NULL ? EXIT_FINE
                         : refused(EXIT_USAGE, o->list == NULL ? "list.conf" : o->list, &f);
}

/* What of a recording is repeated, and what not: the answers alone would not say. */
static void say_left(const struct replay *r)
{
    say_note("%u requests are repeated", r->repeated);
    for (unsigned i = 0; i < REPLAY_WHYS; i++) {
        if (r->left[i] != 0) {
            say_note("%u are not: %s", r->left[i], replay_words((enum replay_why)i));
        }
    }
}

static enum exit_code read_recording(const char *path, struct replay *r)
{
    struct fail f = {0};
    struct file file;

    if (!file_read(&file, path, &f)) {
        return say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    bool done = replay_read(r, file.bytes, &f);
    file_free(&file);
    return done ? EXIT_FINE : refused(EXIT_USAGE, path, &f);
}

/* The list to be run: a file's, the tree's, or a recording's. */
static enum exit_code list_for_run(const struct options *o, struct truth_list **list)
{
    struct replay replay = {.list = NULL};

    if (o->replay == NULL) {
        return read_list(o, list);
    }
    enum exit_code code = read_recording(o->replay, &replay);
    if (replay.list != NULL) {
        say_left(&replay);
        *list = replay.list;
        replay.list = NULL;
        replay_free(&replay);
    }
    return code;
}

static enum exit_code write_out(const char *path, struct bytes bytes)
{
    struct fail f = {0};

    if (path != NULL) {
        return file_write(path, bytes, &f) ? EXIT_FINE
                                           : say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    fwrite(bytes.at, 1, bytes.size, stdout);
    return EXIT_FINE;
}

/* Before the guest runs: what it answers would have no place. */
static enum exit_code check_out(const char *path)
{
    char folder[PATH_MAX];
    struct stat st;
    const char *why = NULL;

    if (path == NULL) {
        return EXIT_FINE;
    }
    snprintf(folder, sizeof(folder), "%s", path);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        why = S_ISDIR(st.st_mode)       ? strerror(EISDIR)
              : access(path, W_OK) != 0 ? strerror(errno)
                                        : NULL;
    } else if (path[0] == 0 || strlen(path) >= sizeof(folder) ||
               access(dirname(folder), W_OK | X_OK) != 0) {
        why = path[0] == 0 ? strerror(ENOENT) : strerror(errno);
    }
    return why == NULL
               ? EXIT_FINE
               : say_error(EXIT_LACKING, "--out FILE names a file in a folder that is there",
                           "cannot write %s: %s", path, why);
}

static bool guest_path(char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (len < 0) {
        return false;
    }
    self[len] = 0;
    return snprintf(path, PATH_MAX, "%s/guest/truth-guest.elf", dirname(self)) < PATH_MAX;
}

static enum exit_code make_image(const struct truth_list *list, struct bytes *image)
{
    char path[PATH_MAX];
    struct fail f = {0};
    struct file elf;

    if (!guest_path(path) || !file_read(&elf, path, &f)) {
        return say_error(EXIT_LACKING, "tools/svsm build makes it", "there is no guest: %s",
                         f.what);
    }
    bool made = truth_image(elf.bytes, list, image, &f);
    file_free(&elf);
    return made ? EXIT_FINE : refused(EXIT_FAILED, "the guest", &f);
}

/* What the guest has answered is read before it is passed on: it may have been stopped half-way. */
static enum exit_code answer(const struct options *o, struct bytes image)
{
    struct bytes console = {0};
    struct answers answers;
    struct fail f = {0};
    enum exit_code code = emulate(o, image, &console);

    if (code == EXIT_FINE) {
        if (answers_read(&answers, console, &f)) {
            answers_free(&answers);
            code = write_out(o->out, console);
        } else {
            code = refused(EXIT_FAILED, "the guest's answers", &f);
        }
    }
    free((void *)console.at);
    return code;
}

static enum exit_code run(const struct options *o)
{
    struct truth_list *list = NULL;
    struct bytes image = {0};

    if (o->lie_list) {
        return emulate_lies();
    }
    enum exit_code code = check_out(o->out);
    if (code == EXIT_FINE) {
        code = list_for_run(o, &list);
    }
    if (code == EXIT_FINE) {
        code = make_image(list, &image);
    }
    if (code == EXIT_FINE) {
        code = o->image != NULL ? write_out(o->image, image) : answer(o, image);
    }
    free(list);
    free((void *)image.at);
    return code;
}

static enum exit_code show_list(const struct options *o)
{
    struct truth_list *list = NULL;
    enum exit_code code = read_list(o, &list);

    if (list == NULL) {
        return code;
    }
    if (o->source) {
        const uint8_t *bytes = (const uint8_t *)list;
        for (size_t i = 0; i < list_size(list); i++) {
            printf("%u,%s", bytes[i], i % 32 == 31 ? "\n" : "");
        }
        putchar('\n');
    }
    for (uint32_t i = 0; !o->source && i < list->count; i++) {
        printf("%s %s\n", list->steps[i].name, list_kind_name(list->steps[i].kind));
    }
    free(list);
    return EXIT_FINE;
}

static void tell_json(void *context, enum compare_how how, const char *name, const char *field,
                      const char *a, const char *b)
{
    json_t **lists = context;

    json_array_append_new(lists[how], json_pack("{s:s, s:s?, s:s?, s:s?}", "name", name, "field",
                                                field, "a", a, "b", b));
}

static void compare_json(const struct answers *both)
{
    json_t *lists[3] = {json_array(), json_array(), json_array()};
    struct compare_count count = compare_answers(&both[0], &both[1], tell_json, lists);
    json_t *object = json_pack("{s:i, s:o, s:o, s:o}", "compared", (int)count.steps, "differences",
                               lists[0], "platform", lists[1], "skipped", lists[2]);

    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(object);
}

static void nothing(void *context, enum compare_how how, const char *name, const char *field,
                    const char *a, const char *b)
{
    (void)context;
    (void)how;
    (void)name;
    (void)field;
    (void)a;
    (void)b;
}

static enum exit_code compare_both(const struct options *o, const struct answers *both)
{
    if (strcmp(answers_list(&both[0]), answers_list(&both[1])) != 0) {
        return say_error(EXIT_USAGE, "run both with the same list",
                         "%s and %s answer different lists, %.8s and %.8s", o->files[0],
                         o->files[1], answers_list(&both[0]), answers_list(&both[1]));
    }
    struct compare_count count = compare_answers(&both[0], &both[1], nothing, NULL);
    if (count.masks != NULL) {
        return say_error(EXIT_USAGE, "run both with the same list",
                         "%s and %s say otherwise which bits of %s may vary; one is not as its run "
                         "wrote it",
                         o->files[0], o->files[1], count.masks);
    }
    if (o->json) {
        compare_json(both);
    } else {
        struct tell_skips skips = {0};
        compare_answers(&both[0], &both[1], tell_text, &skips);
        tell_skips(&skips);
        printf("%u compared: %u differences, %u that depend on the platform, %u skipped\n",
               count.steps, count.count[COMPARE_DIFFERENT], count.count[COMPARE_PLATFORM],
               count.count[COMPARE_SKIPPED]);
    }
    if (count.steps == 0) {
        return say_error(EXIT_FAILED, NULL, "nothing was compared: no step was run for both");
    }
    return count.count[COMPARE_DIFFERENT] == 0 ? EXIT_FINE : EXIT_FAILED;
}

/* Of a recording: what the guest was answered that made it. */
static enum exit_code read_answers(const char *path, struct answers *answers)
{
    struct fail f = {0};
    struct file file;
    struct replay replay;

    if (!file_read(&file, path, &f)) {
        return say_error(EXIT_LACKING, f.mend, "%s", f.what);
    }
    bool recording = replay_is(file.bytes);
    bool done =
        recording ? replay_read(&replay, file.bytes, &f) : answers_read(answers, file.bytes, &f);
    if (done && recording) {
        *answers = replay.answers;
        replay.answers = (struct answers){0};
        replay_free(&replay);
    }
    file_free(&file);
    return done ? EXIT_FINE : refused(EXIT_USAGE, path, &f);
}

static enum exit_code compare(const struct options *o)
{
    struct answers both[2] = {{0}, {0}};
    enum exit_code code = EXIT_FINE;

    for (unsigned i = 0; i < 2 && code == EXIT_FINE; i++) {
        code = read_answers(o->files[i], &both[i]);
    }
    if (code == EXIT_FINE) {
        code = compare_both(o, both);
    }
    answers_free(&both[0]);
    answers_free(&both[1]);
    return code;
}

int main(int argc, char **argv)
{
    static enum exit_code (*const acts[])(const struct options *) = {
        [OPTIONS_RUN] = run, [OPTIONS_COMPARE] = compare, [OPTIONS_LIST] = show_list};
    struct options o = {0};

    (void)argc;
    say_as("svsm-truth");
    enum exit_code code = options_parse(&o, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (o.help) {
        options_usage();
    } else {
        code = acts[o.act](&o);
    }
    if (fflush(stdout) != 0) {
        return say_error(EXIT_LACKING, NULL, "stdout cannot be written");
    }
    return code;
}
