/* SPDX-License-Identifier: MIT */
/*
 * One suite: fork, read its lines, watch the clock. Assumes that the working directory is the top
 * of the tree and that build/logs exists.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_LEN = 4096,
    TAIL_LINES = 25,
    STATUS_SKIPPED = 77,
};

struct run {
    const struct suite *suite;
    struct report *report;
    pid_t pid;
    int output; /* read end of its stdout */
    FILE *log;
    char log_path[256];
    char temp[64];
    char line[LINE_MAX_LEN];
    size_t line_len;
    bool line_long; /* the rest of an overlong line is dropped */
    size_t checks;
    double began;
    double last; /* when the previous check ended */
};

/* The group to end when we are told to end; 0 = none. */
static volatile sig_atomic_t running_group;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void run_kill(void)
{
    const pid_t group = running_group;
    if (group > 0) {
        kill(-group, SIGKILL);
    }
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

[[gnu::noreturn]] static void child_exec(const struct run *run, int output)
{
    setpgid(0, 0);
    const int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(fileno(run->log), STDERR_FILENO) < 0) {
        _exit(126);
    }
    setenv("TMPDIR", run->temp, 1);
    execvp(run->suite->args[0], run->suite->args);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", run->suite->args[0], strerror(errno));
    _exit(127);
}

/* Returns what failed, or NULL. */
static const char *run_start(struct run *run)
{
    snprintf(run->log_path, sizeof(run->log_path), "build/logs/test-%s.log", run->suite->name);
    snprintf(run->temp, sizeof(run->temp), "/tmp/svsm-test-XXXXXX");
    run->log = fopen(run->log_path, "we");
    if (run->log == NULL) {
        return "cannot write its log below build/logs";
    }
    setvbuf(run->log, NULL, _IOLBF, 0);
    int ends[2];
    if (mkdtemp(run->temp) == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        fclose(run->log);
        return "no temporary directory or no pipe";
    }
    run->began = run->last = now();
    run->pid = fork();
    if (run->pid == 0) {
        child_exec(run, ends[1]);
    }
    setpgid(run->pid, run->pid); /* as the child does: whoever comes first */
    running_group = run->pid;
    close(ends[1]);
    run->output = ends[0];
    return NULL;
}

static void line_done(struct run *run)
{
    run->line[run->line_len] = '\0';
    fprintf(run->log, "%s\n", run->line);
    const double time = now();
    if (report_line(run->report, run->suite->name, run->line, time - run->last)) {
        run->checks++;
        run->last = time;
    } else if (strncmp(run->line, "# ", 2) == 0) {
        printf("%s\n", run->line);
        fflush(stdout);
    }
    run->line_len = 0;
    run->line_long = false;
}

static void bytes_take(struct run *run, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char byte = bytes[i];
        if (byte == '\n') {
            line_done(run);
        } else if (byte == '\0' || byte == '\r' || run->line_long) {
            continue;
        } else if (run->line_len == LINE_MAX_LEN - 1) {
            run->line_long = true;
        } else {
            run->line[run->line_len++] = byte;
        }
    }
}

/*
 * Reads until the suite's own process has ended and its pipe is empty, or until the time is up.
 * A process that it left behind may hold the pipe open: that must not hold us up.
 */
static bool run_watch(struct run *run, int *status)
{
    const double end = run->began + run->suite->seconds;
    bool ended = false;
    bool open = true;
    while (now() < end) {
        struct pollfd poll_fd = {.fd = open ? run->output : -1, .events = POLLIN};
        const int ready = poll(&poll_fd, 1, ended ? 200 : 50);
        if (ready > 0) {
            char bytes[4096];
            const ssize_t count = read(run->output, bytes, sizeof(bytes));
            if (count > 0) {
                bytes_take(run, bytes, (size_t)count);
                continue;
            }
            open = false;
        }
        if (ended) {
            return true;
        }
        ended = waitpid(run->pid, status, WNOHANG) == run->pid;
    }
    return false;
}

static void group_end(struct run *run, bool ended)
{
    if (!ended) {
        kill(-run->pid, SIGTERM);
        for (int i = 0; i < 30 && waitpid(run->pid, NULL, WNOHANG) == 0; i++) {
            poll(NULL, 0, 100);
        }
    }
    if (kill(-run->pid, SIGKILL) == 0 && ended) {
        fprintf(run->log, "svsm-test: ended what the suite left running\n");
    }
    /* Orphans of the suite come to us (main made us their reaper): none stays as a zombie. */
    while (waitpid(-run->pid, NULL, 0) > 0 || errno == EINTR) {
    }
    running_group = 0;
}

static void log_tail(const char *path)
{
    char lines[TAIL_LINES][256];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return;
    }
    while (fgets(lines[count % TAIL_LINES], sizeof(lines[0]), file) != NULL) {
        count++;
    }
    fclose(file);
    printf("-- the end of %s:\n", path);
    for (size_t i = count > TAIL_LINES ? count - TAIL_LINES : 0; i < count; i++) {
        printf("   %.*s\n", (int)strcspn(lines[i % TAIL_LINES], "\n"), lines[i % TAIL_LINES]);
    }
}

/* What the suite as a whole did wrong, or skipped, beyond its own checks. */
static void run_judge(struct run *run, bool ended, int status, size_t failed_before)
{
    struct report *report = run->report;
    const char *name = run->suite->name;
    const double seconds = now() - run->last;
    const bool failed = report->counts[VERDICT_FAILED] != failed_before;
    char why[128] = "";
    if (!ended) {
        snprintf(why, sizeof(why), "- timed out after %u s", run->suite->seconds);
    } else if (WIFSIGNALED(status)) {
        snprintf(why, sizeof(why), "- ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) == STATUS_SKIPPED && run->checks == 0) {
        report_check(report, name, "suite", VERDICT_SKIPPED, seconds, "- it skipped itself");
        return;
    } else if (WEXITSTATUS(status) != 0 && !failed) {
        snprintf(why, sizeof(why), "- exit status %d", WEXITSTATUS(status));
    } else if (run->checks == 0) {
        snprintf(why, sizeof(why), "- it ended without a single check");
    }
    if (*why != '\0') {
        report_check(report, name, "suite", VERDICT_FAILED, seconds, why);
    }
}

void run_suite(const struct suite *suite, struct report *report)
{
    struct run run = {.suite = suite, .report = report};
    const size_t failed_before = report->counts[VERDICT_FAILED];
    const char *wrong = run_start(&run);
    if (wrong != NULL) {
        report_check(report, suite->name, "suite", VERDICT_FAILED, 0, wrong);
        return;
    }
    int status = 0;
    const bool ended = run_watch(&run, &status);
    group_end(&run, ended);
    close(run.output);
    if (run.line_len != 0) {
        line_done(&run);
    }
    run_judge(&run, ended, status, failed_before);
    fclose(run.log);
    nftw(run.temp, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (report->counts[VERDICT_FAILED] != failed_before) {
        log_tail(run.log_path);
    }
}
