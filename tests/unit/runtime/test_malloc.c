/* SPDX-License-Identifier: MIT */
/*
 * Host tests of libsvsmrt's allocator, against a shadow of what was handed out. What ends a task
 * there ends a child process here.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "malloc.h"
#include "rt.h"
#include <svsm/random.h>

#define HEAP_SIZE 262144u
#define SLOTS 200u
#define STEPS 200000u
#define PANIC_EXIT 42

void *rt_malloc(size_t size);
void *rt_calloc(size_t count, size_t size);
void *rt_realloc(void *p, size_t size);
void *rt_aligned_alloc(size_t alignment, size_t size);
void rt_free(void *p);
size_t rt_malloc_usable_size(void *p);

static _Alignas(4096) uint8_t arena[HEAP_SIZE];
static uint64_t state = 88172645463325252u;

void *rt_heap(size_t *size)
{
    *size = sizeof(arena);
    return arena;
}

void svsm_random(void *dst, size_t size)
{
    memset(dst, 0xa7, size);
}

void svsm_panic(uint64_t code, const char *text)
{
    (void)text;
    _exit(code == 136 ? PANIC_EXIT : 1);
}

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void expect_bytes(const uint8_t *p, uint8_t want, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (p[i] != want) {
            fail_msg("byte %zu is %u instead of %u", i, p[i], want);
        }
    }
}

static struct slot {
    uint8_t *p;
    size_t size;
    uint8_t fill;
} slots[SLOTS];

static void slot_fill(struct slot *s)
{
    s->fill = (uint8_t)(next() | 1);
    memset(s->p, s->fill, s->size);
}

static void slot_new(struct slot *s)
{
    size_t size = 1 + next() % (next() % 8 == 0 ? 8192 : 1100);
    size_t alignment = 16;
    uint64_t kind = next() % 4;
    if (kind == 0) {
        s->p = rt_calloc(1, size);
        if (s->p != NULL) {
            expect_bytes(s->p, 0, size);
        }
    } else if (kind == 1) {
        alignment = (size_t)16 << next() % 7;
        s->p = rt_aligned_alloc(alignment, size);
    } else {
        s->p = rt_malloc(size);
    }
    if (s->p != NULL) {
        s->size = size;
        assert_int_equal((uintptr_t)s->p % alignment, 0);
        assert_true(s->p >= arena && s->p + size <= arena + HEAP_SIZE);
        assert_true(rt_malloc_usable_size(s->p) >= size);
        slot_fill(s);
    }
}

static void slot_resize(struct slot *s)
{
    size_t size = 1 + next() % 2000;
    uint8_t *p = rt_realloc(s->p, size);
    if (p != NULL) {
        expect_bytes(p, s->fill, size < s->size ? size : s->size);
        s->p = p;
        s->size = size;
        slot_fill(s);
    }
}

static void slot_free(struct slot *s)
{
    expect_bytes(s->p, s->fill, s->size);
    rt_free(s->p);
    s->p = NULL;
}

static void test_stress(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < STEPS; i++) {
        struct slot *s = &slots[next() % SLOTS];
        if (s->p == NULL) {
            slot_new(s);
        } else if (next() % 4 == 0) {
            slot_resize(s);
        } else {
            slot_free(s);
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].p != NULL) {
            slot_free(&slots[i]);
        }
    }
    uint64_t used = 1;
    uint64_t peak = 0;
    rt_heap_figures(&used, &peak);
    assert_int_equal(used, 0);
    assert_true(peak > 0 && peak <= HEAP_SIZE);
    /* Everything was merged again: one chunk takes nearly the whole arena. */
    uint8_t *all = rt_malloc(HEAP_SIZE - 64);
    assert_non_null(all);
    expect_bytes(all, 0, HEAP_SIZE - 64);
    rt_free(all);
}

static void test_limits(void **unused)
{
    (void)unused;
    assert_null(rt_malloc(HEAP_SIZE));
    assert_null(rt_malloc(SIZE_MAX));
    assert_null(rt_calloc(SIZE_MAX / 2, 4));
    assert_null(rt_aligned_alloc(48, 16));
    rt_free(NULL);
}

static void test_freed_is_clear(void **unused)
{
    (void)unused;
    uint8_t *p = rt_malloc(1024);
    uint8_t *guard = rt_malloc(16);
    memset(p, 0x5a, 1024);
    rt_free(p);
    expect_bytes(p + 16, 0, 1024 - 16); /* the first 16 bytes link the free chunk */
    rt_free(guard);
}

/* Whole pages are cleared in another way: one byte anywhere in one must be enough. */
static void test_freed_pages_are_clear(void **unused)
{
    (void)unused;
    const size_t size = 5 * 4096;
    for (size_t at = 64; at < size; at += 4096 - 7) {
        uint8_t *p = rt_malloc(size);
        assert_non_null(p);
        expect_bytes(p, 0, size);
        p[at] = 1;
        rt_free(p);
    }
    for (size_t at = 0; at < 4096; at++) {
        uint8_t *p = rt_malloc(size);
        assert_non_null(p);
        expect_bytes(p + 4096, 0, 8192);
        p[4096 + at] = 0x80;
        rt_free(p);
    }
    uint8_t *p = rt_malloc(size);
    assert_non_null(p);
    expect_bytes(p, 0, size);
    rt_free(p);
}

/* Pages that nobody wrote are not written by free() either: their commit would cost a copy. */
static void free_beside_readonly_pages(void)
{
    const size_t size = 16 * 4096;
    const size_t middle = 14 * 4096;
    uint8_t *p = rt_malloc(size);
    uint8_t *first = p + (4096 - (uintptr_t)p % 4096);
    memset(p, 1, 64);
    signal(SIGSEGV, SIG_DFL);
    const int locked = mprotect(first, middle, PROT_READ);
    rt_free(p);
    const int unlocked = mprotect(first, middle, PROT_READ | PROT_WRITE);
    p = rt_malloc(size);
    expect_bytes(p, 0, size);
    _exit(locked == 0 && unlocked == 0 ? 0 : 1);
}

static void test_unused_pages_are_not_written(void **unused)
{
    (void)unused;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        free_beside_readonly_pages();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void double_free(uint8_t *p)
{
    rt_free(p);
    rt_free(p);
}

static void overrun(uint8_t *p)
{
    memset(p, 1, rt_malloc_usable_size(p) + 1);
    rt_free(p);
}

static void inner_pointer(uint8_t *p)
{
    rt_free(p + 16);
}

static void misaligned(uint8_t *p)
{
    rt_free(p + 1);
}

static void foreign(uint8_t *p)
{
    (void)p;
    static _Alignas(16) uint8_t elsewhere[64];
    rt_free(elsewhere + 32);
}

static void test_misuse_ends_the_task(void **unused)
{
    (void)unused;
    void (*const acts[])(uint8_t *) = {double_free, overrun, inner_pointer, misaligned, foreign};
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            uint8_t *p = rt_malloc(64);
            (void)rt_malloc(64);
            acts[i](p);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), PANIC_EXIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stress),
        cmocka_unit_test(test_freed_is_clear),
        cmocka_unit_test(test_freed_pages_are_clear),
        cmocka_unit_test(test_unused_pages_are_not_written),
        cmocka_unit_test(test_misuse_ends_the_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
