/* SPDX-License-Identifier: MIT */
/*
 * Reads the table of suites and judges what a suite needs. Assumes that the working directory is
 * the top of the tree.
 */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const class_names[] = {"quick", "qemu", "proofs", "campaign"};

const char *table_class_name(enum suite_class class)
{
    return class_names[class];
}

static bool class_parse(const char *text, enum suite_class *out)
{
    for (size_t i = 0; i < sizeof(class_names) / sizeof(class_names[0]); i++) {
        if (strcmp(text, class_names[i]) == 0) {
            *out = (enum suite_class)i;
            return true;
        }
    }
    return false;
}

static bool seconds_parse(const char *text, unsigned *out)
{
    char *end = NULL;
    const unsigned long value = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || value == 0 || value > 86400) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* Cuts suite->text into its fields. Returns what is wrong, or NULL. */
static const char *suite_parse(struct suite *suite)
{
    const char *const blanks = " \t\n";
    char *rest = NULL;
    suite->name = strtok_r(suite->text, blanks, &rest);
    const char *class = strtok_r(NULL, blanks, &rest);
    const char *seconds = strtok_r(NULL, blanks, &rest);
    suite->needs = strtok_r(NULL, blanks, &rest);
    size_t count = 0;
    for (char *arg = strtok_r(NULL, blanks, &rest); arg != NULL;
         arg = strtok_r(NULL, blanks, &rest)) {
        if (count == SUITE_ARGS_MAX) {
            return "too many arguments in the command";
        }
        suite->args[count++] = arg;
    }
    suite->args[count] = NULL;
    if (count == 0) {
        return "expected: name class seconds needs command...";
    }
    if (!class_parse(class, &suite->class)) {
        return "the class is not one of quick, qemu, proofs and campaign";
    }
    if (!seconds_parse(seconds, &suite->seconds)) {
        return "the time-out is not a number of seconds from 1 to 86400";
    }
    return NULL;
}

static const char *name_conflict(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->suites[i].name, name) == 0) {
            return "the name is taken already";
        }
    }
    return NULL;
}

/* Takes one line into the table. Returns what is wrong, or NULL. */
static const char *line_take(struct table *table, const char *line)
{
    if (strchr(line, '\n') == NULL) {
        return "the line is too long, or the file does not end with a newline";
    }
    if (line[strspn(line, " \t\n")] == '\0' || line[strspn(line, " \t")] == '#') {
        return NULL;
    }
    if (table->count == SUITES_MAX) {
        return "too many suites";
    }
    struct suite *suite = &table->suites[table->count];
    memcpy(suite->text, line, strlen(line) + 1);
    const char *wrong = suite_parse(suite);
    if (wrong == NULL) {
        wrong = name_conflict(table, suite->name);
    }
    if (wrong == NULL) {
        table->count++;
    }
    return wrong;
}

bool table_read(struct table *table, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "svsm-test: error: cannot read the table %s\n", path);
        return false;
    }
    char line[SUITE_LINE_MAX];
    unsigned number = 0;
    bool good = true;
    table->count = 0;
    while (good && fgets(line, sizeof(line), file) != NULL) {
        number++;
        const char *wrong = line_take(table, line);
        if (wrong != NULL) {
            fprintf(stderr, "svsm-test: error: %s:%u: %s\n", path, number, wrong);
            good = false;
        }
    }
    fclose(file);
    return good;
}

static bool command_exists(const char *name)
{
    const char *path = getenv("PATH");
    char file[4096];
    while (path != NULL && *path != '\0') {
        const size_t len = strcspn(path, ":");
        snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
        if (access(file, X_OK) == 0) {
            return true;
        }
        path += len + (path[len] == ':');
    }
    return false;
}

/* Is the one need `kind:what` met? An unknown kind never is. */
static bool need_met(const char *need)
{
    if (strncmp(need, "cmd:", 4) == 0) {
        return command_exists(need + 4);
    }
    if (strncmp(need, "file:", 5) == 0) {
        return access(need + 5, R_OK) == 0;
    }
    if (strncmp(need, "env:", 4) == 0) {
        const char *value = getenv(need + 4);
        return value != NULL && *value != '\0';
    }
    return false;
}

bool table_lacks(const struct suite *suite, char *lack, size_t size)
{
    if (strcmp(suite->needs, "-") == 0) {
        return false;
    }
    char copy[SUITE_LINE_MAX];
    snprintf(copy, sizeof(copy), "%s", suite->needs);
    char *rest = NULL;
    for (char *need = strtok_r(copy, ",", &rest); need != NULL; need = strtok_r(NULL, ",", &rest)) {
        if (!need_met(need)) {
            snprintf(lack, size, "%s", need);
            return true;
        }
    }
    return false;
}
