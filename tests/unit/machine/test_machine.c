/* SPDX-License-Identifier: MIT */
/* Host tests of what needs no machine: see meson.build. The log ring's tests share its state and
 * run in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>

#include <boot/mbinfo.h>
#include <log/format.h>
#include <log/log.h>
#include <log/ring.h>
#include <svsm/abi/pool_size.h>
#include <svsm/abi/symbols.h>
#include <time/convert.h>

void check_failed(const char *what, const char *file, unsigned line)
{
    (void)fprintf(stderr, "CHECK(%s) at %s:%u\n", what, file, line);
    abort();
}

static void expect_format(const char *want, size_t len, const char *got)
{
    assert_int_equal(len, strlen(want));
    assert_memory_equal(got, want, len);
}

#define EXPECT(want, ...)                                                                          \
    do {                                                                                           \
        char out[64];                                                                              \
        expect_format(want, format_into(out, sizeof(out), __VA_ARGS__), out);                      \
    } while (0)

static void test_format(void **state)
{
    (void)state;
    EXPECT("plain", "plain");
    EXPECT("a-text-b", "a-%s-b", "text");
    EXPECT("0 4294967295", "%u %u", 0u, UINT32_MAX);
    EXPECT("18446744073709551615", "%lu", UINT64_MAX);
    EXPECT("-2147483648 -9223372036854775808", "%d %ld", INT32_MIN, INT64_MIN);
    EXPECT("ff deadbeef00000000", "%x %lx", 255u, UINT64_C(0xdeadbeef00000000));
    EXPECT("00000000000000ff", "%016lx", UINT64_C(255));
    EXPECT("   42|00042|-0042|  -42", "%5u|%05u|%05d|%5d", 42u, 42u, -42, -42);
    EXPECT("ab  |x%", "%4s|%c%%", "ab", 'x');
    EXPECT("0x1000", "%p", (void *)0x1000);
}

static void test_format_cuts(void **state)
{
    (void)state;
    char out[8] = "zzzzzzz";
    assert_int_equal(format_into(out, 5, "%s", "0123456789"), 5);
    assert_memory_equal(out, "01234zz", 7);
    assert_int_equal(format_into(out, 0, "%lu", UINT64_MAX), 0);
    assert_memory_equal(out, "01234zz", 7);
    const char *unfinished = "a%"; /* a format that ends too early must not be read beyond */
    va_list none;
    memset(&none, 0, sizeof(none));
    assert_int_equal(format_text(out, sizeof(out), unfinished, none), 2);
    assert_memory_equal(out, "a?", 2);
}

static void test_line(void **state)
{
    (void)state;
    struct svsm_log_record r = {.time_ns = UINT64_C(12345678901), .level = SVSM_LOG_INFO, .len = 5};
    char out[CONSOLE_LINE_MAX];
    memcpy(r.text, "hello", 5);
    size_t len = console_line(&r, "vtpm", out);
    expect_format("[   12.345678] vtpm info hello\r\n", len, out);
    memcpy(r.text, "a\n\033[b", 5); /* a task steers no terminal and forges no line */
    r.dropped = 7;
    r.level = 99;
    len = console_line(&r, "x", out);
    expect_format("[   12.345678] x ? (7 dropped) a..[b\r\n", len, out);
}

static void test_line_longest(void **state)
{
    (void)state;
    struct svsm_log_record r = {.time_ns = UINT64_MAX, .len = UINT16_MAX, .dropped = UINT16_MAX};
    char out[CONSOLE_LINE_MAX];
    char name[SVSM_NAME_MAX];
    memset(r.text, 'x', sizeof(r.text));
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = 0;
    r.level = SVSM_LOG_WARNING;
    size_t len = console_line(&r, name, out);
    assert_true(len <= sizeof(out));
    assert_memory_equal(out + len - 2, "\r\n", 2);
    char text[SVSM_LOG_TEXT_MAX];
    memset(text, 'x', sizeof(text));
    assert_memory_equal(out + len - 2 - sizeof(text), text, sizeof(text)); /* nothing is cut */
}

#define TASKS 3 /* of the image that the rings are for */

static void append(uint16_t task, const char *text)
{
    struct svsm_log_record r = {.task = task, .len = (uint16_t)strlen(text)};
    memcpy(r.text, text, r.len);
    log_append(&r);
}

