/* SPDX-License-Identifier: MIT */
/* The guest's console. See console.h. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "wait.h"

#define PATIENCE_MS 2000
/* Per call, so that a console that never falls silent does not take the whole loop. */
#define READS_MAX 16

/* Ring 0's own words, behind the time: what a service logs has the service's name in this place. */
static const char spoken_mark[] = "ring0 ";
static const char footprint_mark[] = "ring0 info footprint ";
static const char error_mark[] = "ring0 error ";

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
    fcntl(to[1], F_SETFL, O_NONBLOCK);
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

/* What stands behind the line's time and `mark`, or NULL. */
static const char *behind(const struct console *c, const char *mark)
{
    const char *end = strstr(c->line, "] ");
    if (end == NULL || strncmp(end + 2, mark, strlen(mark)) != 0) {
        return NULL;
    }
    return end + 2 + strlen(mark);
}

static void line_keep(struct console *c)
{
    c->line[c->len] = 0;
    memcpy(c->last[c->lines % CONSOLE_LAST], c->line, c->len + 1);
    c->lines++;
    c->len = 0;
    c->spoken = c->spoken || behind(c, spoken_mark) != NULL;
    const char *text = behind(c, footprint_mark);
    if (text != NULL && c->footprints < CONSOLE_FOOTPRINT) {
        memcpy(c->footprint[c->footprints++], text, strlen(text) + 1);
    }
    text = behind(c, error_mark);
    if (text != NULL && c->reason[0] == 0) {
        memcpy(c->reason, text, strlen(text) + 1);
    }
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

/* Once something is lost, all is, until what is held has gone and the loss has been told. */
static void hold(struct console *c, const char *bytes, size_t size)
{
    if (c->lost > 0 || size > sizeof(c->held) - c->held_len) {
        c->lost += size;
        return;
    }
    memcpy(c->held + c->held_len, bytes, size);
    c->held_len += size;
}

/* Only into an empty `held`. */
static void hold_loss(struct console *c)
{
    int len = snprintf(c->held, sizeof(c->held),
                       "\nsvsm-run: %lu bytes of the console went unread\n", c->lost);
    c->held_len = (size_t)len;
    c->lost = 0;
}

void console_add(struct console *c, const char *text, size_t size)
{
    hold(c, text, size);
    console_write(c);
}

bool console_waits(const struct console *c)
{
    return c->held_len > 0;
}

void console_write(struct console *c)
{
    size_t done = 0;
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    while (done < c->held_len && poll(&p, 1, 0) == 1) {
        /* A pipe that says it can be written to takes that much without blocking. */
        size_t part = c->held_len - done < PIPE_BUF ? c->held_len - done : PIPE_BUF;
        ssize_t n = write(c->out, c->held + done, part);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        /* A reader that is gone takes nothing from the TPM's clients. */
        c->failed = c->failed || n <= 0;
        done = n <= 0 ? c->held_len : done + (size_t)n;
    }
    c->held_len -= done;
    memmove(c->held, c->held + done, c->held_len);
    if (c->held_len == 0 && c->lost > 0) {
        hold_loss(c);
    }
}

bool console_read(struct console *c)
{
    char bytes[4096];
    for (unsigned reads = 0; reads < READS_MAX; reads++) {
        ssize_t n = read(c->in, bytes, sizeof(bytes));
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        keep(c, bytes, (size_t)n);
        hold(c, bytes, (size_t)n);
        console_write(c);
    }
    return true;
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

bool console_close(struct console *c)
{
    int status = 0;
    int64_t until = wait_now() + PATIENCE_MS;
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    while (c->held_len > 0 && wait_now() < until) {
        poll(&p, 1, 50);
        console_write(c);
    }
    if (c->symbolizer > 0) {
        close(c->out);
        status = wait_for(&c->symbolizer, PATIENCE_MS);
    }
    return status == 0 && c->held_len == 0 && !c->failed;
}
