/* SPDX-License-Identifier: MIT */
/*
 * What the TPM does without entropy: nothing. libtpms would go on with rand(), so the shim has to
 * end the task, and a TPM that has ended gives no answers. And what it does with memory that it has
 * had before (a rollback): it draws a new seed. Each case is a child of its own.
 */
#include "host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANDOM_SIZE 32u
#define ANSWER_SIZE (12u + RANDOM_SIZE)
#define SEED_LASTS 1000000u /* wolfCrypt's WC_RESEED_INTERVAL, in blocks */

void shim_reseed(void);
int RAND_bytes(unsigned char *out, int size);

static int answers = -1; /* where a child puts what its TPM gives away */
static int failed;

static void give(const uint8_t *data, size_t size)
{
    if (write(answers, data, size) != (ssize_t)size) {
        _exit(2);
    }
}

/* TPM2_GetRandom, and OpenSSL's function as libtpms calls it. */
static void give_random(void)
{
    static const uint8_t command[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, RANDOM_SIZE};
    uint8_t answer[ANSWER_SIZE] = {0};
    uint8_t more[RANDOM_SIZE];
    if (host_tpm_command(command, sizeof(command), answer, sizeof(answer)) != ANSWER_SIZE) {
        _exit(2);
    }
    give(answer + 12, RANDOM_SIZE);
    if (RAND_bytes(more, RANDOM_SIZE) == 1) {
        give(more, RANDOM_SIZE);
    }
}

static void start(void)
{
    static const uint8_t command[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0};
    uint8_t answer[64];
    if (!host_tpm_start(NULL, 0, NULL, 0) ||
        host_tpm_command(command, sizeof(command), answer, sizeof(answer)) == 0) {
        _exit(2);
    }
}

static void stir(void)
{
    uint8_t command[12 + RANDOM_SIZE] = {0x80, 1, 0, 0,    0, sizeof(command),
                                         0,    0, 1, 0x46, 0, RANDOM_SIZE};
    uint8_t answer[64];
    if (getrandom(command + 12, RANDOM_SIZE, 0) != RANDOM_SIZE ||
        host_tpm_command(command, sizeof(command), answer, sizeof(answer)) == 0) {
        _exit(2);
    }
}

static void body_good(void)
{
    start();
    give_random();
}

static void body_none_at_start(void)
{
    host_entropy(HOST_ENTROPY_NONE);
    body_good();
}

static void body_stuck_at_start(void)
{
    host_entropy(HOST_ENTROPY_STUCK);
    body_good();
}

static void body_none_after_rollback(void)
{
    start();
    host_entropy(HOST_ENTROPY_NONE);
    shim_reseed();
    give_random();
}

static void body_stuck_after_rollback(void)
{
    start();
    host_entropy(HOST_ENTROPY_STUCK);
    shim_reseed();
    give_random();
}

/* A seed lasts for so many blocks; then the next one is due. */
static void body_used_up(void)
{
    uint8_t byte;
    start();
    host_entropy(HOST_ENTROPY_NONE);
    for (unsigned i = 0; i <= SEED_LASTS; i++) {
        if (RAND_bytes(&byte, 1) != 1) {
            break;
        }
    }
    give_random();
}

/* Its wait status, and what it gave. */
static int child(void (*body)(void), uint8_t *given, size_t *size)
{
    int ends[2];
    if (pipe(ends) != 0) {
        exit(3);
    }
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        exit(3);
    }
    if (pid == 0) {
        close(ends[0]);
        answers = ends[1];
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t room = *size;
    *size = 0;
    for (ssize_t n = 1; n > 0 && *size < room; *size += (size_t)(n > 0 ? n : 0)) {
        n = read(ends[0], given + *size, room - *size);
    }
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

static void judge(const char *name, const char *why)
{
    printf("%s %s%s%s\n", why == NULL ? "ok" : "not ok", name, why == NULL ? "" : " - ",
           why == NULL ? "" : why);
    failed |= why != NULL;
}

static void ends_without_answer(const char *name, void (*body)(void))
{
    uint8_t given[2 * RANDOM_SIZE];
    size_t size = sizeof(given);
    int status = child(body, given, &size);
    if (size > 0) {
        judge(name, "random bytes were given without entropy");
    } else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        judge(name, "the task was not ended by the shim");
    } else {
        judge(name, NULL);
    }
}

static void body_renewed(void)
{
    shim_reseed();
    stir();
    give_random();
}

/* Two children that go on from the same memory are a TPM that was rolled back. */
static void twins(const char *name, void (*body)(void), bool same)
{
    uint8_t first[2 * RANDOM_SIZE];
    uint8_t second[2 * RANDOM_SIZE];
    size_t first_size = sizeof(first);
    size_t second_size = sizeof(second);
    int status = child(body, first, &first_size) | child(body, second, &second_size);
    if (status != 0 || first_size != sizeof(first) || second_size != sizeof(second)) {
        judge(name, "no random bytes");
        return;
    }
    bool tpm = memcmp(first, second, RANDOM_SIZE) == 0;
    bool shim = memcmp(first + RANDOM_SIZE, second + RANDOM_SIZE, RANDOM_SIZE) == 0;
    judge(name, tpm == same && shim == same ? NULL
                : same                      ? "the same memory gives other bytes"
                                            : "random bytes were given twice");
}

int main(void)
{
    uint8_t given[2 * RANDOM_SIZE];
    size_t size = sizeof(given);
    host_cpu_flags(true);
    int status = child(body_good, given, &size);
    judge("entropy-good", status == 0 && size == sizeof(given) ? NULL : "no random bytes");
    ends_without_answer("entropy-none-at-start", body_none_at_start);
    ends_without_answer("entropy-stuck-at-start", body_stuck_at_start);
    ends_without_answer("entropy-none-after-rollback", body_none_after_rollback);
    ends_without_answer("entropy-stuck-after-rollback", body_stuck_after_rollback);
    ends_without_answer("entropy-none-when-used-up", body_used_up);
    start();
    uint8_t byte;
    (void)RAND_bytes(&byte, 1); /* both generators have drawn their seeds */
    twins("rollback-without-reseeding-repeats", give_random, true);
    twins("rollback-reseeded", body_renewed, false);
    host_tpm_stop();
    return failed;
}
