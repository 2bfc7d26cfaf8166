/* SPDX-License-Identifier: MIT */
/*
 * Clients of svsm-run that behave badly; after each, a good one must still be served. Takes the
 * path of the socket. Output as tests/README.md wants it.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../lib/tpm_client.h"

#define TIMEOUT_MS 30000
#define MANY 40

static const char *path;
static int failed;

static const uint8_t get_random[12] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 16};
/* TPM2_SelfTest(full): long enough for a client to go away in the middle. */
static const uint8_t self_test[11] = {0x80, 1, 0, 0, 0, 11, 0, 0, 1, 0x43, 1};

/* Does a well-behaved client get 16 random bytes? */
static int served(int fd)
{
    uint8_t response[TPM_CLIENT_MAX];
    long len = tpm_client_command(fd, get_random, sizeof(get_random), response, sizeof(response),
                                  TIMEOUT_MS);
    return len == 28 && tpm_client_code(response) == 0 && response[11] == 16;
}

static int served_anew(void)
{
    int fd = tpm_client_open(path);
    int good = fd >= 0 && served(fd);
    close(fd);
    return good;
}

static void judge(const char *name, int good)
{
    int next = served_anew();
    if (good && next) {
        printf("ok %s\n", name);
    } else {
        printf("not ok %s - %s\n", name,
               good ? "the next client is not served" : "not answered as it should be");
        failed = 1;
    }
    fflush(stdout);
}

/* Has the other side closed it? */
static int closed(int fd)
{
    uint8_t more;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, TIMEOUT_MS) == 1 && read(fd, &more, 1) <= 0;
}

/* Refused with TPM_RC_COMMAND_SIZE, and the connection closed. */
static int refused(const uint8_t *bytes, size_t size)
{
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    long len = tpm_client_command(fd, bytes, size, response, sizeof(response), TIMEOUT_MS);
    int good = len == 10 && tpm_client_code(response) == 0x142 && closed(fd);
    close(fd);
    return good;
}

static int two_at_once(void)
{
    uint8_t both[2 * sizeof(get_random)];
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    memcpy(both, get_random, sizeof(get_random));
    memcpy(both + sizeof(get_random), get_random, sizeof(get_random));
    int good =
        tpm_client_command(fd, both, sizeof(both), response, sizeof(response), TIMEOUT_MS) == 28 &&
        tpm_client_response(fd, response, sizeof(response), TIMEOUT_MS) == 28;
    close(fd);
    return good;
}

static int byte_by_byte(void)
{
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    for (size_t i = 0; i + 1 < sizeof(get_random); i++) {
        if (send(fd, get_random + i, 1, MSG_NOSIGNAL) != 1) {
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    int good =
        tpm_client_command(fd, get_random + 11, 1, response, sizeof(response), TIMEOUT_MS) == 28;
    close(fd);
    return good;
}

/* A client that stops in the middle of a command keeps no other from being served. */
static int half_command(void)
{
    int fd = tpm_client_open(path);
    int good = send(fd, get_random, 7, MSG_NOSIGNAL) == 7 && served_anew();
    close(fd);
    return good;
}

static int gone_underway(void)
{
    for (int i = 0; i < 5; i++) {
        int fd = tpm_client_open(path);
        if (fd < 0 || send(fd, self_test, sizeof(self_test), MSG_NOSIGNAL) < 0) {
            return 0;
        }
        close(fd);
    }
    return 1;
}

static int half_closed(void)
{
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    int good = send(fd, get_random, sizeof(get_random), MSG_NOSIGNAL) == sizeof(get_random) &&
               shutdown(fd, SHUT_WR) == 0 &&
               tpm_client_response(fd, response, sizeof(response), TIMEOUT_MS) == 28;
    close(fd);
    return good;
}

/* Many ask, then all read: each gets an answer of its own. */
static int many(void)
{
    int fds[MANY];
    uint8_t responses[MANY][TPM_CLIENT_MAX];
    int good = 1;
    for (int i = 0; i < MANY; i++) {
        fds[i] = tpm_client_open(path);
        good =
            good && fds[i] >= 0 && send(fds[i], get_random, sizeof(get_random), MSG_NOSIGNAL) > 0;
    }
    for (int i = 0; i < MANY; i++) {
        good = good && tpm_client_response(fds[i], responses[i], TPM_CLIENT_MAX, TIMEOUT_MS) == 28;
        good = good && (i == 0 || memcmp(responses[i], responses[i - 1], 28) != 0);
    }
    for (int i = 0; i < MANY; i++) {
        close(fds[i]);
    }
    return good;
}

/* More connections than there are places: those beyond wait until others close. */
static int crowd(void)
{
    enum { CROWD = 80 };
    int fds[CROWD];
    for (int i = 0; i < CROWD; i++) {
        fds[i] = tpm_client_open(path);
    }
    int good = fds[0] >= 0 && served(fds[0]);
    for (int i = 0; i < CROWD - 1; i++) {
        close(fds[i]);
    }
    good = good && served(fds[CROWD - 1]);
    close(fds[CROWD - 1]);
    return good;
}

/* The TPM itself answers what has a plausible size and no sense. */
static int senseless(void)
{
    static uint8_t command[TPM_CLIENT_MAX] = {0x80, 1, 0, 0, 0x10, 0, 0xff, 0xff, 0xff, 0xff};
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    long len =
        tpm_client_command(fd, command, sizeof(command), response, sizeof(response), TIMEOUT_MS);
    int good = len == 10 && tpm_client_code(response) != 0 && served(fd);
    close(fd);
    return good;
}

/* A payload that is itself a frame of the line, whole or not. */
static int frame_inside(void)
{
    uint8_t command[40] = {0x80, 1, 0, 0, 0, 40, 0, 0, 1, 0x7b, 'S', 'V', 'F', '1', 5};
    uint8_t response[TPM_CLIENT_MAX];
    int fd = tpm_client_open(path);
    long len =
        tpm_client_command(fd, command, sizeof(command), response, sizeof(response), TIMEOUT_MS);
    int good = len == 10 && tpm_client_code(response) != 0 && served(fd);
    close(fd);
    return good;
}

static int noise(void)
{
    uint8_t bytes[3000];
    srand(1);
    for (int i = 0; i < 50; i++) {
        int fd = tpm_client_open(path);
        for (size_t j = 0; j < sizeof(bytes); j++) {
            bytes[j] = (uint8_t)rand();
        }
        send(fd, bytes, (size_t)rand() % sizeof(bytes), MSG_NOSIGNAL);
        close(fd);
    }
    return 1;
}

int main(int argc, char **argv)
{
    static const uint8_t small[10] = {0x80, 1, 0, 0, 0, 9, 0, 0, 1, 0x7b};
    static const uint8_t large[10] = {0x80, 1, 0, 0, 0x10, 1, 0, 0, 1, 0x7b};
    if (argc != 2) {
        fputs("usage: run-abuse SOCKET\n", stderr);
        return 2;
    }
    path = argv[1];
    judge("served", served_anew());
    judge("size-too-small", refused(small, sizeof(small)));
    judge("size-too-large", refused(large, sizeof(large)));
    judge("other-protocol", refused((const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18));
    judge("two-at-once", two_at_once());
    judge("byte-by-byte", byte_by_byte());
    judge("half-command", half_command());
    judge("gone-underway", gone_underway());
    judge("half-closed", half_closed());
    judge("many-clients", many());
    judge("more-than-places", crowd());
    judge("senseless-4096", senseless());
    judge("frame-in-command", frame_inside());
    judge("noise", noise());
    return failed;
}
