/* SPDX-License-Identifier: MIT */
/*
 * System calls of musl under the SVSM: a function call into libsvsmrt's personality, which serves
 * the few that mean something here and refuses the rest. No SYSCALL instruction in libc: in an SVSM
 * task it has another meaning (svsm/abi/syscall.h).
 */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

long svsm_linux_syscall(long n, long a, long b, long c, long d, long e, long f);

static inline long __syscall0(long n)
{
    return svsm_linux_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
    return svsm_linux_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
    return svsm_linux_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return svsm_linux_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return svsm_linux_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return svsm_linux_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return svsm_linux_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
