/* SPDX-License-Identifier: MIT */
/*
 * svsm-bench-tpm: the same TPM commands in our vTPM, in the distribution's libtpms on OpenSSL and
 * in swtpm, in turns, on one CPU, from one permanent state. A line per command in the form of
 * tests/README.md, then a table. A response that is not right fails; being slow does not.
 */
#include "cases.h"
#include "series.h"
#include "target.h"

#include <ftw.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { OURS, LIBTPMS, SWTPM, TARGETS };
enum { INSIDE, SOCKET, VIEWS };
enum { EXIT_USAGE = 2, EXIT_LACKING = 3 };
#define CASES_MAX 32
#define ROUNDS_DEFAULT 10
#define ROUNDS_MAX 1000

static const char usage_text[] =
    "usage: svsm-bench-tpm [--rounds N] [--once]\n"
    "\n"
    "Times TPM commands in our vTPM (the service's own object files, as a Linux process), in the\n"
    "distribution's libtpms on OpenSSL and in swtpm. They take turns in every round, on one CPU.\n"
    "Times are microseconds: of the first two inside the process, of swtpm over its socket, which\n"
    "is the only way there is; ours_socket_us is our vTPM over such a socket. A ratio is the\n"
    "median of the rounds' ratios, with the least and the most. Below 1: ours is faster.\n"
    "\n"
    "  --rounds N  rounds (default 10)\n"
    "  --once      each command once a round: shows that it works, not how fast it is\n";

struct bench {
    struct target targets[TARGETS];
    bool present[TARGETS];
    unsigned rounds;
    bool once;
    struct series series[CASES_MAX][TARGETS][VIEWS];
    bool wrong[CASES_MAX];
    double us_per_tick;
    char folder[PATH_MAX]; /* swtpm's state */
};

static unsigned times_a_round(const struct bench *bench, const struct bench_case *k)
{
    return bench->once ? 1 : k->count;
}

static bool one(struct target *t, build_fn *build, unsigned index)
{
    struct command c;
    build(&c, &t->memory, index);
    return target_do(t, JOB_COMMAND, &c, 1, NULL, NULL, NULL);
}

static bool prepare(struct target *t, const struct bench_case *k)
{
    for (int i = 0; i < 2 && k->prepare[i] != NULL; i++) {
        if (!one(t, k->prepare[i], 0)) {
            return false;
        }
    }
    return !k->keep || memory_keep(&t->memory, t->response, t->response_size);
}

/* Times a worker's own commands: in one job if they are all the same. */
static bool time_inside(struct target *t, const struct bench_case *k, unsigned count,
                        unsigned first, uint64_t *ticks)
{
    struct command c = {0};
    struct command after = {0};
    const unsigned each = k->vary || k->power ? 1 : count;
    if (k->after != NULL) {
        k->after(&after, &t->memory, 0);
    }
    for (unsigned i = 0; i < count; i += each) {
        if (k->build != NULL) {
            k->build(&c, &t->memory, first + i);
        }
        if ((k->power && !target_do(t, JOB_POWER, NULL, 1, NULL, NULL, NULL)) ||
            !target_do(t, k->kind, &c, each, &after, ticks + i, NULL)) {
            return false;
        }
    }
    return true;
}

/* Times whole exchanges over the socket. */
static bool time_socket(struct target *t, const struct bench_case *k, unsigned count,
                        unsigned first, uint64_t *ticks)
{
    struct command c = {0};
    for (unsigned i = 0; i < count; i++) {
        if (k->build != NULL) {
            k->build(&c, &t->memory, first + i);
        }
        if ((k->power && !target_do(t, JOB_POWER, NULL, 1, NULL, NULL, NULL)) ||
            !target_do(t, k->kind, &c, 1, NULL, NULL, ticks + i)) {
            return false;
        }
        if (k->after != NULL && i + 1 < count && !one(t, k->after, 0)) {
            return false;
        }
    }
    return true;
}

/* All of a case in one TPM in one round. The last response stays for the comparison. */
static bool case_time(struct bench *bench, unsigned number, int which, unsigned round)
{
    const struct bench_case *k = &bench_cases[number];
    struct target *t = &bench->targets[which];
    struct series *series = bench->series[number][which];
    const unsigned count = times_a_round(bench, k);
    const unsigned first = round * count;
    uint64_t *inside = series_round(&series[INSIDE]);
    uint64_t *socket = series_round(&series[SOCKET]);
    if (!prepare(t, k) || (target_is_worker(t) && !time_inside(t, k, count, first, inside)) ||
        !time_socket(t, k, count, first, socket)) {
        return false;
    }
    static struct target last; /* its response, over what follows */
    last = *t;
    if ((k->after != NULL && !one(t, k->after, 0)) || (k->clean != NULL && !one(t, k->clean, 0))) {
        return false;
    }
    memcpy(t->response, last.response, last.response_size);
    t->response_size = last.response_size;
    return true;
}

