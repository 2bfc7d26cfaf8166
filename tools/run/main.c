/* SPDX-License-Identifier: MIT */
/*
 * svsm-run: boots the SVSM in QEMU and bridges its TPM to a UNIX socket. One loop over poll():
 * console, line, clients. Everything it starts or makes is gone when it ends.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients.h"
#include "console.h"
#include "footprint.h"
#include "line.h"
#include "options.h"
#include "qemu.h"
#include "wait.h"

/* What must have been answered before the TPM counts as reachable. */
enum probe {
    PROBE_STARTUP,
    PROBE_CAPABILITY,
    PROBE_DONE,
};

struct run {
    struct options options;
    struct qemu qemu;
    struct console console;
    struct line line;
    struct clients clients;
    enum probe probe;
    bool probing; /* the command under way is the probe's */
    int64_t started;
    enum exit_code code;
    bool over;
};

static struct run run;
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

/* TPM2_Startup(CLEAR), as firmware sends it, and TPM2_GetCapability(TPM_PT_MANUFACTURER). */
static const struct command probe_startup = {.len = 12,
                                             .bytes = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0}};
static const struct command probe_capability = {
    .len = 22, .bytes = {0x80, 1, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 6, 0, 0, 1, 5, 0, 0, 0, 1}};

static void end_with(enum exit_code code)
{
    run.code = code;
    run.over = true;
}

/* What TPM software takes as its TCTI; a shell reads the words behind `cmd:`. */
static void tcti_format(char *out, size_t size)
{
    const char *socket = run.options.tpm_socket;
    bool plain = strpbrk(run.options.tools, " \t()&;<>|*?[]#~'") == NULL &&
                 strpbrk(socket, " \t()&;<>|*?[]#~'") == NULL;
    snprintf(out, size, plain ? "cmd:%s/run/svsm-tpm %s" : "cmd:'%s/run/svsm-tpm' '%s'",
             run.options.tools, socket);
}

static void reachable_json(const char *tcti, double seconds)
{
    json_t *lines = json_array();
    for (unsigned i = 0; i < run.console.footprints; i++) {
        json_array_append_new(lines, json_string(run.console.footprint[i]));
    }
    json_t *all = json_pack("{s:b, s:f, s:s, s:s, s:o, s:I}", "reachable", 1, "seconds", seconds,
                            "socket", run.options.tpm_socket, "tcti", tcti, "footprint", lines,
                            "ring0_lines", (json_int_t)footprint_lines(run.options.tools));
    json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}

static void reachable_text(const char *tcti, double seconds)
{
    unsigned long lines = footprint_lines(run.options.tools);
    printf("\nFootprint:\n");
    for (unsigned i = 0; i < run.console.footprints; i++) {
        printf("  %s\n", run.console.footprint[i]);
    }
    if (lines > 0) {
        printf("  ring0 lines=%lu\n", lines);
    }
    printf("\nTPM reachable after %.1f s at %s\n", seconds, run.options.tpm_socket);
    printf("export TPM2TOOLS_TCTI=\"%s\"\n", tcti);
    if (!run.options.once) {
        printf("Ctrl-C ends it.\n");
    }
    putchar('\n');
}

static void reachable(void)
{
    char tcti[3 * PATH_MAX];
    double seconds = (double)(wait_now() - run.started) / 1000;
    tcti_format(tcti, sizeof(tcti));
    (run.options.json ? reachable_json : reachable_text)(tcti, seconds);
    if (fflush(stdout) != 0) {
        end_with(say_error(EXIT_LACKING, "free space there, or write elsewhere",
                           "cannot write to standard output: %s", strerror(errno)));
    } else if (run.options.once) {
        end_with(EXIT_FINE);
    }
}

static void probe_answer(const struct command *answer)
{
    uint32_t code = command_code(answer->bytes);
    run.probing = false;
    if (code == 0 || (run.probe == PROBE_STARTUP && code == TPM_RC_INITIALIZE)) {
        run.probe = run.probe == PROBE_STARTUP ? PROBE_CAPABILITY : PROBE_DONE;
        if (run.probe == PROBE_DONE) {
            reachable();
        }
    } else if (code != TPM_RC_RETRY) {
        end_with(say_error(EXIT_FAILED, "look at the console above for what the vTPM says",
                           "the TPM answers %s with code 0x%03x",
                           run.probe == PROBE_STARTUP ? "TPM2_Startup" : "TPM2_GetCapability",
                           code));
    }
}

