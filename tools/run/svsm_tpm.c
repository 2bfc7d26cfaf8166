/* SPDX-License-Identifier: MIT */
/*
 * svsm-tpm: what TPM software starts through its `cmd` TCTI: TPM commands from standard input to
 * the socket of svsm-run, responses back to standard output, until either side ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"

enum {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_LACKING = 3,
};

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* The bytes that are there. False: none will come any more, or they go nowhere. */
static bool move(int from, int to)
{
    uint8_t bytes[COMMAND_MAX];
    ssize_t n = read(from, bytes, sizeof(bytes));
    return n > 0 ? write_all(to, bytes, (size_t)n) : n < 0 && errno == EINTR;
}

static int tpm_gone(void)
{
    fputs("svsm-tpm: error: the connection to the TPM ended in the middle\n"
          "  mend: look at what tools/svsm run says; start it again if it has ended\n",
          stderr);
    return EXIT_FAILED;
}

static int relay(int fd)
{
    struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    for (;;) {
        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            return EXIT_FAILED;
        }
        if (p[1].revents != 0 && !move(fd, STDOUT_FILENO)) {
            return p[0].fd < 0 ? EXIT_FINE : tpm_gone();
        }
        if (p[0].revents != 0 && !move(STDIN_FILENO, fd)) {
            shutdown(fd, SHUT_WR); /* what is on its way back still arrives */
            p[0].fd = -1;
            p[0].revents = 0;
        }
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        fputs("usage: svsm-tpm SOCKET\n", stderr);
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        fprintf(stderr,
                "svsm-tpm: error: no TPM at %s: %s\n"
                "  mend: start it: tools/svsm run --tpm-socket %s\n",
                argv[1], strerror(errno), argv[1]);
        return EXIT_LACKING;
    }
    return relay(fd);
}
