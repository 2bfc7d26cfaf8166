/* SPDX-License-Identifier: MIT */
/* In the place of say.c and wait.c. See fixture.h. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <say.h>
#include <wait.h>

int64_t fake_now;
unsigned fake_notes;
char fake_said[1024];

int64_t wait_now(void)
{
    return fake_now;
}

/* The symbolizer is never started here. */
int wait_for(pid_t *pid, int patience_ms)
{
    (void)pid;
    (void)patience_ms;
    fail_msg("no child to wait for");
    return 0;
}

enum exit_code say_error(enum exit_code code, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    int len = vsnprintf(fake_said, sizeof(fake_said), what, args);
    va_end(args);
    if (mend != NULL && len >= 0 && (size_t)len < sizeof(fake_said)) {
        (void)snprintf(fake_said + len, sizeof(fake_said) - (size_t)len, "\n%s", mend);
    }
    fake_notes++;
    return code;
}

void say_note(const char *what, ...)
{
    va_list args;
    va_start(args, what);
    (void)vsnprintf(fake_said, sizeof(fake_said), what, args);
    va_end(args);
    fake_notes++;
}

void fake_pair(int *ours, int *theirs)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    *ours = fds[0];
    *theirs = fds[1];
}

size_t fake_read(int fd, void *bytes, size_t size)
{
    ssize_t n = recv(fd, bytes, size, MSG_DONTWAIT);
    return n < 0 ? 0 : (size_t)n;
}
