/* SPDX-License-Identifier: MIT */
/*
 * svsm-emu: one SEV-SNP guest in the emulated machine. Lays the guest out and measures it, starts
 * QEMU with our hypervisor in it, and then plays the firmware: one loop over poll() with console,
 * debug console and mailbox. Everything it starts is gone when it ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "debug.h"
#include "ending.h"
#include "guest.h"
#include "lines.h"
#include "machine.h"
#include "measure.h"
#include "post.h"
#include "record.h"
#include "symbols.h"
#include "wait.h"

#define TURN_MS 200
#define READS_MAX 64   /* at once from one of its pipes, of which each holds less */
#define LINGER_MS 2000 /* from hv's last word to QEMU's end */
/*
 * What QEMU says and nobody needs: its models list features that its TCG has not, and hv hides them
 * from the guest in any case; and that we have ended it.
 */
static const char *const noise[] = {"TCG doesn't support requested feature",
                                    "terminating on signal 15"};

enum { POLL_CONSOLE, POLL_COMPLAINT, POLL_LINES, POLL_MAILBOX, POLL_STDIN, POLL_INPUT, POLL_COUNT };

struct run {
    struct options options;
    struct guest guest;
    struct machine machine;
    struct lines lines;
    struct post post;
    struct record record;
    struct symbols *symbols;
    FILE *json; /* NULL: not asked for, or written */
    enum ending_cause cause;
    char complaint[1024];
    size_t complaint_len;
    char typed[1024]; /* for the guest's COM1 */
    size_t typed_len;
};

static struct run run;
static volatile sig_atomic_t interrupted;

static volatile sig_atomic_t late; /* --timeout */

static void on_signal(int number)
{
    interrupted = number;
    alarm(1); /* as below */
}

static void on_alarm(int number)
{
    (void)number;
    late = 1;
}

/*
 * Who reads us may have stopped doing so: then a write ends neither by itself nor at the time-out.
 * So the alarm comes, and comes again, since one may come just before a write.
 */
static void alarm_set(uint32_t seconds)
{
    const struct itimerval when = {.it_value = {.tv_sec = seconds},
                                   .it_interval = {.tv_usec = TURN_MS * 1000}};

    setitimer(ITIMER_REAL, &when, NULL);
}

static enum exit_code failed(const struct fail *f)
{
    return say_error(EXIT_FAILED, f->mend, "%s", f->what);
}

/* All of it, if the reader is still there; at the end of all no more than it takes at once. */
static void pass_on(int fd, const char *bytes, size_t size)
{
    static bool deaf;

    while (size > 0 && !deaf) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) {
            deaf = late || interrupted != 0;
            continue;
        }
        if (n <= 0) {
            return;
        }
        bytes += n;
        size -= (size_t)n;
    }
}

static bool is_noise(const char *line)
{
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        if (strstr(line, noise[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void complain(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '\n') {
            if (run.complaint_len < sizeof(run.complaint) - 1) {
                run.complaint[run.complaint_len++] = bytes[i];
            }
            continue;
        }
        run.complaint[run.complaint_len] = 0;
        run.complaint_len = 0;
        if (!is_noise(run.complaint)) {
            fprintf(stderr, "%s\n", run.complaint);
        }
    }
}

/* What there is to read goes where it belongs. False: no more will come. */
static bool drain(int fd, unsigned which)
{
    char bytes[4096];
    for (unsigned i = 0; i < READS_MAX; i++) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        if (which == POLL_CONSOLE) {
            pass_on(STDOUT_FILENO, bytes, (size_t)n);
        } else if (which == POLL_COMPLAINT) {
            complain(bytes, (size_t)n);
        } else {
            lines_feed(&run.lines, bytes, (size_t)n);
        }
    }
    return true;
}

static void input_close(void)
{
    if (run.machine.input >= 0) {
        close(run.machine.input);
        run.machine.input = -1;
    }
}

/* From standard input to the guest's COM1, no faster than QEMU takes it. */
static void input_turn(const struct pollfd *from, const struct pollfd *to)
{
    if (from->revents != 0) {
        ssize_t n = read(from->fd, run.typed, sizeof(run.typed));
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
            input_close();
            return;
        }
        run.typed_len = n < 0 ? 0 : (size_t)n;
    }
    if (to->revents != 0 && run.typed_len > 0) {
        ssize_t n = write(to->fd, run.typed, run.typed_len);
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            input_close();
            return;
        }
        run.typed_len -= n < 0 ? 0 : (size_t)n;
        memmove(run.typed, run.typed + (n < 0 ? 0 : n), run.typed_len);
    }
}

