/* SPDX-License-Identifier: MIT */
/* svsm-image: the command line. README.md describes it. */
#include "blob.h"
#include "flat.h"
#include "links.h"
#include "report.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_FINE = 0,
    EXIT_WRONG = 1,
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

static const char usage_text[] =
#include "usage.inc"
    ;

struct task_argument {
    char name[SVSM_NAME_MAX + 1];
    char elf[MANIFEST_PATH_MAX];
    const char *manifest;
};

struct arguments {
    const char *kernel, *system, *output, *report, *json, *map;
    struct task_argument tasks[SVSM_TASKS_MAX];
    uint32_t task_count;
};

/* Everything that a build reads. */
struct work {
    struct diag diag;
    struct system_file system;
    struct links links;
    struct bytes elfs[SVSM_TASKS_MAX];
    struct program programs[SVSM_TASKS_MAX];
    struct bytes kernel_file, blob, image;
    struct kernel kernel;
};

[[gnu::format(printf, 1, 2)]] static int usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("svsm-image: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n\n", stderr);
    va_end(args);
    fputs(usage_text, stderr);
    return EXIT_USAGE;
}

static bool read_or_tell(const char *path, struct bytes *out)
{
    if (file_read(path, out)) {
        return true;
    }
    fprintf(stderr, "svsm-image: %s cannot be read: %s\n", path, strerror(errno));
    return false;
}

/* Read one manifest into a new place of l->tasks. */
static int add_manifest(struct work *w, const char *path)
{
    struct bytes text;
    if (!read_or_tell(path, &text)) {
        return EXIT_LACKING;
    }
    struct manifest *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        free(text.data);
        fprintf(stderr, "svsm-image: out of memory\n");
        return EXIT_LACKING;
    }
    w->links.tasks[w->links.task_count++] = m;
    bool ok = manifest_read(&w->diag, path, text.data, text.size, m);
    free(text.data);
    return ok ? EXIT_FINE : EXIT_WRONG;
}

static int read_system(struct work *w, const char *path)
{
    struct bytes text;
    if (!read_or_tell(path, &text)) {
        return EXIT_LACKING;
    }
    bool ok = manifest_read_system(&w->diag, path, text.data, text.size, &w->system);
    free(text.data);
    w->links.system = &w->system;
    return ok ? EXIT_FINE : EXIT_WRONG;
}

static void free_work(struct work *w)
{
    for (uint32_t i = 0; i < SVSM_TASKS_MAX; i++) {
        free(w->links.tasks[i]);
        free(w->elfs[i].data);
        program_free(&w->programs[i]);
    }
    kernel_free(&w->kernel);
    free(w->kernel_file.data);
    free(w->blob.data);
    free(w->image.data);
    free(w);
}

/* Put the manifests into the system's order; each side names what the other lacks. */
static bool order_tasks(struct work *w)
{
    struct manifest *ordered[SVSM_TASKS_MAX] = {0};
    unsigned before = w->diag.errors;
    const struct system_file *s = &w->system;
    for (uint32_t i = 0; i < s->task_count; i++) {
        uint32_t at = links_task(&w->links, s->tasks[i].name);
        if (at == LINKS_NONE) {
            diag_error(&w->diag, s->file, s->tasks[i].line,
                       "tasks: no manifest was given for task '%s'", s->tasks[i].name);
        } else {
            ordered[i] = w->links.tasks[at];
        }
    }
    for (uint32_t i = 0; i < w->links.task_count; i++) {
        const struct manifest *m = w->links.tasks[i];
        bool listed = false;
        for (uint32_t j = 0; j < s->task_count; j++) {
            listed = listed || strcmp(s->tasks[j].name, m->name) == 0;
        }
        if (!listed) {
            diag_error(&w->diag, m->file, m->line,
                       "task '%s' is not among the tasks of system '%s'", m->name, s->name);
        }
    }
    if (w->diag.errors == before && s->task_count == w->links.task_count) {
        memcpy(w->links.tasks, ordered, sizeof(ordered));
    }
    return w->diag.errors == before;
}

/* Read the system and all manifests; what fails does not keep the rest from being checked. */
static int read_manifests(struct work *w, const char *system, const char *const *paths,
                          uint32_t count)
{
    int result = system == NULL ? EXIT_FINE : read_system(w, system);
    for (uint32_t i = 0; i < count; i++) {
        int one = add_manifest(w, paths[i]);
        result = one > result ? one : result;
    }
    if (result != EXIT_FINE) {
        return result;
    }
    if (!links_check(&w->diag, &w->links) || (system != NULL && !order_tasks(w)) ||
        !links_check(&w->diag, &w->links)) {
        return EXIT_WRONG;
    }
    return EXIT_FINE;
}

