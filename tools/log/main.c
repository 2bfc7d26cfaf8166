/* SPDX-License-Identifier: MIT */
/* svsm-log: the log of a running SVSM, read from the memory of an emulated machine. */
#include <jansson.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <log/ring.h>

#include "map.h"
#include "qmp.h"
#include "records.h"
#include "say.h"

#define FOLLOW_NS 200000000

static const char usage_text[] =
#include "usage.inc"
    ;
static const char usage_mend[] = "tools/svsm log --help shows the options";

struct options {
    char qmp[PATH_MAX], map[PATH_MAX];
    bool follow, json, help;
    char **tasks; /* at the start of argv */
    unsigned task_count;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

static void set_defaults(struct options *o)
{
    char self[PATH_MAX] = "";
    const char *folder = getenv("XDG_RUNTIME_DIR");
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len < 0 ? 0 : len] = 0;
    snprintf(o->map, sizeof(o->map), "%.*s/systems/snp.map", PATH_MAX - 32,
             dirname(dirname(dirname(self))));
    if (folder != NULL && folder[0] == '/') {
        snprintf(o->qmp, sizeof(o->qmp), "%s/svsm-tpm.sock.qmp", folder);
    } else {
        snprintf(o->qmp, sizeof(o->qmp), "/tmp/svsm-tpm-%u.sock.qmp", getuid());
    }
}

static bool flag(struct options *o, const char *option)
{
    bool *where = strcmp(option, "--follow") == 0                              ? &o->follow
                  : strcmp(option, "--json") == 0                              ? &o->json
                  : strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0 ? &o->help
                                                                               : NULL;
    if (where != NULL) {
        *where = true;
    }
    return where != NULL;
}

static enum exit_code parse(struct options *o, char **argv)
{
    *o = (struct options){.tasks = argv + 1};
    set_defaults(o);
    for (unsigned i = 1; argv[i] != NULL; i++) {
        char *path = strcmp(argv[i], "--qmp") == 0   ? o->qmp
                     : strcmp(argv[i], "--map") == 0 ? o->map
                                                     : NULL;
        if (path != NULL) {
            i++;
            if (argv[i] == NULL || argv[i][0] == 0 || strlen(argv[i]) >= PATH_MAX) {
                return say_error(EXIT_USAGE, usage_mend, "%s needs a path", argv[i - 1]);
            }
            memcpy(path, argv[i], strlen(argv[i]) + 1);
        } else if (argv[i][0] != '-') {
            o->tasks[o->task_count++] = argv[i];
        } else if (!flag(o, argv[i])) {
            return say_error(EXIT_USAGE, usage_mend, "unknown argument %s", argv[i]);
        }
    }
    return EXIT_FINE;
}

/* Each task that was named is one of the image's. */
static enum exit_code check_tasks(const struct options *o, const struct map *m)
{
    for (unsigned i = 0; i < o->task_count; i++) {
        bool known = strcmp(o->tasks[i], "ring0") == 0;
        for (uint32_t t = 0; t < m->task_count; t++) {
            known |= strcmp(o->tasks[i], m->tasks[t]) == 0;
        }
        if (!known) {
            return say_error(EXIT_USAGE, "tools/svsm inspect lists the tasks of an image",
                             "there is no task %s in %s", o->tasks[i], o->map);
        }
    }
    return EXIT_FINE;
}

static bool wanted(const struct options *o, const char *task)
{
    bool yes = o->task_count == 0;
    for (unsigned i = 0; i < o->task_count; i++) {
        yes |= strcmp(o->tasks[i], task) == 0;
    }
    return yes;
}

static void show_json(const struct svsm_log_record *r, const char *task)
{
    static const char *const levels[SVSM_LOG_LEVELS] = {"error", "warning", "info", "debug"};
    char line[CONSOLE_LINE_MAX];
    struct svsm_log_record text = *r;
    text.dropped = 0;
    size_t len = console_line(&text, "", line); /* for what it does to characters */
    size_t keep = r->len < SVSM_LOG_TEXT_MAX ? r->len : SVSM_LOG_TEXT_MAX;
    json_t *all =
        json_pack("{s:I, s:f, s:s, s:s, s:i, s:i, s:s%}", "sequence", (json_int_t)r->sequence,
                  "seconds", (double)r->time_ns / 1e9, "task", task, "level",
                  r->level < SVSM_LOG_LEVELS ? levels[r->level] : "?", "vcpu", r->vcpu, "dropped",
                  r->dropped, "text", line + len - 2 - keep, keep);
    json_dumpf(all, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
    putchar('\n');
    json_decref(all);
}

static void show(const struct options *o, const struct map *m, const struct svsm_log_record *r)
{
    char line[CONSOLE_LINE_MAX];
    const char *task = map_task(m, r->task);
    if (!wanted(o, task)) {
        return;
    }
    if (o->json) {
        show_json(r, task);
    } else {
        size_t len = console_line(r, task, line);
        line[len - 2] = '\n';
        fwrite(line, 1, len - 1, stdout);
    }
}

static enum exit_code read_log(const struct options *o, const struct map *m, struct qmp *q)
{
    static struct svsm_log_rings rings;
    static struct records records;
    bool first = true;
    while (interrupted == 0) {
        if (!qmp_read(q, m->rings, &rings, sizeof(rings))) {
            return first ? say_error(EXIT_LACKING, NULL, "the machine gives no memory at %lx",
                                     (unsigned long)m->rings)
                         : EXIT_FINE;
        }
        if (!records_read(&records, &rings)) {
            return say_error(EXIT_FAILED, "--map FILE names the map of the image that runs",
                             "what lies there is no log");
        }
        for (uint32_t i = 0; i < records.count; i++) {
            show(o, m, &records.list[i]);
        }
        fflush(stdout);
        first = false;
        if (!o->follow) {
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = FOLLOW_NS}, NULL);
    }
    return EXIT_FINE;
}

int main(int argc, char **argv)
{
    struct options options;
    struct map map;
    struct qmp qmp;
    struct sigaction action = {.sa_handler = on_signal};
    (void)argc;
    say_as("svsm-log");
    enum exit_code code = parse(&options, argv);
    if (code != EXIT_FINE || options.help) {
        fputs(code == EXIT_FINE ? usage_text : "", stdout);
        return code;
    }
    if (!map_read(&map, options.map)) {
        return EXIT_LACKING;
    }
    code = check_tasks(&options, &map);
    if (code != EXIT_FINE) {
        return code;
    }
    if (!qmp_open(&qmp, options.qmp)) {
        return EXIT_LACKING;
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    code = read_log(&options, &map, &qmp);
    qmp_close(&qmp);
    return code;
}