/* False: QEMU is at its end, or it cannot go on. */
static bool turn(void)
{
    const struct machine *m = &run.machine;
    bool open = m->input >= 0;
    bool alive = true;
    struct pollfd p[POLL_COUNT] = {
        [POLL_CONSOLE] = {.fd = m->console, .events = POLLIN},
        [POLL_COMPLAINT] = {.fd = m->complaint, .events = POLLIN},
        [POLL_LINES] = {.fd = m->lines, .events = POLLIN},
        [POLL_MAILBOX] = {.fd = m->mailbox,
                          .events = (short)(POLLIN | (post_waits(&run.post) ? POLLOUT : 0))},
        [POLL_STDIN] = {.fd = open && run.typed_len == 0 ? STDIN_FILENO : -1, .events = POLLIN},
        [POLL_INPUT] = {.fd = run.typed_len > 0 ? m->input : -1, .events = POLLOUT},
    };
    if (poll(p, POLL_COUNT, TURN_MS) < 0) {
        return true; /* a signal */
    }
    for (unsigned i = POLL_CONSOLE; i <= POLL_LINES; i++) {
        if (p[i].revents != 0) {
            alive = drain(p[i].fd, i) && alive;
        }
    }
    if (p[POLL_MAILBOX].revents != 0) {
        alive = post_turn(&run.post) && alive;
    }
    input_turn(&p[POLL_STDIN], &p[POLL_INPUT]);
    return alive;
}

/* Everything that is still on its way. */
static void drain_all(void)
{
    drain(run.machine.console, POLL_CONSOLE);
    drain(run.machine.complaint, POLL_COMPLAINT);
    drain(run.machine.lines, POLL_LINES);
}

/* hv has not said why. */
static int ended_without_word(int status)
{
    run.cause = interrupted != 0 ? ENDING_SIGNAL : ENDING_LOST;
    if (interrupted != 0) {
        return EXIT_SIGNAL + interrupted;
    }
    if (WIFSIGNALED(status)) {
        return say_error(EXIT_FAILED, NULL, "QEMU was ended by signal %d", WTERMSIG(status));
    }
    return say_error(EXIT_FAILED, NULL, "QEMU ended with status %d, and nobody said why",
                     WEXITSTATUS(status));
}

/* Of the command line's lies. Not where the machine itself was lost. */
static void say_untold(void)
{
    for (uint32_t i = 0; i < run.options.lie_count; i++) {
        if ((run.lines.told >> i & 1) == 0) {
            say_note("warning: --lie %s was never told", run.options.lie_texts[i]);
        }
    }
}

/* An OVMF that is too old ends so, among other ends; NULL: it did not. */
static const char *firmware_mend(void)
{
    bool old = run.options.guest == OPTIONS_FIRMWARE &&
               strstr(run.lines.last, " rule=private-no-memory ") != NULL;

    return old ? "if it is Debian's OVMF of release 12: that of 13 or later; `tools/svsm setup "
                 "--test` "
                 "fetches one, `tools/svsm setup --print-env` says where (SVSM_FIRMWARE)"
               : NULL;
}

static int run_to_end(void)
{
    bool alive = true;
    alarm_set(run.options.timeout);
    while (alive && interrupted == 0 && !run.lines.ended) {
        if (late) {
            machine_end(&run.machine);
            drain_all();
            run.cause = ENDING_TIMEOUT;
            say_untold();
            say_error(LINES_CODE_TIMEOUT, "--timeout SECONDS waits longer",
                      "the guest did not end within %u s", run.options.timeout);
            return LINES_CODE_TIMEOUT;
        }
        alive = turn();
    }
    int status = run.lines.ended || !alive ? wait_for(&run.machine.pid, LINGER_MS)
                                           : machine_end(&run.machine);
    drain_all();
    if (!run.lines.ended) {
        return ended_without_word(status);
    }
    say_untold();
    if (run.lines.why[0] != 0) {
        say_error(EXIT_FAILED, firmware_mend(), "%s", run.lines.why);
    }
    return run.lines.code;
}

static void signals_set(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTTIN, SIG_IGN); /* in the background there is nothing to read */
}

static int write_json(int status)
{
    char hex[2 * PSP_DIGEST_SIZE + 1];
    FILE *file = run.json;
    if (file == NULL) {
        return status;
    }
    measure_hex(run.guest.digest, hex);
    struct ending e = {
        .cause = run.cause, .status = status, .digest = hex, .psp = psp_counted(run.guest.psp)};
    run.json = NULL;
    if (!ending_write(file, &e, &run.lines)) {
        say_error(EXIT_LACKING, "free space there, or write elsewhere", "cannot write %s",
                  run.options.json);
        return status == EXIT_FINE ? EXIT_LACKING : status;
    }
    return status;
}

