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
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "child.h"
#include "clients.h"
#include "console.h"
#include "footprint.h"
#include "image.h"
#include "line.h"
#include "options.h"
#include "qemu.h"
#include "snp.h"
#include "socket.h"
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
    struct snp snp;
    struct console console;
    struct line line;
    struct socket_name name;
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

/* What TPM software takes as its TCTI; a shell reads the words behind `cmd:`. Freed by the caller.
 */
static char *tcti_make(void)
{
    char *text = NULL;
    size_t size = 0;
    char program[PATH_MAX + 16];
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    snprintf(program, sizeof(program), "%s/run/svsm-tpm", run.options.tools);
    fputs("cmd:", out);
    args_quote(out, program);
    fputc(' ', out);
    args_quote(out, run.options.tpm_socket);
    return fclose(out) == 0 ? text : NULL;
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
    if (all == NULL) {
        end_with(say_error(EXIT_LACKING, "name another place with --tpm-socket PATH",
                           "JSON cannot hold the path of the socket, which is not UTF-8"));
        return;
    }
    json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);
}

/* A line for a shell; between double quotes, if nothing in it means something there. */
static void export_print(FILE *out, const char *tcti)
{
    fputs("export TPM2TOOLS_TCTI=", out);
    if (strpbrk(tcti, "\"$`\\!'") == NULL) {
        fprintf(out, "\"%s\"\n", tcti);
    } else {
        args_quote(out, tcti);
        fputc('\n', out);
    }
}

/* On the console's way, so that a reader who does not read keeps nobody from the TPM. */
static void reachable_text(const char *tcti, double seconds)
{
    char *text = NULL;
    size_t size = 0;
    unsigned long lines = footprint_lines(run.options.tools);
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return;
    }
    fprintf(out, "\nFootprint:\n");
    for (unsigned i = 0; i < run.console.footprints; i++) {
        fprintf(out, "  %s\n", run.console.footprint[i]);
    }
    if (lines > 0) {
        fprintf(out, "  ring0 lines=%lu\n", lines);
    }
    fprintf(out, "\nTPM reachable after %.1f s at %s\n", seconds, run.options.tpm_socket);
    export_print(out, tcti);
    fprintf(out, "%s\n", run.options.once ? "" : "Ctrl-C ends it.\n");
    if (fclose(out) == 0) {
        console_add(&run.console, text, size);
    }
    free(text);
}

static enum exit_code unwritable(void)
{
    return say_error(EXIT_LACKING, "free space there, or write elsewhere",
                     "cannot write to standard output%s%s", errno != 0 ? ": " : "",
                     errno != 0 ? strerror(errno) : "");
}

static void reachable(void)
{
    char *tcti = tcti_make();
    double seconds = (double)(wait_now() - run.started) / 1000;
    if (tcti == NULL) {
        end_with(say_error(EXIT_LACKING, "free memory", "out of memory"));
        return;
    }
    (run.options.json ? reachable_json : reachable_text)(tcti, seconds);
    free(tcti);
    if (fflush(stdout) != 0) {
        end_with(unwritable());
    } else if (run.options.once && !run.over) {
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

/* It has not even come to the guest: a wrong argument, too little memory on this machine. */
static void qemu_refused(void)
{
    end_with(say_error(EXIT_LACKING,
                       "what it says names the cause: an argument behind --, or memory",
                       "QEMU does not start the guest:"));
    console_last(&run.console, stderr);
}

/* QEMU is gone, or does not speak any more. */
static void guest_ended(void)
{
    const char *reason = run.console.reason;
    const char *mend = NULL;
    console_read(&run.console);
    int status = wait_for(&run.qemu.pid, 2000);
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE && !run.console.spoken) {
        qemu_refused();
        return;
    }
    if (strstr(reason, "too little memory") != NULL) {
        mend = "tools/svsm run --memory SIZE gives it more";
    }
    if (WIFSIGNALED(status)) {
        say_error(EXIT_FAILED, mend,
                  "QEMU was ended by signal %d; the last lines:", WTERMSIG(status));
    } else if (reason[0] != 0) {
        say_error(EXIT_FAILED, mend, "the guest ended: %s; its last lines:", reason);
    } else {
        say_error(EXIT_FAILED, mend,
                  "the guest ended (QEMU's status %d); its last lines:", WEXITSTATUS(status));
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
    struct pollfd p[4 + CLIENTS_MAX];
    struct command answer;
    bool got = false;
    p[0] = (struct pollfd){.fd = run.qemu.console, .events = POLLIN};
    p[1] = (struct pollfd){.fd = run.qemu.line,
                           .events = (short)(POLLIN | (run.line.out_len > 0 ? POLLOUT : 0))};
    p[2] = (struct pollfd){.fd = console_waits(&run.console) ? run.console.out : -1,
                           .events = POLLOUT};
    clients_poll(&run.clients, p + 3, run.probe == PROBE_DONE);
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
    if (p[2].revents != 0) {
        console_write(&run.console);
    }
    clients_serve(&run.clients, p + 3);
    check_time();
    feed_line();
    if (!run.over && !line_write(&run.line)) {
        guest_ended();
    }
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void run_to_end(const char *path)
{
    run.started = wait_now();
    run.code = qemu_start(&run.qemu, &run.options, &run.snp, path);
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
    bool passed_on = console_close(&run.console);
    if (run.options.once && run.code == EXIT_FINE && !passed_on) {
        errno = 0;
        run.code = unwritable();
    }
}

/* So that nothing we open becomes our own standard output. */
static void hold_standard_files(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = dup(fd);
    }
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

/* The guest with the bridge: until it ends, or Ctrl-C. */
static enum exit_code serve(const char *path)
{
    enum exit_code code = socket_make(&run.name, run.options.tpm_socket, CLIENTS_MAX);
    if (code == EXIT_FINE) {
        clients_init(&run.clients, run.name.listener);
        run_to_end(path);
        clients_close(&run.clients);
        socket_remove(&run.name);
        code = run.code;
    }
    if (interrupted != 0 && code == EXIT_FINE) {
        bool early = run.probe != PROBE_DONE;
        say_note(early ? "ended before the TPM answered" : "ended");
        return early ? EXIT_SIGNAL + interrupted : EXIT_FINE;
    }
    return code;
}

/* The emulated SNP machine. */
static enum exit_code boot_snp(const char *path)
{
    enum exit_code code = snp_make(&run.snp, &run.options);
    if (code == EXIT_FINE) {
        code = options_own_guest(&run.options)
                   ? (enum exit_code)snp_follow(&run.snp, &run.options, path, &interrupted)
                   : serve(path);
    }
    snp_remove(&run.snp);
    return code;
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    (void)argc;
    hold_standard_files();
    say_as("svsm-run");
    enum exit_code code = options_parse(&run.options, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (run.options.help) {
        options_usage();
        return EXIT_FINE;
    }
    code = child_find_qemu(run.options.qemu, path);
    if (code == EXIT_FINE && !run.options.native) {
        code = snp_check(&run.options);
    }
    if (code == EXIT_FINE && run.options.dry_run) {
        qemu_print(&run.options, path);
        return EXIT_FINE;
    }
    catch_signals();
    if (code == EXIT_FINE && run.options.native) {
        code = image_check(run.options.image);
    }
    if (code == EXIT_FINE) {
        code = run.options.native ? serve(path) : boot_snp(path);
    }
    return code;
}
