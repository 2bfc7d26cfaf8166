/* SPDX-License-Identifier: MIT */
/* Ending a child of ours, and time. See wait.h. */
#include "wait.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

int64_t wait_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool reap(pid_t *pid, int *status)
{
    if (*pid > 0 && waitpid(*pid, status, WNOHANG) == 0) {
        return false;
    }
    *pid = 0;
    return true;
}

int wait_for(pid_t *pid, int patience_ms)
{
    int status = 0;
    int64_t until = wait_now() + patience_ms;
    while (!reap(pid, &status)) {
        if (wait_now() >= until) {
            kill(*pid, SIGKILL);
            waitpid(*pid, &status, 0);
            *pid = 0;
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return status;
}

int wait_end(pid_t *pid, int patience_ms)
{
    int status = 0;
    if (reap(pid, &status)) {
        return status;
    }
    kill(*pid, SIGTERM);
    return wait_for(pid, patience_ms);
}