static int start_and_run(const char *qemu)
{
    size_t size;
    uint64_t image_size = run.guest.image.pages_size;
    struct launch_header *header = &run.guest.image.header;
    struct machine_memory memory;
    enum exit_code code = machine_plan(&run.options, image_size, &memory);
    if (code != EXIT_FINE) {
        return code;
    }
    if (run.options.dry_run) {
        machine_print(&run.options, qemu, &memory);
        return EXIT_FINE;
    }
    header->memory = memory.low;
    header->high = memory.high;
    header->hv_reserve = memory.reserve;
    uint8_t *image = image_finish(&run.guest.image, &size);
    if (image == NULL) {
        return say_error(EXIT_LACKING, "free memory", "no memory for the launch image");
    }
    code = machine_start(&run.machine, &run.options, qemu, &memory, image, size);
    explicit_bzero(image, size); /* it has the guest's keys */
    free(image);
    if (code != EXIT_FINE) {
        return code;
    }
    if (run.options.gdb != NULL) {
        debug_say(&run.options);
    }
    lines_init(&run.lines, run.symbols, &run.record);
    post_init(&run.post, run.machine.mailbox, run.guest.psp,
              (run.options.trace & LAUNCH_TRACE_GHCB) != 0);
    int status = run_to_end();
    if (!record_end(&run.record)) {
        say_error(EXIT_LACKING, "free space there, or write elsewhere", "cannot write %s",
                  run.options.record);
        status = status == EXIT_FINE ? EXIT_LACKING : status;
    }
    return write_json(status);
}

static void digest_print(FILE *file, const char *what)
{
    char hex[2 * PSP_DIGEST_SIZE + 1];
    measure_hex(run.guest.digest, hex);
    fprintf(file, "%s%s\n", what, hex);
}

/* What can be found wrong before a guest is looked at. */
static enum exit_code prepare(char qemu[PATH_MAX], struct fail *f)
{
    if (run.options.symbols != NULL) {
        run.symbols = symbols_open(run.options.symbols, f);
        if (run.symbols == NULL) {
            return failed(f);
        }
    }
    if (run.options.json != NULL && !run.options.dry_run) {
        run.json = fopen(run.options.json, "we");
        if (run.json == NULL) {
            return say_error(EXIT_FAILED, NULL, "cannot write %s: %s", run.options.json,
                             strerror(errno));
        }
    }
    if (run.options.record != NULL && !run.options.dry_run) {
        FILE *file = fopen(run.options.record, "we");
        if (file == NULL) {
            return say_error(EXIT_FAILED, NULL, "cannot write %s: %s", run.options.record,
                             strerror(errno));
        }
        record_begin(&run.record, file);
    }
    if (access(run.options.hv, R_OK) != 0) {
        return say_error(EXIT_LACKING, "tools/svsm build makes it; --hv FILE names another",
                         "there is no hypervisor %s", run.options.hv);
    }
    return child_find_qemu(run.options.qemu, qemu);
}

static int emulate(void)
{
    char qemu[PATH_MAX];
    struct fail f = {0};
    enum exit_code code = run.options.measure ? EXIT_FINE : prepare(qemu, &f);
    if (code != EXIT_FINE) {
        return code;
    }
    if (!guest_measure(&run.guest, &run.options, &f)) {
        return failed(&f);
    }
    if (run.options.measure) {
        digest_print(stdout, "");
        return EXIT_FINE;
    }
    digest_print(run.options.dry_run ? stdout : stderr,
                 run.options.dry_run ? "# launch digest " : "launch digest ");
    if (!guest_launch(&run.guest, &run.options, &f)) {
        return failed(&f);
    }
    return start_and_run(qemu);
}

int main(int argc, char **argv)
{
    (void)argc;
    say_as("svsm-emu");
    enum exit_code code = options_parse(&run.options, argv);
    if (code != EXIT_FINE) {
        return code;
    }
    if (run.options.help) {
        options_usage();
        return EXIT_FINE;
    }
    if (run.options.lie_list) {
        options_lies();
        return EXIT_FINE;
    }
    signals_set();
    int status = emulate();
    machine_end(&run.machine);
    guest_free(&run.guest);
    symbols_close(run.symbols);
    if (run.json != NULL) {
        fclose(run.json);
    }
    (void)record_end(&run.record); /* of a machine that did not start */
    if (fflush(stdout) != 0 && status == EXIT_FINE) {
        status = say_error(EXIT_LACKING, "free space there, or write elsewhere",
                           "cannot write to standard output: %s", strerror(errno));
    }
    return status;
}
