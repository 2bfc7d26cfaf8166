/* SPDX-License-Identifier: MIT */
/* The guest's console. See console.h. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "wait.h"

#define PATIENCE_MS 5000

/* Ring 0's own words: what a service logs has the service's name in this place. */
static const char footprint_mark[] = "] ring0 info footprint ";

static void symbolizer_start(struct console *c, const char *program, const char *map)
{
    int to[2];
    if (pipe2(to, O_CLOEXEC) != 0) {
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0); /* it ends when its input does, not at Ctrl-C */
        dup2(to[0], STDIN_FILENO);
        dup2(c->out, STDOUT_FILENO);
        execl(program, program, "--map", map, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    if (pid < 0) {
        close(to[1]);
        return;
    }
    c->symbolizer = pid;
    c->out = to[1];
}

void console_open(struct console *c, int in, int out, const char *tools, const char *map)
{
    char program[PATH_MAX];
    memset(c, 0, sizeof(*c));
    c->in = in;
    c->out = out;
    int len = snprintf(program, sizeof(program), "%s/symbolize/svsm-symbolize", tools);
    if (len < (int)sizeof(program) && access(program, X_OK) == 0 && access(map, R_OK) == 0) {
        symbolizer_start(c, program, map);
    }
}

static void line_keep(struct console *c)
{
    c->line[c->len] = 0;
    memcpy(c->last[c->lines % CONSOLE_LAST], c->line, c->len + 1);
    c->lines++;
    const char *footprint = strstr(c->line, footprint_mark);
    if (footprint != NULL && c->footprints < CONSOLE_FOOTPRINT) {
        const char *text = footprint + strlen(footprint_mark);
        memcpy(c->footprint[c->footprints++], text, strlen(text) + 1);
    }
    c->len = 0;
}

static void keep(struct console *c, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            line_keep(c);
        } else if (bytes[i] != '\r' && c->len < CONSOLE_LINE - 1) {
            c->line[c->len++] = bytes[i];
        }
    }
}

static void pass_on(struct console *c, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(c->out, bytes, size);
        if (n <= 0) {
            if (n < 0 && errno == EINTR) {
                continue;
            }
            return; /* a reader that is gone takes nothing from the TPM's clients */
        }
        bytes += n;
        size -= (size_t)n;
    }
}

bool console_read(struct console *c)
{
    char bytes[4096];
    for (;;) {
        ssize_t n = read(c->in, bytes, sizeof(bytes));
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        keep(c, bytes, (size_t)n);
        pass_on(c, bytes, (size_t)n);
    }
}

void console_last(const struct console *c, FILE *file)
{
    unsigned long from = c->lines > CONSOLE_LAST ? c->lines - CONSOLE_LAST : 0;
    for (unsigned long i = from; i < c->lines; i++) {
        fprintf(file, "  | %s\n", c->last[i % CONSOLE_LAST]);
    }
    if (c->len > 0) {
        fprintf(file, "  | %.*s\n", (int)c->len, c->line);
    }
}

void console_close(struct console *c)
{
    if (c->symbolizer > 0) {
        close(c->out);
        wait_for(&c->symbolizer, PATIENCE_MS);
    }
}