static void test_ring_order(void **state)
{
    (void)state;
    struct svsm_log_record r;
    log_init(TASKS);
    assert_false(log_read(SVSM_LOG_RING0, 0, &r));
    append(SVSM_LOG_RING0, "one");
    append(SVSM_LOG_RING0, "two");
    assert_true(log_read(SVSM_LOG_RING0, 0, &r));
    assert_int_equal(r.sequence, 1);
    assert_memory_equal(r.text, "one", 3);
    assert_true(log_read(SVSM_LOG_RING0, 1, &r));
    assert_int_equal(r.sequence, 2);
    assert_false(log_read(SVSM_LOG_RING0, 2, &r));
    assert_false(log_read(SVSM_LOG_RING0, UINT64_MAX, &r));
}

/* A record whose slot another writer still has is lost; later ones find the slot again. */
static void test_ring_loses_one(void **state)
{
    (void)state;
    struct svsm_log_record r;
    const uint16_t task = 0;
    log_init(TASKS);
    struct svsm_log_ring *ring = &log_rings.rings[task + 1];
    uint64_t newest = ring->newest, lost = ring->lost;
    struct svsm_log_slot *slot =
        &log_rings.slots[SVSM_LOG_RING0_RECORDS + (newest + 1) % log_rings.per_task];
    uint64_t before = slot->state;
    slot->state = before | SVSM_LOG_WRITING;
    append(task, "lost");
    assert_int_equal(ring->lost, lost + 1);
    slot->state = before;
    for (uint64_t i = 0; i < 2 * log_rings.per_task; i++) {
        append(task, "found");
    }
    assert_int_equal(ring->lost, lost + 1);
    assert_true(log_read(task, newest + 2 * log_rings.per_task, &r));
    assert_int_equal(r.sequence, newest + 2 * log_rings.per_task + 1);
}

static void test_ring_before_any_task(void **state)
{
    (void)state;
    struct svsm_log_record r;
    append(SVSM_LOG_RING0, "of ring 0");
    log_rings.per_task = 0;
    assert_false(log_read(0, 0, &r));
}

static void test_ring_wraps(void **state)
{
    (void)state;
    struct svsm_log_record r;
    for (unsigned i = 0; i < 2 * SVSM_LOG_RING0_RECORDS; i++) {
        append(SVSM_LOG_RING0, "more");
    }
    assert_true(log_read(SVSM_LOG_RING0, 0, &r)); /* the oldest that is left */
    assert_int_equal(r.sequence, SVSM_LOG_RING0_RECORDS + 2 + 1);
    assert_true(log_read(SVSM_LOG_RING0, 2 * SVSM_LOG_RING0_RECORDS + 1, &r));
    assert_false(log_read(SVSM_LOG_RING0, 2 * SVSM_LOG_RING0_RECORDS + 2, &r));
    assert_int_equal(log_rings.rings[0].lost, 0);
}

/* What one task writes pushes out nothing of anybody else's, and nobody reads another's. */
static void test_ring_noisy(void **state)
{
    (void)state;
    const unsigned each = SVSM_LOG_TASK_RECORDS / TASKS;
    struct svsm_log_record r, first;
    uint64_t order = 0;
    for (uint16_t task = 0; task < TASKS; task++) {
        append(task, "quiet");
    }
    assert_true(log_read(SVSM_LOG_RING0, 0, &first));
    for (unsigned i = 0; i < 10 * SVSM_LOG_RECORDS; i++) {
        append(1, "noisy");
    }
    for (uint16_t task = 0; task < TASKS; task++) {
        assert_true(log_read(task, 0, &r));
        assert_int_equal(r.task, task);
        assert_memory_equal(r.text, task == 1 ? "noisy" : "quiet", 5);
        assert_int_equal(r.sequence, task == 1 ? 10 * SVSM_LOG_RECORDS + 1 - each + 1 : 1);
        assert_int_equal(log_read(task, 1, &r), task == 1);
        assert_int_equal(log_rings.rings[task + 1].lost, 0);
    }
    assert_true(log_read(SVSM_LOG_RING0, 0, &r));
    assert_memory_equal(&r, &first, sizeof(r));
    append(2, "then");
    append(0, "last");
    assert_true(log_read(2, 1, &r));
    order = r.order;
    assert_true(log_read(0, 1, &r));
    assert_true(r.order > order); /* across rings */
}