static int do_check(int argc, char **argv)
{
    const char *system = NULL;
    const char *paths[SVSM_TASKS_MAX];
    uint32_t count = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--system") == 0 && i + 1 < argc) {
            system = argv[++i];
        } else if (argv[i][0] == '-') {
            return usage("unknown option %s", argv[i]);
        } else if (count == SVSM_TASKS_MAX) {
            return usage("too many tasks: at most %u", SVSM_TASKS_MAX);
        } else {
            paths[count++] = argv[i];
        }
    }
    if (count == 0) {
        return usage("check needs at least one manifest");
    }
    struct work *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return EXIT_LACKING;
    }
    w->diag.out = stderr;
    int result = read_manifests(w, system, paths, count);
    free_work(w);
    return result;
}

static bool write_report(const char *path, const struct flat *f, const struct elffile_sizes *kernel,
                         bool json)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = out != NULL;
    if (ok && json) {
        ok = report_json(out, f, kernel);
    } else if (ok) {
        report_text(out, f, kernel);
    }
    ok = ok && fflush(out) == 0 && ferror(out) == 0;
    if (out != NULL && out != stdout) {
        ok = fclose(out) == 0 && ok;
    }
    if (!ok) {
        fprintf(stderr, "svsm-image: %s cannot be written: %s\n", path, strerror(errno));
    }
    return ok;
}

/* A path as seen from the folder of another: where both are relative to the same place. */
static void write_map_line(FILE *out, const char *map, const char *name, const char *path)
{
    fprintf(out, "%s=", name);
    for (const char *at = map; path[0] != '/' && map[0] != '/' && *at != 0; at++) {
        fputs(*at == '/' ? "../" : "", out);
    }
    fprintf(out, "%s\n", path);
}

/* For svsm-symbolize: which program is which. */
static bool write_map(const struct arguments *a)
{
    FILE *out = fopen(a->map, "w");
    bool ok = out != NULL;
    if (ok) {
        write_map_line(out, a->map, "ring0", a->kernel);
        for (uint32_t i = 0; i < a->task_count; i++) {
            write_map_line(out, a->map, a->tasks[i].name, a->tasks[i].elf);
        }
        ok = ferror(out) == 0;
        ok = fclose(out) == 0 && ok;
    }
    if (!ok) {
        fprintf(stderr, "svsm-image: %s cannot be written: %s\n", a->map, strerror(errno));
    }
    return ok;
}

static int read_programs(struct work *w, const struct arguments *a)
{
    bool symbols = w->system.kind != SYSTEM_RELEASE;
    for (uint32_t i = 0; i < a->task_count; i++) {
        const struct task_argument *t = &a->tasks[i];
        uint32_t at = links_task(&w->links, t->name);
        if (at == LINKS_NONE || strcmp(w->links.tasks[at]->file, t->manifest) != 0) {
            diag_error(&w->diag, t->manifest, 0, "this is not the manifest of a task '%s'",
                       t->name);
            return EXIT_WRONG;
        }
        if (!read_or_tell(t->elf, &w->elfs[at])) {
            return EXIT_LACKING;
        }
        if (!program_read(&w->diag, t->elf, w->elfs[at].data, w->elfs[at].size, symbols,
                          &w->programs[at])) {
            return EXIT_WRONG;
        }
    }
    if (!read_or_tell(a->kernel, &w->kernel_file)) {
        return EXIT_LACKING;
    }
    return kernel_read(&w->diag, a->kernel, w->kernel_file.data, w->kernel_file.size, symbols,
                       &w->kernel)
               ? EXIT_FINE
               : EXIT_WRONG;
}

