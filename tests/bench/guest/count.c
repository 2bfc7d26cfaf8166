/* SPDX-License-Identifier: MIT */
#include "count.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child stops before the work and behind it by a trap of its own. */
static void stop_here(void)
{
    /* SAFETY: a breakpoint; the parent steps over it. */
    __asm__ volatile("int3" : : : "memory");
}

[[gnu::noreturn]] static void child(void (*work)(void *), void *argument)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(errno & 0x7f);
    }
    stop_here();
    work(argument);
    stop_here();
    _exit(0);
}

/* Waits for the next trap. False: the child ended, or something else happened to it. */
static bool wait_trap(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return WIFSTOPPED(*status) && WSTOPSIG(*status) == SIGTRAP;
}

/* A stop by int3, not by a single step. */
static bool at_breakpoint(pid_t pid)
{
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) == 0 && info.si_code != TRAP_TRACE &&
           info.si_code != TRAP_BRKPT;
}

static uint64_t steps(pid_t pid)
{
    int status = 0;
    uint64_t count = 0;
    if (!wait_trap(pid, &status)) {
        errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
        return 0;
    }
    for (;;) {
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || !wait_trap(pid, &status)) {
            errno = EIO;
            return 0;
        }
        count++;
        if (at_breakpoint(pid)) {
            return count;
        }
    }
}

/* On one processor, where each step is a switch and no wake-up of another processor. */
static void stay_here(void)
{
    cpu_set_t one;
    int cpu = sched_getcpu();
    if (cpu >= 0) {
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        (void)sched_setaffinity(0, sizeof(one), &one);
    }
}

static void nothing(void *argument)
{
    (void)argument;
}

static uint64_t count_raw(void (*work)(void *), void *argument)
{
    pid_t pid = fork();
    if (pid < 0) {
        return 0;
    }
    if (pid == 0) {
        child(work, argument);
    }
    uint64_t count = steps(pid);
    int error = errno;
    kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    errno = error;
    return count;
}

uint64_t count_instructions(void (*work)(void *argument), void *argument)
{
    stay_here();
    enum { CALL_AND_RETURN = 2 }; /* of nothing(): CALL and RET, the same for any work */
    uint64_t empty = count_raw(nothing, NULL);
    uint64_t count = empty == 0 ? 0 : count_raw(work, argument);
    return count == 0 ? 0 : count - empty + CALL_AND_RETURN;
}
