/* SPDX-License-Identifier: MIT */
/* A raw TPM client for tests. See tpm_client.h. */
#include "tpm_client.h"

#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEADER 10u

int tpm_client_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static bool read_all(int fd, uint8_t *bytes, size_t size, int timeout_ms)
{
    while (size > 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, timeout_ms) != 1) {
            return false;
        }
        ssize_t n = read(fd, bytes, size);
        if (n <= 0) {
            return false;
        }
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

long tpm_client_response(int fd, uint8_t *response, size_t response_max, int timeout_ms)
{
    if (response_max < HEADER || !read_all(fd, response, HEADER, timeout_ms)) {
        return -1;
    }
    uint32_t size = get32(response + 2);
    if (size < HEADER || size > response_max ||
        !read_all(fd, response + HEADER, size - HEADER, timeout_ms)) {
        return -1;
    }
    return (long)size;
}

long tpm_client_command(int fd, const uint8_t *command, size_t size, uint8_t *response,
                        size_t response_max, int timeout_ms)
{
    while (size > 0) {
        ssize_t n = send(fd, command, size, MSG_NOSIGNAL);
        if (n <= 0) {
            return -1;
        }
        command += n;
        size -= (size_t)n;
    }
    return tpm_client_response(fd, response, response_max, timeout_ms);
}

uint32_t tpm_client_code(const uint8_t *response)
{
    return get32(response + 6);
}
