/* SPDX-License-Identifier: MIT */
/*
 * svsm-test: runs suites of a table (table.h) one after the other and counts their checks.
 * tools/svsm starts it, for `test` with tests/suites.conf and for `bench` with tests/bench.conf.
 * Assumes that SVSM_TREE names the top of the tree.
 */
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "run.h"
#include "table.h"

enum {
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

struct options {
    const char *table;
    const char *json;
    const char *html;
    bool list;
    bool campaign;
    char **wanted; /* names or patterns of suites, or classes */
    size_t wanted_count;
};

static const char usage_text[] =
    "usage: svsm-test --table FILE [SUITE...] [--list] [--campaign] [--json FILE]\n"
    "                 [--html FILE]\n"
    "\n"
    "  SUITE       a suite's name or pattern, or a class; --SUITE means the same; none: all but\n"
    "              campaigns\n"
    "  --list      only list the suites\n"
    "  --campaign  the long campaigns too\n"
    "  --json FILE write one JSON object per check to FILE\n"
    "  --html FILE write a page with all checks and figures to FILE\n";

static void end_on_signal(int signal_number)
{
    run_kill();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* The value of an option, or the end of the program. */
static const char *option_value(char **argv, int *at)
{
    if (argv[*at + 1] == NULL) {
        fprintf(stderr, "svsm-test: error: %s needs a file name\n%s", argv[*at], usage_text);
        exit(EXIT_USAGE);
    }
    *at += 1;
    return argv[*at];
}

static void options_parse(struct options *options, char **argv)
{
    options->wanted = argv; /* the names are moved to the front of what has been read */
    for (int i = 1; argv[i] != NULL; i++) {
        if (strcmp(argv[i], "--table") == 0) {
            options->table = option_value(argv, &i);
        } else if (strcmp(argv[i], "--json") == 0) {
            options->json = option_value(argv, &i);
        } else if (strcmp(argv[i], "--html") == 0) {
            options->html = option_value(argv, &i);
        } else if (strcmp(argv[i], "--list") == 0) {
            options->list = true;
        } else if (strcmp(argv[i], "--campaign") == 0) {
            options->campaign = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            fputs(usage_text, stdout);
            exit(EXIT_SUCCESS);
        } else {
            char *name = argv[i];
            options->wanted[options->wanted_count++] = strncmp(name, "--", 2) ? name : name + 2;
        }
    }
    if (options->table == NULL) {
        fputs(usage_text, stderr);
        exit(EXIT_USAGE);
    }
}

static bool suite_fits(const struct suite *suite, const char *wanted)
{
    return fnmatch(wanted, suite->name, 0) == 0 ||
           strcmp(wanted, table_class_name(suite->class)) == 0;
}

static bool suite_wanted(const struct options *options, const struct suite *suite)
{
    if (options->wanted_count == 0) {
        return suite->class != CLASS_CAMPAIGN || options->campaign;
    }
    for (size_t i = 0; i < options->wanted_count; i++) {
        if (suite_fits(suite, options->wanted[i])) {
            return true;
        }
    }
    return false;
}

static void list_print(FILE *file, const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct suite *suite = &table->suites[i];
        fprintf(file, "%-16s %-9s %5u s  %s\n", suite->name, table_class_name(suite->class),
                suite->seconds, suite->args[0]);
    }
}

/* Every name asked for must fit a suite: a misspelt one must not pass as "0 failed". */
static bool wanted_known(const struct options *options, const struct table *table)
{
    for (size_t i = 0; i < options->wanted_count; i++) {
        bool known = false;
        for (size_t j = 0; j < table->count; j++) {
            known = known || suite_fits(&table->suites[j], options->wanted[i]);
        }
        if (!known) {
            fprintf(stderr, "svsm-test: error: no suite '%s' in %s; there are:\n",
                    options->wanted[i], options->table);
            list_print(stderr, table);
            return false;
        }
    }
    return true;
}

static void suites_run(const struct options *options, const struct table *table,
                       struct report *report)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct suite *suite = &table->suites[i];
        char lack[256];
        if (!suite_wanted(options, suite)) {
            continue;
        }
        if (table_lacks(suite, lack, sizeof(lack))) {
            char detail[300];
            snprintf(detail, sizeof(detail), "- lacks %s", lack);
            report_check(report, suite->name, "suite", VERDICT_SKIPPED, 0, detail);
            continue;
        }
        printf("== %s (%s, at most %u s)\n", suite->name, table_class_name(suite->class),
               suite->seconds);
        fflush(stdout);
        run_suite(suite, report);
    }
}

int main(int argc, char **argv)
{
    static struct table table;
    struct options options = {0};
    struct report report = {0};
    (void)argc;
    options_parse(&options, argv);
    if (!report_open(&report, options.json, options.html)) {
        return EXIT_USAGE;
    }
    const char *tree = getenv("SVSM_TREE");
    if (tree == NULL || chdir(tree) != 0) {
        fprintf(stderr, "svsm-test: error: SVSM_TREE does not name the source tree\n"
                        "  mend: start it through tools/svsm\n");
        return EXIT_LACKING;
    }
    if (!table_read(&table, options.table) || !wanted_known(&options, &table)) {
        return EXIT_USAGE;
    }
    if (table.count == 0) {
        fprintf(stderr, "svsm-test: error: %s lists nothing to run\n", options.table);
        return EXIT_LACKING;
    }
    if (options.list) {
        list_print(stdout, &table);
        return EXIT_SUCCESS;
    }
    mkdir("build", 0777);
    mkdir("build/logs", 0777);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGINT, end_on_signal);
    signal(SIGTERM, end_on_signal);
    const time_t began = time(NULL);
    suites_run(&options, &table, &report);
    printf("# took %ld s\n", (long)(time(NULL) - began));
    report_tally(&report);
    if (!report_close(&report)) {
        return EXIT_FAILURE;
    }
    return report.counts[VERDICT_FAILED] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
