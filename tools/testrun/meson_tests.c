/* SPDX-License-Identifier: MIT */
/*
 * svsm-meson-tests SUITE...: runs meson's tests of these suites and prints a line per check in the
 * form of tests/README.md. A program that prints TAP (cmocka does) counts one check per TAP line.
 * Assumes that the working directory is the top of the tree and that the build is complete.
 */
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SUITES_MAX = 16,
    NAME_MAX_LEN = 160,
    STATUS_LACKING = 3,
};

#define LOG_BASE "svsm-tests"

/* Runs meson. Its own opinion of the outcome does not matter: the log has each test's. */
static bool meson_run(int count, char **suites)
{
    const char *args[10 + 2 * SUITES_MAX] = {
        /* Sanitizers are slow on a busy machine: the suite's own time-out ends what hangs. */
        "meson",
        "test",
        "-C",
        "build",
        "--no-rebuild",
        "--logbase",
        LOG_BASE,
        "--timeout-multiplier",
        "8",
    };
    size_t used = 9;
    for (int i = 0; i < count; i++) {
        args[used++] = "--suite";
        args[used++] = suites[i];
    }
    setenv("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp("meson", (char *const *)args);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

/* A test's name without its project's ("svsm / core"), and with no blanks. */
static void name_clean(char *out, size_t size, const char *name)
{
    const char *slash = strstr(name, " / ");
    snprintf(out, size, "%s", slash != NULL ? slash + 3 : name);
    for (char *byte = out; *byte != '\0'; byte++) {
        if (*byte == ' ' || *byte == '\t') {
            *byte = '-';
        }
    }
}

/* One TAP line: "ok 3 - name", "not ok 3 - name", "ok 3 # SKIP name". true: it was one. */
static bool tap_line(const char *test, const char *line, bool *failed)
{
    const bool bad = strncmp(line, "not ok ", 7) == 0;
    if (!bad && strncmp(line, "ok ", 3) != 0) {
        return false;
    }
    const char *rest = line + (bad ? 7 : 3);
    rest += strspn(rest, "0123456789");
    rest += strspn(rest, " -");
    const bool skipped = strncmp(rest, "# SKIP", 6) == 0;
    rest += skipped ? 6 : 0;
    rest += strspn(rest, " ");
    char name[NAME_MAX_LEN];
    name_clean(name, sizeof(name), *rest != '\0' ? rest : "unnamed");
    if (skipped) {
        printf("skip %s/%s - it skipped itself\n", test, name);
    } else {
        printf("%s %s/%s%s\n", bad ? "not ok" : "ok", test, name, bad ? " - see the log" : "");
    }
    *failed = *failed || bad;
    return true;
}

/* Prints the TAP lines of a test's output. Returns how many there were. */
static size_t tap_print(const char *test, const char *output, bool *failed)
{
    size_t count = 0;
    while (*output != '\0') {
        const size_t len = strcspn(output, "\n");
        char line[512];
        snprintf(line, sizeof(line), "%.*s", (int)len, output);
        count += tap_line(test, line, failed);
        output += len + (output[len] == '\n');
    }
    return count;
}

static void test_print(json_t *entry)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *result = json_string_value(json_object_get(entry, "result"));
    const char *output = json_string_value(json_object_get(entry, "stdout"));
    const char *errors = json_string_value(json_object_get(entry, "stderr"));
    char test[NAME_MAX_LEN];
    bool failed = false;
    if (name == NULL || result == NULL) {
        printf("not ok log - an entry of meson's log has no name or no result\n");
        return;
    }
    name_clean(test, sizeof(test), name);
    const size_t count = output != NULL ? tap_print(test, output, &failed) : 0;
    const bool good = strcmp(result, "OK") == 0 || strcmp(result, "EXPECTEDFAIL") == 0;
    const bool skipped = strcmp(result, "SKIP") == 0;
    if (skipped && count == 0) {
        printf("skip %s - it skipped itself\n", test);
    } else if (!good && !skipped && !failed) {
        printf("not ok %s - meson's verdict: %s\n", test, result);
    } else if (count == 0) {
        printf("ok %s\n", test);
    }
    if (!good && !skipped) {
        fprintf(stderr, "== %s\n%s\n%s\n", test, output != NULL ? output : "",
                errors != NULL ? errors : "");
    }
}

/* The log holds one JSON object a line. */
static bool log_print(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    json_error_t error;
    json_t *entry = NULL;
    while ((entry = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)) != NULL) {
        test_print(entry);
        json_decref(entry);
    }
    fclose(file);
    return true;
}

int main(int argc, char **argv)
{
    const char *const path = "build/meson-logs/" LOG_BASE ".json";
    if (argc < 2 || argc - 1 > SUITES_MAX) {
        fprintf(stderr, "usage: svsm-meson-tests SUITE...   (at most %d)\n", SUITES_MAX);
        return 2;
    }
    if (remove(path) != 0 && errno != ENOENT) {
        fprintf(stderr, "svsm-meson-tests: error: cannot remove %s\n", path);
        return STATUS_LACKING;
    }
    if (!meson_run(argc - 1, argv + 1) || !log_print(path)) {
        fprintf(stderr, "svsm-meson-tests: error: 'meson test' did not run\n");
        return STATUS_LACKING;
    }
    return 0;
}