static int build(struct work *w, const struct arguments *a)
{
    const char *paths[SVSM_TASKS_MAX];
    struct flat flat;
    for (uint32_t i = 0; i < a->task_count; i++) {
        paths[i] = a->tasks[i].manifest;
    }
    int result = read_manifests(w, a->system, paths, a->task_count);
    if (result == EXIT_FINE) {
        result = read_programs(w, a);
    }
    if (result != EXIT_FINE) {
        return result;
    }
    /* What was built is read back the way `report` does, so that a mistake is seen here. */
    if (!blob_build(&w->diag, &w->links, w->programs, &w->blob) ||
        !flat_build(&w->diag, &w->kernel, &w->blob, &w->image) ||
        !flat_read(&w->diag, a->output, w->image.data, w->image.size, &flat)) {
        return EXIT_WRONG;
    }
    if (!file_write(a->output, w->image.data, w->image.size)) {
        fprintf(stderr, "svsm-image: %s cannot be written: %s\n", a->output, strerror(errno));
        return EXIT_LACKING;
    }
    if (a->map != NULL && !write_map(a)) {
        return EXIT_LACKING;
    }
    if ((a->report != NULL && !write_report(a->report, &flat, &w->kernel.sizes, false)) ||
        (a->json != NULL && !write_report(a->json, &flat, &w->kernel.sizes, true))) {
        return EXIT_LACKING;
    }
    return EXIT_FINE;
}

/* NAME=ELF:MANIFEST */
static bool parse_task(const char *text, struct task_argument *out)
{
    const char *equal = strchr(text, '=');
    const char *colon = equal == NULL ? NULL : strchr(equal, ':');
    if (colon == NULL || equal == text || (size_t)(equal - text) > SVSM_NAME_MAX ||
        (size_t)(colon - equal) > sizeof(out->elf) || colon == equal + 1 || colon[1] == 0 ||
        strlen(colon + 1) >= MANIFEST_PATH_MAX) {
        return false;
    }
    snprintf(out->name, sizeof(out->name), "%.*s", (int)(equal - text), text);
    snprintf(out->elf, sizeof(out->elf), "%.*s", (int)(colon - equal - 1), equal + 1);
    out->manifest = colon + 1;
    return true;
}

static int parse_build(int argc, char **argv, struct arguments *a)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--kernel", &a->kernel}, {"--system", &a->system}, {"--output", &a->output},
                   {"--report", &a->report}, {"--json", &a->json},     {"--map", &a->map}};
    for (int i = 0; i < argc; i += 2) {
        bool known = false;
        if (i + 1 == argc) {
            return usage("%s: a value is missing, or this is no option", argv[i]);
        }
        for (size_t j = 0; j < sizeof(options) / sizeof(options[0]); j++) {
            if (strcmp(argv[i], options[j].name) == 0) {
                *options[j].value = argv[i + 1];
                known = true;
            }
        }
        if (strcmp(argv[i], "--task") == 0) {
            known = true;
            if (a->task_count == SVSM_TASKS_MAX) {
                return usage("too many tasks: at most %u", SVSM_TASKS_MAX);
            }
            if (!parse_task(argv[i + 1], &a->tasks[a->task_count++])) {
                return usage("--task %s: NAME=ELF:MANIFEST expected", argv[i + 1]);
            }
        }
        if (!known) {
            return usage("unknown option %s", argv[i]);
        }
    }
    if (a->kernel == NULL || a->system == NULL || a->output == NULL || a->task_count == 0) {
        return usage("build needs --kernel, --system, --output and at least one --task");
    }
    return EXIT_FINE;
}

static int do_build(int argc, char **argv)
{
    static struct arguments a;
    int result = parse_build(argc, argv, &a);
    if (result != EXIT_FINE) {
        return result;
    }
    struct work *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        return EXIT_LACKING;
    }
    w->diag.out = stderr;
    result = build(w, &a);
    free_work(w);
    return result;
}

static int do_report(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (argv[i][0] == '-' || path != NULL) {
            return usage("report: unexpected %s", argv[i]);
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        return usage("report needs an image");
    }
    struct diag diag = {.out = stderr};
    struct bytes image;
    struct flat flat;
    if (!read_or_tell(path, &image)) {
        return EXIT_LACKING;
    }
    int result = EXIT_WRONG;
    if (flat_read(&diag, path, image.data, image.size, &flat)) {
        result = write_report("-", &flat, NULL, json) ? EXIT_FINE : EXIT_LACKING;
    }
    free(image.data);
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return usage("a command is missing");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        fputs(usage_text, stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "build") == 0) {
        return do_build(argc - 2, argv + 2);
    }
    if (strcmp(argv[1], "check") == 0) {
        return do_check(argc - 2, argv + 2);
    }
    if (strcmp(argv[1], "report") == 0) {
        return do_report(argc - 2, argv + 2);
    }
    return usage("unknown command '%.40s'", argv[1]);
}