#define WRITERS 4
#define EACH 50000

static void *writer(void *argument)
{
    uint64_t who = (uint64_t)(uintptr_t)argument;
    for (uint64_t i = 0; i < EACH; i++) {
        struct svsm_log_record r = {
            .time_ns = i, .task = SVSM_LOG_RING0, .vcpu = (uint8_t)who, .len = 96};
        memset(r.text, (int)('a' + who), sizeof(r.text));
        log_append(&r);
    }
    return NULL;
}

/* Readers never see a torn record, nor one writer's records out of order. The writers share a ring.
 */
static void test_ring_threads(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    struct svsm_log_record r = {0};
    uint64_t last = 0, seen = 0, next[WRITERS] = {0};
    while (log_read(SVSM_LOG_RING0, last, &r)) {
        last = r.sequence;
    }
    uint64_t end = last + (uint64_t)WRITERS * EACH;
    for (uintptr_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, writer, (void *)i), 0);
    }
    unsigned idle = 0;
    while (last < end && idle < 100000000) {
        if (!log_read(SVSM_LOG_RING0, last, &r)) {
            idle++;
            continue;
        }
        assert_true(r.sequence > last);
        last = r.sequence;
        assert_true(r.vcpu < WRITERS && r.time_ns >= next[r.vcpu]);
        next[r.vcpu] = r.time_ns + 1;
        for (unsigned i = 0; i < sizeof(r.text); i++) {
            assert_int_equal(r.text[i], 'a' + r.vcpu);
        }
        seen++;
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_true(seen > 0);
}

static void test_convert(void **state)
{
    (void)state;
    static const uint64_t frequencies[] = {1000001,    24000000,   999999999,
                                           1000000000, 2596101000, UINT64_C(5700000000)};
    for (size_t i = 0; i < ARRAY_COUNT(frequencies); i++) {
        struct svsm_time_page p = {.base_tsc = 1000, .base_ns = 5};
        uint64_t hz = frequencies[i];
        convert_scale(hz, &p.mult, &p.shift);
        assert_true(p.mult > 0 && p.mult <= UINT32_MAX);
        /* a hundred days, to a millionth */
        uint64_t seconds = 8640000;
        uint64_t got = convert_ns(&p, 1000 + hz * seconds);
        uint64_t want = seconds * NS_PER_SECOND + 5;
        assert_true((got > want ? got - want : want - got) < want / 1000000);
        assert_int_equal(convert_ns(&p, 999), 5); /* another vCPU's TSC a little behind */
    }
    assert_int_equal(convert_hz(1193182, 1193182), PIT_HZ);
    assert_int_equal(convert_hz(UINT64_C(200000000), 47727), UINT64_C(200000000) * PIT_HZ / 47727);
}

struct [[gnu::packed]] map_entry {
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
};

#define MIB (UINT64_C(1) << 20)

static void test_map(void **state)
{
    (void)state;
    struct map_entry map[] = {
        {20, 0, 0x9fc00, 1},    {20, 0x9fc00, 0x400, 2}, {20, 64 * MIB, 64 * MIB, 1},
        {20, MIB, 63 * MIB, 1}, {20, 200 * MIB, MIB, 1}, {20, 128 * MIB, MIB, 2},
    };
    assert_int_equal(mbinfo_map_end(map, sizeof(map), MIB), 128 * MIB); /* pieces in any order */
    assert_int_equal(mbinfo_map_end(map, sizeof(map), 100 * MIB), 128 * MIB);
    assert_int_equal(mbinfo_map_end(map, sizeof(map), 150 * MIB), 0);
    assert_int_equal(mbinfo_map_end(map, sizeof(map), 128 * MIB), 0); /* reserved */
    assert_int_equal(mbinfo_map_end(map, 0, MIB), 0);
    assert_int_equal(mbinfo_map_end(map, sizeof(map[0]) - 1, 0), 0);
}

