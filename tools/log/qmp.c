/* SPDX-License-Identifier: MIT */
/*
 * See qmp.h. One request, one answer; events in between are passed over. Memory comes by a file,
 * since that is the only form in which QEMU gives bytes as they are.
 */
#include "qmp.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"
#include "say.h"

#define ANSWER_MAX 65536
#define PATIENCE_S 10

/* One line of JSON, or NULL. */
static json_t *receive(int fd)
{
    static char line[ANSWER_MAX];
    size_t len = 0;
    while (len < sizeof(line)) {
        ssize_t n = recv(fd, line + len, 1, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n != 1) {
            return NULL;
        }
        if (line[len] == '\n') {
            return json_loadb(line, len, 0, NULL);
        }
        len++;
    }
    return NULL;
}

/* Sends a request, which it takes, and waits for the answer. */
static bool ask(int fd, json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    bool sent = text != NULL && send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
    free(text);
    while (sent) {
        json_t *answer = receive(fd);
        bool good = json_object_get(answer, "return") != NULL;
        bool event = answer != NULL && !good && json_object_get(answer, "error") == NULL;
        json_decref(answer);
        if (!event) {
            return good;
        }
    }
    return false;
}

static bool fail(struct qmp *q, const char *path, const char *why)
{
    static const char mend[] = "tools/svsm run boots one; --qmp SOCKET names another's socket";
    say_error(EXIT_LACKING, mend, "no machine answers at %s: %s", path, why);
    qmp_close(q);
    return false;
}

bool qmp_open(struct qmp *q, const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    *q = (struct qmp){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (strlen(path) >= sizeof(name.sun_path)) {
        return fail(q, path, "the path is too long for a socket");
    }
    memcpy(name.sun_path, path, strlen(path) + 1);
    if (q->fd < 0 || connect(q->fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        return fail(q, path, strerror(errno));
    }
    setsockopt(q->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    json_t *greeting = receive(q->fd);
    bool is_qmp = json_object_get(greeting, "QMP") != NULL;
    json_decref(greeting);
    if (!is_qmp || !ask(q->fd, json_pack("{s:s}", "execute", "qmp_capabilities"))) {
        return fail(q, path, "it does not speak as QEMU does, or somebody else is connected");
    }
    strcpy(q->folder, "/tmp/svsm-log-XXXXXX");
    if (mkdtemp(q->folder) == NULL) {
        q->folder[0] = 0;
        return fail(q, path, "there is no room in /tmp for what it says");
    }
    return true;
}

void qmp_close(struct qmp *q)
{
    if (q->fd >= 0) {
        close(q->fd);
        q->fd = -1;
    }
    if (q->folder[0] != 0) {
        rmdir(q->folder);
        q->folder[0] = 0;
    }
}

bool qmp_read(struct qmp *q, uint64_t address, void *to, size_t size)
{
    char path[sizeof(q->folder) + 8];
    snprintf(path, sizeof(path), "%s/memory", q->folder);
    struct bytes file = {0};
    bool good =
        ask(q->fd, json_pack("{s:s, s:{s:I, s:I, s:s}}", "execute", "pmemsave", "arguments", "val",
                             (json_int_t)address, "size", (json_int_t)size, "filename", path)) &&
        file_read(path, &file) && file.size == size;
    if (good) {
        memcpy(to, file.data, size);
    }
    free(file.data);
    unlink(path);
    return good;
}
