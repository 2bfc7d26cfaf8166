/* SPDX-License-Identifier: MIT */
/*
 * The page of --html: a table per suite, a row per check, a column per figure. It needs nothing
 * but itself. Names, figures and reasons are a suite's output: they are escaped, whatever they say.
 */
#include "html.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

enum { COLUMNS_MAX = 64 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>SVSM</title>\n"
    "<style>\nbody { font: 14px sans-serif; margin: 2em; }\n"
    "table { border-collapse: collapse; margin-bottom: 2em; }\n"
    "th, td { border: 1px solid #bbb; padding: 2px 8px; text-align: left; }\n"
    "td.number { text-align: right; font-family: monospace; }\n"
    "tr.failed { background: #fcc; }\ntr.skipped { color: #777; }\n</style>\n</head>\n<body>\n";

struct columns {
    const char *keys[COLUMNS_MAX];
    size_t count;
};

static void escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
            break;
        }
    }
}

static const char *text_of(const json_t *check, const char *key)
{
    const char *text = json_string_value(json_object_get(check, key));
    return text == NULL ? "" : text;
}

static void cell(FILE *file, const char *text)
{
    fputs("<td>", file);
    escaped(file, text);
    fputs("</td>", file);
}

static void cell_figure(FILE *file, const json_t *value)
{
    if (json_is_integer(value)) {
        fprintf(file, "<td class=\"number\">%lld</td>", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        fprintf(file, "<td class=\"number\">%.6g</td>", json_real_value(value));
    } else {
        cell(file, json_is_string(value) ? json_string_value(value) : "");
    }
}

static void column_add(struct columns *columns, const char *key)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->keys[i], key) == 0) {
            return;
        }
    }
    if (columns->count < COLUMNS_MAX) {
        columns->keys[columns->count++] = key;
    }
}

/* The figures of all checks of a suite, in the order in which they first appear. */
static struct columns columns_of(const json_t *checks, const char *suite)
{
    struct columns columns = {0};
    size_t i = 0;
    json_t *check = NULL;
    json_array_foreach(checks, i, check)
    {
        const char *key = NULL;
        json_t *value = NULL;
        if (strcmp(text_of(check, "suite"), suite) != 0) {
            continue;
        }
        json_object_foreach(json_object_get(check, "figures"), key, value)
        {
            column_add(&columns, key);
        }
    }
    return columns;
}

static void row_write(FILE *file, const json_t *check, const struct columns *columns)
{
    const json_t *figures = json_object_get(check, "figures");
    const char *result = text_of(check, "result");
    fprintf(file, "<tr class=\"%s\">", result);
    cell(file, text_of(check, "name"));
    cell(file, result);
    for (size_t i = 0; i < columns->count; i++) {
        cell_figure(file, json_object_get(figures, columns->keys[i]));
    }
    cell(file, text_of(check, "why"));
    fputs("</tr>\n", file);
}

static void suite_write(FILE *file, const json_t *checks, const char *suite)
{
    const struct columns columns = columns_of(checks, suite);
    size_t i = 0;
    json_t *check = NULL;
    fputs("<h2>", file);
    escaped(file, suite);
    fputs("</h2>\n<table>\n<tr><th>name</th><th>result</th>", file);
    for (size_t k = 0; k < columns.count; k++) {
        fputs("<th>", file);
        escaped(file, columns.keys[k]);
        fputs("</th>", file);
    }
    fputs("<th></th></tr>\n", file);
    json_array_foreach(checks, i, check)
    {
        if (strcmp(text_of(check, "suite"), suite) == 0) {
            row_write(file, check, &columns);
        }
    }
    fputs("</table>\n", file);
}

/* Figures mean little without the machine that they are from. */
static void machine_write(FILE *file)
{
    char line[256];
    char when[64] = "";
    struct utsname name;
    const time_t now = time(NULL);
    struct tm tm;
    fputs("<p>", file);
    if (localtime_r(&now, &tm) != NULL && strftime(when, sizeof(when), "%F %T %z", &tm) > 0) {
        escaped(file, when);
    }
    if (uname(&name) == 0) {
        fputs(", ", file);
        escaped(file, name.sysname);
        fputs(" ", file);
        escaped(file, name.release);
    }
    FILE *cpus = fopen("/proc/cpuinfo", "re");
    while (cpus != NULL && fgets(line, sizeof(line), cpus) != NULL) {
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
            line[strcspn(line, "\n")] = '\0';
            fputs(",", file);
            escaped(file, strchr(line, ':') + 1);
            break;
        }
    }
    if (cpus != NULL) {
        fclose(cpus);
    }
    fputs("</p>\n", file);
}

void html_write(FILE *file, const json_t *checks)
{
    const char *last = "";
    size_t i = 0;
    json_t *check = NULL;
    fputs(head, file);
    fputs("<h1>SVSM</h1>\n", file);
    machine_write(file);
    json_array_foreach(checks, i, check)
    {
        const char *suite = text_of(check, "suite"); /* suites run one after the other */
        if (strcmp(suite, last) != 0) {
            suite_write(file, checks, suite);
        }
        last = suite;
    }
    fputs("</body>\n</html>\n", file);
}
