/* SPDX-License-Identifier: MIT */
/*
 * The few macros ring 0 is allowed, and its basic types. Freestanding headers only.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * CHECK: an invariant of ours, never a judgement on input. Always compiled in. What it finds wrong
 * ends the machine with the text and the place, because going on would be unsafe. Proofs define
 * CHECK_FAILED themselves and so turn every CHECK into an obligation.
 */
[[gnu::noreturn]] void check_failed(const char *what, const char *file, unsigned line);
#ifdef __CPROVER
#define CHECK(condition) __CPROVER_assert((condition), #condition)
#else
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            check_failed(#condition, __FILE_NAME__, __LINE__);                                     \
        }                                                                                          \
    } while (0)
#endif
#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__ /* gcc 12 keeps the short name only through -fmacro-prefix-map */
#endif

/*
 * AT: how anything that came from outside indexes anything. A trap at run time and a proof
 * obligation (an index one past an array inside a structure is invisible to CBMC otherwise).
 */
#define AT(array, i)                                                                               \
    (*({                                                                                           \
        size_t at_ = (i);                                                                          \
        CHECK(at_ < ARRAY_COUNT(array));                                                           \
        &(array)[at_];                                                                             \
    }))

/* Errors inside ring 0. What a guest or a task sees of them is made in one place each. */
/* Version 14 of clang-format takes the attribute for the end of the enumeration. */
/* clang-format off */
enum [[nodiscard]] status {
    OK = 0,
    ERR_ADDRESS,
    ERR_PARAMETER,
    ERR_BUSY,
    ERR_MISSING,
};
/* clang-format on */

/* Kinds of address: never mixed up, never silently converted. */
typedef struct {
    uint64_t value;
} pa_t; /* our own physical memory */
typedef struct {
    uint64_t value;
} uva_t; /* in the task that is entered */

/* Do tasks run with interrupts on? The build of the SNP platform says 0 (doc/snp.md). */
#ifndef TASK_INTERRUPTS
#define TASK_INTERRUPTS 1
#endif

void *memcpy(void *restrict dst, const void *restrict src, size_t size);
void *memset(void *dst, int byte, size_t size);
void *memmove(void *dst, const void *src, size_t size);
int memcmp(const void *a, const void *b, size_t size);
