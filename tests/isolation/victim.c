/* SPDX-License-Identifier: MIT */
/* The victim: another task with a secret. Its operations are there to be misused by the attacker.
 */
#include "acts.h"
#include "loud.h"

#define PATTERN UINT64_C(0x7365637265742121)

static volatile uint64_t secret[512];
static volatile uint8_t constant = 42;

static void secret_make(void)
{
    for (size_t i = 0; i < 512; i++) {
        secret[i] = PATTERN + i;
    }
}

static uint64_t whole(void)
{
    for (size_t i = 0; i < 512; i++) {
        if (secret[i] != PATTERN + i) {
            return 1;
        }
    }
    return constant == 42 ? 0 : 2;
}

/* Copies one lease to the other. */
static uint64_t borrow(uint64_t from, uint64_t size, uint64_t to)
{
    (void)raw_syscall(SVSM_SYS_LEASE_READ, from, 0, SVSM_HEAP_VA, size, 0, 0);
    return raw_syscall(SVSM_SYS_LEASE_WRITE, to, 0, SVSM_HEAP_VA, size, 0, 0).rax;
}

static uint64_t copy(const volatile uint8_t *from, uint64_t size, volatile uint8_t *to)
{
    for (uint64_t i = 0; i < size; i++) {
        to[i] = from[i];
    }
    return 0;
}

/* SAFETY: of the casts: ring 0 put the windows' addresses there. */
uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)info;
    switch (op) {
    case SVSM_OP_INIT:
        secret_make();
        return 0;
    case VICTIM_WHOLE:
        return whole();
    case VICTIM_COPY:
        return copy((const volatile uint8_t *)a0, a1 < a3 ? a1 : a3, (volatile uint8_t *)a2);
    case VICTIM_TRACES:
        loud_return(SVSM_SUCCESS, 0, loud_ymm());
    case VICTIM_SECRET:
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, PATTERN ^ UINT64_C(0x5a5a5a5a5a5a5a5a), 0, 0, 0);
        return 1;
    case VICTIM_TRACES_WINDOW:
        loud_return(SVSM_SUCCESS, a3, loud_ymm());
    case VICTIM_CRASH:
        loud_crash(loud_ymm());
    case VICTIM_PARK:
        return raw_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0).rax;
    case VICTIM_BORROW:
        return borrow(a0, a1 < a3 ? a1 : a3, a2);
    default:
        return 0;
    }
}