static bool responses_equal(const struct target *a, const struct target *b)
{
    return a->response_size == b->response_size &&
           memcmp(a->response, b->response, a->response_size) == 0;
}

static bool round_run(struct bench *bench, unsigned round)
{
    for (unsigned number = 0; number < bench_case_count; number++) {
        for (unsigned turn = 0; turn < TARGETS; turn++) {
            const int which = (int)((round + turn) % TARGETS);
            if (bench->present[which] && !case_time(bench, number, which, round)) {
                printf("not ok %s - %s failed in round %u, see the log\n", bench_cases[number].name,
                       bench->targets[which].name, round + 1);
                return false;
            }
        }
        for (int which = LIBTPMS; which < TARGETS; which++) {
            if (bench_cases[number].same && bench->present[which] &&
                !responses_equal(&bench->targets[OURS], &bench->targets[which])) {
                bench->wrong[number] = true;
            }
        }
    }
    return true;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* All rounds. The clock tells what a tick was. */
static bool rounds_run(struct bench *bench)
{
    const uint64_t began = now_ns();
    const uint64_t began_ticks = ticks_now();
    bool good = true;
    for (unsigned round = 0; round < bench->rounds && good; round++) {
        good = round_run(bench, round);
    }
    bench->us_per_tick = (double)(now_ns() - began) / 1000 / (double)(ticks_now() - began_ticks);
    return good;
}

static double us(const struct bench *bench, const struct series *s, unsigned part)
{
    return series_percentile(s, part) * bench->us_per_tick;
}

static void print_times(const struct bench *bench, const char *name, const struct series *s)
{
    printf(" %s_us=%.2f %s_p10_us=%.2f %s_p90_us=%.2f", name, us(bench, s, 50), name,
           us(bench, s, 10), name, us(bench, s, 90));
}

static void print_ratio(const char *name, struct ratio r)
{
    printf(" %s=%.3f %s_least=%.3f %s_most=%.3f", name, r.median, name, r.least, name, r.most);
}

static void case_print(const struct bench *bench, unsigned number)
{
    const struct series(*s)[VIEWS] = bench->series[number];
    const bool wrong = bench->wrong[number];
    printf("%s %s times=%u", wrong ? "not ok" : "ok", bench_cases[number].name,
           s[OURS][INSIDE].count);
    print_times(bench, "ours", &s[OURS][INSIDE]);
    print_times(bench, "libtpms", &s[LIBTPMS][INSIDE]);
    print_times(bench, "ours_socket", &s[OURS][SOCKET]);
    print_ratio("ours_per_libtpms", series_ratio(&s[OURS][INSIDE], &s[LIBTPMS][INSIDE]));
    if (bench->present[SWTPM]) {
        print_times(bench, "swtpm", &s[SWTPM][SOCKET]);
        print_ratio("ours_per_swtpm", series_ratio(&s[OURS][INSIDE], &s[SWTPM][SOCKET]));
        print_ratio("ours_socket_per_swtpm", series_ratio(&s[OURS][SOCKET], &s[SWTPM][SOCKET]));
    }
    printf("%s\n", wrong ? " - the TPMs answer differently" : "");
}

static void table_print(const struct bench *bench)
{
    printf("#\n# median us%20s%10s%10s%10s   %-22s%-22s%s\n", "", "", "ours on", "", "ours/libtpms",
           "ours/swtpm", "on a socket");
    printf("# %-18s%11s%10s%10s%10s   %-22s%-22s%s\n", "command", "ours", "libtpms", "a socket",
           "swtpm", "(least..most)", "(least..most)", "ours/swtpm");
    for (unsigned i = 0; i < bench_case_count; i++) {
        const struct series(*s)[VIEWS] = bench->series[i];
        const struct ratio lib = series_ratio(&s[OURS][INSIDE], &s[LIBTPMS][INSIDE]);
        const struct ratio other = series_ratio(&s[OURS][INSIDE], &s[SWTPM][SOCKET]);
        const struct ratio even = series_ratio(&s[OURS][SOCKET], &s[SWTPM][SOCKET]);
        printf("# %-18s%11.2f%10.2f%10.2f%10.2f   %6.3f (%.3f..%.3f)%*s", bench_cases[i].name,
               us(bench, &s[OURS][INSIDE], 50), us(bench, &s[LIBTPMS][INSIDE], 50),
               us(bench, &s[OURS][SOCKET], 50), us(bench, &s[SWTPM][SOCKET], 50), lib.median,
               lib.least, lib.most, 1, "");
        printf("%6.3f (%.3f..%.3f) %6.3f\n", other.median, other.least, other.most, even.median);
    }
}

/* Everything below runs where this runs: no moves between CPUs, the same caches for all. */
static void stay_here(void)
{
    cpu_set_t set;
    const int cpu = sched_getcpu();
    CPU_ZERO(&set);
    if (cpu >= 0) {
        CPU_SET((size_t)cpu, &set);
        (void)sched_setaffinity(0, sizeof(set), &set);
    }
}

static bool worker_start(struct bench *bench, int which, const char *name, const char *program)
{
    char self[PATH_MAX];
    char path[PATH_MAX + 64];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len < 0) {
        return false;
    }
    self[len] = '\0';
    snprintf(path, sizeof(path), "%s/%s", dirname(self), program);
    bench->present[which] = target_start_worker(&bench->targets[which], name, path);
    return bench->present[which];
}

