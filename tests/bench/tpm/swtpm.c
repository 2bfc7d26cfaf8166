/* SPDX-License-Identifier: MIT */
/*
 * swtpm's formats: the control channel as in its tpm_ioctl.h (numbers in big endian), the state
 * as in its source swtpm_nvstore.c. What is not as expected is a failure, never guessed.
 */
#include "swtpm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CMD_INIT = 2, CMD_GET_STATEBLOB = 12 };
#define RESPONSE_HEADER 10
#define TAG_DATA 1
#define TAG_MIGRATION_DATA 4 /* around the others */
#define BLOB_VERSION 2
#define BLOB_HEADER 10 /* version, least version, 2 size of header, 2 flags, 4 total */
#define TLV_HEADER 6   /* 2 tag, 4 length */

static void store32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool read_all(int fd, uint8_t *out, size_t size)
{
    while (size > 0) {
        const ssize_t got = read(fd, out, size);
        if (got <= 0) {
            return false;
        }
        out += got;
        size -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *in, size_t size)
{
    return write(fd, in, size) == (ssize_t)size;
}

void swtpm_exec(int data, int control, const char *folder)
{
    char state[4096];
    char fd_text[16];
    char control_text[64];
    snprintf(state, sizeof(state), "dir=%s", folder);
    snprintf(fd_text, sizeof(fd_text), "%d", data);
    snprintf(control_text, sizeof(control_text), "type=unixio,clientfd=%d", control);
    /* They were made to be closed by exec. */
    (void)fcntl(data, F_SETFD, 0);
    (void)fcntl(control, F_SETFD, 0);
    execlp("swtpm", "swtpm", "socket", "--tpm2", "--fd", fd_text, "--ctrl", control_text,
           "--tpmstate", state, "--terminate", (char *)NULL);
    perror("bench: swtpm");
    _exit(127);
}

bool swtpm_power(int control)
{
    uint8_t request[8] = {0};
    uint8_t result[4];
    store32(request, CMD_INIT);
    return write_all(control, request, sizeof(request)) &&
           read_all(control, result, sizeof(result)) && load32(result) == 0;
}

size_t swtpm_command(int data, const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    if (!write_all(data, command, size)) {
        return 0;
    }
    /* The whole response comes as one write; a rest would be waited for. */
    const ssize_t got = read(data, response, room);
    if (got < RESPONSE_HEADER) {
        return 0;
    }
    const size_t whole = load32(response + 2);
    if (whole > room || whole < (size_t)got ||
        !read_all(data, response + got, whole - (size_t)got)) {
        return 0;
    }
    return whole;
}

size_t swtpm_save(int control, uint8_t kind, uint8_t *out, size_t room)
{
    uint8_t request[16] = {0}; /* command, flags, type, offset */
    uint8_t header[16];        /* result, flags, bytes in all, bytes here */
    store32(request, CMD_GET_STATEBLOB);
    store32(request + 8, kind);
    if (!write_all(control, request, sizeof(request)) ||
        !read_all(control, header, sizeof(header)) || load32(header) != 0) {
        return 0;
    }
    const size_t size = load32(header + 12);
    if (size != load32(header + 8) || size > room || !read_all(control, out, size)) {
        return 0;
    }
    return size;
}

size_t swtpm_payload(const uint8_t *blob, size_t size, size_t *offset)
{
    if (size < BLOB_HEADER || blob[0] < BLOB_VERSION || load32(blob + 6) != size) {
        return 0;
    }
    size_t at = (size_t)blob[2] << 8 | blob[3];
    while (at + TLV_HEADER <= size) {
        const unsigned tag = (unsigned)blob[at] << 8 | blob[at + 1];
        const size_t len = load32(blob + at + 2);
        at += TLV_HEADER;
        if (len > size - at) {
            return 0;
        }
        if (tag == TAG_DATA) {
            *offset = at;
            return len;
        }
        at += tag == TAG_MIGRATION_DATA ? 0 : len;
    }
    return 0;
}
