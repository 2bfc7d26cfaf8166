/* SPDX-License-Identifier: MIT */
/*
 * Reporting of checks. Assumes that the output of a suite is not trusted: it may hold anything.
 */
#include "report.h"
#include "html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    DETAIL_MAX = 4096,
    NAME_MAX_LEN = 200,
};

static const char *const verdict_words[] = {"ok", "not ok", "skip"};
static const char *const verdict_names[] = {"passed", "failed", "skipped"};

/* A number where the whole text is one, otherwise a string; NULL if it is not UTF-8. */
static json_t *figure_value(const char *text)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || text[strcspn(text, "nNxX")] != '\0') {
        return json_string(text);
    }
    if (strpbrk(text, ".eE") == NULL) {
        return json_integer((json_int_t)strtoll(text, NULL, 10));
    }
    return json_real(value);
}

/* Moves leading key=value words of `text` into `figures`. Returns what is left. */
static char *figures_take(char *text, json_t *figures)
{
    for (;;) {
        text += strspn(text, " \t");
        const size_t len = strcspn(text, " \t");
        char *equals = memchr(text, '=', len);
        if (equals == NULL || equals == text) {
            break;
        }
        char *next = text + len + (text[len] != '\0');
        text[len] = '\0';
        *equals = '\0';
        json_object_set_new(figures, text, figure_value(equals + 1));
        text = next;
    }
    return strncmp(text, "- ", 2) == 0 ? text + 2 : text;
}

/* The check as an object, NULL if it is not UTF-8. */
static json_t *json_check(const char *suite, const char *name, enum verdict verdict, double seconds,
                          const char *detail)
{
    char text[DETAIL_MAX];
    snprintf(text, sizeof(text), "%s", detail);
    json_t *figures = json_object();
    const char *why = figures_take(text, figures);
    json_t *line = json_pack("{s:s, s:s, s:s, s:f, s:o}", "suite", suite, "name", name, "result",
                             verdict_names[verdict], "seconds", seconds, "figures", figures);
    if (line == NULL) {
        fprintf(stderr, "svsm-test: warning: a check of %s is not UTF-8, left out of the report\n",
                suite);
        return NULL;
    }
    if (*why != '\0') {
        json_object_set_new(line, "why", json_string(why));
    }
    return line;
}

static void json_write(FILE *file, const json_t *line)
{
    json_dumpf(line, file, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', file);
    fflush(file);
}

void report_check(struct report *report, const char *suite, const char *name, enum verdict verdict,
                  double seconds, const char *detail)
{
    report->counts[verdict]++;
    printf("%-6s %s/%s (%.1f s)%s%s\n", verdict_words[verdict], suite, name, seconds,
           *detail != '\0' ? " " : "", detail);
    fflush(stdout);
    if (report->json == NULL && report->html == NULL) {
        return;
    }
    json_t *line = json_check(suite, name, verdict, seconds, detail);
    if (line != NULL && report->json != NULL) {
        json_write(report->json, line);
    }
    if (line != NULL && report->html != NULL) {
        json_array_append(report->checks, line);
    }
    json_decref(line);
}

static const char *word_skip(const char *line, const char *word)
{
    const size_t len = strlen(word);
    return strncmp(line, word, len) == 0 && line[len] == ' ' ? line + len + 1 : NULL;
}

bool report_line(struct report *report, const char *suite, const char *line, double seconds)
{
    for (size_t i = 0; i < sizeof(verdict_words) / sizeof(verdict_words[0]); i++) {
        const char *rest = word_skip(line, verdict_words[i]);
        if (rest == NULL || strcspn(rest, " \t") == 0) {
            continue;
        }
        char name[NAME_MAX_LEN];
        const size_t len = strcspn(rest, " \t");
        snprintf(name, sizeof(name), "%.*s", (int)len, rest);
        rest += len;
        report_check(report, suite, name, (enum verdict)i, seconds, rest + strspn(rest, " \t"));
        return true;
    }
    return false;
}

static bool file_open(FILE **file, const char *path)
{
    *file = path == NULL ? NULL : fopen(path, "we");
    if (path != NULL && *file == NULL) {
        fprintf(stderr, "svsm-test: error: cannot write %s: %s\n", path, strerror(errno));
    }
    return path == NULL || *file != NULL;
}

static bool file_close(FILE *file, const char *path)
{
    if (file == NULL || fclose(file) == 0) {
        return true;
    }
    fprintf(stderr, "svsm-test: error: cannot write %s\n", path);
    return false;
}

bool report_open(struct report *report, const char *json, const char *html)
{
    report->json_path = json;
    report->html_path = html;
    report->checks = json_array();
    return file_open(&report->json, json) && file_open(&report->html, html);
}

bool report_close(struct report *report)
{
    if (report->html != NULL) {
        html_write(report->html, report->checks);
    }
    json_decref(report->checks);
    const bool json = file_close(report->json, report->json_path);
    const bool html = file_close(report->html, report->html_path);
    return json && html;
}

void report_tally(const struct report *report)
{
    printf("%zu passed, %zu failed", report->counts[VERDICT_OK], report->counts[VERDICT_FAILED]);
    if (report->counts[VERDICT_SKIPPED] != 0) {
        printf(", %zu skipped", report->counts[VERDICT_SKIPPED]);
    }
    printf("\n");
}