/* swtpm is a test's package, not one that building needs: it may be missing. */
static bool swtpm_start(struct bench *bench)
{
    if (system("command -v swtpm >/dev/null 2>&1") != 0) {
        printf("skip swtpm - it is not installed\n");
        return true;
    }
    char *const folder = bench->folder;
    const char *temp = getenv("TMPDIR");
    snprintf(folder, sizeof(bench->folder), "%s/bench-tpm-XXXXXX", temp == NULL ? "/tmp" : temp);
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        folder[0] = '\0';
        return false;
    }
    bench->present[SWTPM] = target_start_swtpm(&bench->targets[SWTPM], "swtpm", folder);
    return bench->present[SWTPM];
}

/* All three, as one TPM: the same seeds, so the same keys. */
static bool targets_start(struct bench *bench)
{
    static uint8_t state[STATE_MAX];
    size_t size = 0;
    if (!worker_start(bench, OURS, "our vTPM", "bench-tpm-ours") ||
        !worker_start(bench, LIBTPMS, "libtpms", "bench-tpm-openssl") || !swtpm_start(bench)) {
        return false;
    }
    struct target *first = &bench->targets[bench->present[SWTPM] ? SWTPM : LIBTPMS];
    return target_state(first, state, &size) && target_adopt(&bench->targets[OURS], state, size) &&
           target_adopt(&bench->targets[LIBTPMS], state, size);
}

static int entry_remove(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void bench_free(struct bench *bench)
{
    for (unsigned i = 0; i < TARGETS; i++) {
        target_stop(&bench->targets[i]);
        for (unsigned k = 0; k < bench_case_count; k++) {
            series_free(&bench->series[k][i][INSIDE]);
            series_free(&bench->series[k][i][SOCKET]);
        }
    }
    if (bench->folder[0] != '\0') {
        (void)nftw(bench->folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
}

static bool bench_run(struct bench *bench)
{
    bool good = true;
    for (unsigned i = 0; i < bench_case_count; i++) {
        for (unsigned j = 0; j < TARGETS * VIEWS; j++) {
            series_init(&bench->series[i][j / VIEWS][j % VIEWS],
                        times_a_round(bench, &bench_cases[i]), bench->rounds);
        }
    }
    if (!targets_start(bench)) {
        printf("not ok start - a TPM does not start, see the log\n");
        return false;
    }
    if (!rounds_run(bench)) {
        return false;
    }
    for (unsigned i = 0; i < bench_case_count; i++) {
        case_print(bench, i);
        good = good && !bench->wrong[i];
    }
    table_print(bench);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"rounds", required_argument, NULL, 'r'},
        {"once", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    static struct bench bench = {.rounds = ROUNDS_DEFAULT};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r') {
            bench.rounds = (unsigned)strtoul(optarg, NULL, 10);
        } else if (option == 'o') {
            bench.once = true;
        } else {
            fputs(usage_text, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_SUCCESS : EXIT_USAGE;
        }
    }
    if (bench.rounds == 0 || bench.rounds > ROUNDS_MAX || optind != argc) {
        fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    _Static_assert(CASES_MAX >= 22, "cases.c");
    stay_here();
    const bool good = bench_run(&bench);
    bench_free(&bench);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