static void test_map_hostile(void **state)
{
    (void)state;
    struct map_entry wrap[] = {{20, MIB, UINT64_MAX - 10, 1}};
    assert_int_equal(mbinfo_map_end(wrap, sizeof(wrap), MIB), 0);
    struct map_entry small[] = {{0, MIB, MIB, 1}, {20, MIB, MIB, 1}};
    assert_int_equal(mbinfo_map_end(small, sizeof(small), MIB), 0);
    struct map_entry large[] = {{UINT32_MAX, MIB, MIB, 1}};
    assert_int_equal(mbinfo_map_end(large, sizeof(large), MIB), 0);
    srand(1);
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)rand() % 200;
        uint8_t *noise = malloc(size + 1); /* ASan watches its end */
        assert_non_null(noise);
        for (size_t n = 0; n < size; n++) {
            noise[n] = (uint8_t)(rand() % 4 == 0 ? rand() : 0x14 * (n % 24 == 0));
        }
        uint8_t *exact = realloc(noise, size == 0 ? 1 : size);
        uint64_t end = mbinfo_map_end(exact, size, MIB);
        assert_true(end == 0 || end > MIB);
        free(exact);
    }
}

static void test_option(void **state)
{
    (void)state;
    size_t len = 99;
    const char *line = "/path/selftest=no  selftest=backtrace-1 other=2 selftes=3";
    const char *value = mbinfo_option(line, "selftest", &len);
    assert_non_null(value);
    assert_int_equal(len, strlen("backtrace-1"));
    assert_memory_equal(value, "backtrace-1", len);
    assert_null(mbinfo_option(line, "self", &len));
    assert_null(mbinfo_option("", "selftest", &len));
    assert_null(mbinfo_option("selftest", "selftest", &len));
    value = mbinfo_option("x selftest=", "selftest", &len);
    assert_non_null(value);
    assert_int_equal(len, 0);
}

/* The pool's formula against a task counted by hand. */
static void test_pool(void **state)
{
    (void)state;
    struct {
        struct svsm_image_header header;
        struct svsm_image_task task;
    } image = {.header = {.task_count = 1, .task_offset = sizeof(image.header)}};
    struct svsm_image_task *t = &image.task;
    *t = (struct svsm_image_task){
        .activations = 1,
        .heap_pages = 600,
        .stack_pages = 4,
        .request_pages = 2,
        .reply_pages = 1,
        .stage_pages = 3,
        .region_count = 2,
        .policy = SVSM_POLICY_CLEAN,
        .regions = {{.va = SVSM_IMAGE_VA, .pages = 3, .bytes = 2 * 4096 + 1},
                    {.va = SVSM_IMAGE_VA + 3 * 4096, .pages = 5, .flags = SVSM_REGION_WRITE}}};
    /* 5 data + 600 heap + 2 TLS; information, PML4, PDPT, PD; tables: image 1, heap 2, stack, TLS,
     * request, reply, time 1 each; 4 stack + 2 request + 1 reply + 3 stage */
    uint64_t clean = 607 + 4 + 8 + 10;
    assert_int_equal(svsm_pool_task_pages(t), clean);
    t->policy = SVSM_POLICY_ROLLBACK;
    /* shadow; PDPT and PD; one table for the leaf tables, two for the shadow */
    assert_int_equal(svsm_pool_task_pages(t), clean + 607 + 2 + 1 + 2);
    t->regions[0].bytes = 0; /* read-only and all zero: its pages come from the pool */
    assert_int_equal(svsm_pool_task_pages(t), clean + 607 + 2 + 1 + 2 + 3);
    t->policy = SVSM_POLICY_CLEAN;
    uint64_t fixed = 16 * 13 + 4 + 2 + 2 + 1;
    assert_int_equal(svsm_pool_pages(&image.header, 3 * MIB), clean + 3 + fixed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),         cmocka_unit_test(test_format_cuts),
        cmocka_unit_test(test_line),           cmocka_unit_test(test_line_longest),
        cmocka_unit_test(test_ring_order),     cmocka_unit_test(test_ring_wraps),
        cmocka_unit_test(test_ring_noisy),     cmocka_unit_test(test_ring_threads),
        cmocka_unit_test(test_ring_loses_one), cmocka_unit_test(test_ring_before_any_task),
        cmocka_unit_test(test_convert),        cmocka_unit_test(test_map),
        cmocka_unit_test(test_map_hostile),    cmocka_unit_test(test_option),
        cmocka_unit_test(test_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