static void answered(const struct command *answer)
{
    if (run.probing) {
        probe_answer(answer);
    } else {
        clients_answer(&run.clients, answer);
    }
}

/* If the line is free, the next command goes onto it. */
static void feed_line(void)
{
    const struct command *next;
    if (run.line.state != LINE_IDLE) {
        return;
    }
    if (run.probe != PROBE_DONE) {
        next = run.probe == PROBE_STARTUP ? &probe_startup : &probe_capability;
        run.probing = true;
    } else {
        next = clients_next(&run.clients);
    }
    if (next != NULL) {
        line_send(&run.line, next);
    }
}

/* QEMU is gone, or does not speak any more. */
static void guest_ended(void)
{
    console_read(&run.console);
    int status = wait_for(&run.qemu.pid, 2000);
    if (WIFEXITED(status)) {
        say_error(EXIT_FAILED, NULL,
                  "the guest ended (QEMU's status %d); its last lines:", WEXITSTATUS(status));
    } else {
        say_error(EXIT_FAILED, NULL,
                  "QEMU was ended by signal %d; the last lines:", WTERMSIG(status));
    }
    console_last(&run.console, stderr);
    end_with(EXIT_FAILED);
}

static void check_time(void)
{
    struct command answer;
    if (line_expire(&run.line, &answer)) {
        answered(&answer);
    }
    if (run.probe != PROBE_DONE && wait_now() - run.started > (int64_t)run.options.timeout * 1000) {
        say_error(
            EXIT_FAILED, "--timeout S waits longer; is `serial` among the system's tasks?",
            "the TPM did not answer within %u s; the console's last lines:", run.options.timeout);
        console_last(&run.console, stderr);
        end_with(EXIT_FAILED);
    }
}

static void turn(void)
{
    struct pollfd p[3 + CLIENTS_MAX];
    struct command answer;
    bool got = false;
    p[0] = (struct pollfd){.fd = run.qemu.console, .events = POLLIN};
    p[1] = (struct pollfd){.fd = run.qemu.line,
                           .events = (short)(POLLIN | (run.line.out_len > 0 ? POLLOUT : 0))};
    clients_poll(&run.clients, p + 2, run.probe == PROBE_DONE);
    if (poll(p, sizeof(p) / sizeof(p[0]), 200) < 0) {
        return; /* a signal */
    }
    if (p[0].revents != 0 && !console_read(&run.console)) {
        guest_ended();
        return;
    }
    if (p[1].revents != 0 && !line_read(&run.line, &answer, &got)) {
        guest_ended();
        return;
    }
    if (got) {
        answered(&answer);
    }
    clients_serve(&run.clients, p + 2);
    check_time();
    feed_line();
    if (!run.over && !line_write(&run.line)) {
        guest_ended();
    }
}

static enum exit_code image_check(const struct options *o)
{
    struct stat st;
    if (stat(o->image, &st) != 0 || !S_ISREG(st.st_mode) || access(o->image, R_OK) != 0) {
        return say_error(EXIT_LACKING, "tools/svsm build makes it; --image FILE names another",
                         "there is no image %s", o->image);
    }
    return EXIT_FINE;
}

static void run_to_end(const char *path)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    run.started = wait_now();
    run.code = qemu_start(&run.qemu, &run.options, path);
    if (run.code != EXIT_FINE) {
        return;
    }
    console_open(&run.console, run.qemu.console, run.options.json ? STDERR_FILENO : STDOUT_FILENO,
                 run.options.tools, run.options.map);
    line_init(&run.line, run.qemu.line);
    while (!run.over && interrupted == 0) {
        turn();
    }
    qemu_end(&run.qemu);
    console_close(&run.console);
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    (void)argc;
    enum exit_code code = options_parse(&run.options, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (run.options.help) {
        options_usage();
        return EXIT_FINE;
    }
    code = qemu_find(&run.options, path);
    if (code == EXIT_FINE && run.options.dry_run) {
        qemu_print(&run.options, path);
        return EXIT_FINE;
    }
    if (code == EXIT_FINE) {
        code = image_check(&run.options);
    }
    for (unsigned i = 0; i < CLIENTS_MAX; i++) {
        run.clients.list[i].fd = -1;
    }
    if (code == EXIT_FINE) {
        code = clients_listen(&run.clients, run.options.tpm_socket);
    }
    if (code == EXIT_FINE) {
        run_to_end(path);
        clients_close(&run.clients);
        code = run.code;
    }
    if (interrupted != 0 && code == EXIT_FINE) {
        say_note("ended");
    }
    return code;
}
