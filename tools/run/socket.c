/* SPDX-License-Identifier: MIT */
/* The socket's name. See socket.h. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wait.h"

/* Others hold a folder's lock for a few system calls. */
#define LOCK_MS 2000

static const char other_path[] = "--tpm-socket PATH names another place";

/*
 * Between the look at a stale socket and its replacement no other svsm-run may do the same. Without
 * the lock (-1: a folder that cannot be read, or somebody holds it) the rest works as well, but for
 * that.
 */
static int folder_lock(const struct sockaddr_un *address)
{
    char folder[sizeof(address->sun_path) + 1];
    memcpy(folder, address->sun_path, sizeof(address->sun_path));
    char *slash = strrchr(folder, '/'); /* the path is absolute */
    slash[1] = 0;
    int64_t until = wait_now() + LOCK_MS;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && wait_now() < until) {
        usleep(5000);
    }
    return fd;
}

static bool is_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    bool stale = result != 0 && errno == ECONNREFUSED;
    close(fd);
    return stale;
}

bool socket_in_use(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof(address.sun_path)) {
        return false;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_stale(&address);
}

/* Is the name free, or can it be made free? */
static enum exit_code name_claim(const struct sockaddr_un *address)
{
    struct stat st;
    const char *path = address->sun_path;
    if (lstat(path, &st) != 0) {
        return EXIT_FINE; /* if it is not there, fine; any other trouble bind() will name */
    }
    if (!S_ISSOCK(st.st_mode)) {
        return say_error(EXIT_LACKING, other_path, "%s exists and is no socket", path);
    }
    if (!is_stale(address)) {
        return say_error(EXIT_LACKING,
                         "end the other svsm-run, or name another place with --tpm-socket PATH",
                         "the socket %s is in use", path);
    }
    if (unlink(path) != 0) {
        return say_error(EXIT_LACKING, other_path, "the stale socket %s cannot be removed: %s",
                         path, strerror(errno));
    }
    return EXIT_FINE;
}

static enum exit_code name_bind(struct socket_name *s, const struct sockaddr_un *address,
                                int backlog)
{
    struct stat st;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0077); /* the TPM is for this user alone */
    bool made = fd >= 0 && bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    int why = errno;
    umask(before);
    if (!made || listen(fd, backlog) != 0 || lstat(s->path, &st) != 0) {
        why = made ? errno : why;
        if (fd >= 0) {
            close(fd);
        }
        return say_error(EXIT_LACKING,
                         why == ENOSPC ? "free space there, or name another place with "
                                         "--tpm-socket PATH"
                                       : other_path,
                         "cannot make the socket %s: %s", s->path, strerror(why));
    }
    s->listener = fd;
    s->device = st.st_dev;
    s->inode = st.st_ino;
    return EXIT_FINE;
}

enum exit_code socket_make(struct socket_name *s, const char *path, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    s->listener = -1;
    s->path = path;
    if (strlen(path) >= sizeof(address.sun_path)) {
        return say_error(EXIT_LACKING, other_path,
                         "the path of the socket has %zu bytes, more than %zu: %s", strlen(path),
                         sizeof(address.sun_path) - 1, path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int lock = folder_lock(&address);
    enum exit_code code = name_claim(&address);
    if (code == EXIT_FINE) {
        code = name_bind(s, &address, backlog);
    }
    if (lock >= 0) {
        close(lock);
    }
    return code;
}

void socket_remove(struct socket_name *s)
{
    struct stat st;
    if (s->listener < 0) {
        return;
    }
    close(s->listener);
    s->listener = -1;
    if (lstat(s->path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode) {
        unlink(s->path);
    }
}
