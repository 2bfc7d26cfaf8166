/* SPDX-License-Identifier: MIT */
/*
 * What the fake platform has to tell ASan: which stack runs, what may be touched; and copies that
 * take red zones along, because a task's state is restored with them.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FAKE_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define FAKE_ASAN 1
#endif

#ifdef FAKE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static inline void fibre_leave(void **save, const void *stack, size_t size)
{
    __sanitizer_start_switch_fiber(save, stack, size);
}

static inline void fibre_arrived(void *saved, const void **stack, size_t *size)
{
    __sanitizer_finish_switch_fiber(saved, stack, size);
}
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))

static inline void fibre_leave(void **save, const void *stack, size_t size)
{
    (void)save;
    (void)stack;
    (void)size;
}

static inline void fibre_arrived(void *saved, const void **stack, size_t *size)
{
    (void)saved;
    (void)stack;
    (void)size;
}
#endif

/* Volatile, so that no compiler makes calls of them that ASan intercepts. */
[[gnu::no_sanitize_address]] static inline void raw_copy(void *dst, const void *src, size_t size)
{
    volatile uint8_t *to = dst;
    const volatile uint8_t *from = src;
    size_t i = 0;
    if (((uintptr_t)dst | (uintptr_t)src) % 8 == 0) {
        for (; i + 8 <= size; i += 8) {
            *(volatile uint64_t *)(to + i) = *(const volatile uint64_t *)(from + i);
        }
    }
    for (; i < size; i++) {
        to[i] = from[i];
    }
}

[[gnu::no_sanitize_address]] static inline void raw_zero(void *dst, size_t size)
{
    volatile uint8_t *to = dst;
    size_t i = 0;
    for (; (uintptr_t)dst % 8 == 0 && i + 8 <= size; i += 8) {
        *(volatile uint64_t *)(to + i) = 0;
    }
    for (; i < size; i++) {
        to[i] = 0;
    }
}

/* Both 8-byte aligned, `size` too. */
[[gnu::no_sanitize_address]] static inline bool raw_equal(const void *a, const void *b, size_t size)
{
    const volatile uint64_t *x = a;
    const volatile uint64_t *y = b;
    for (size_t i = 0; i < size / 8; i++) {
        if (x[i] != y[i]) {
            return false;
        }
    }
    return true;
}
