/* SPDX-License-Identifier: MIT */
/* PVALIDATE: where a list lies and what its head says. Nothing of a refused list is carried out. */
#include "protocol.h"

#define RAX svsm_call_rax(0, SVSM_CORE_PVALIDATE)
#define PAGES 8u
#define MARK UINT64_C(0x3333333333333333)

/* PAGES rescinding entries from the head at `list`, as far as its page goes. */
static void prepare(uint64_t list, unsigned count, unsigned next)
{
    uint64_t room = (PAGE_SIZE - list % PAGE_SIZE) / 8;

    for (unsigned i = 0; i < PAGES && i + 1 < room; i++) {
        list_put(list, i, ENTRY_RESCIND(PAGE_TEST(i)));
    }
    list_begin(list, count, next);
}

static void refused(uint64_t list, unsigned count, unsigned next, const char *name, unsigned number)
{
    prepare(list, count, next);
    call_refused(SVSM_ERR_INVALID_PARAMETER, RAX, list, 2, 3, "list/%s-%u", name, number);
    check(list_next(list), next, "list/%s-%u-next", name, number);
    check(*word_at(PAGE_TEST(0)), MARK, "list/%s-%u-memory", name, number);
}

static void test_heads(void)
{
    refused(PAGE_LIST, 0, 0, "count-0", 0);
    refused(PAGE_LIST, 0, 1, "count-0", 1);
    refused(PAGE_LIST, 1, 1, "next-is-count", 1);
    refused(PAGE_LIST, 8, 8, "next-is-count", 8);
    refused(PAGE_LIST, 8, 9, "next-above-count", 9);
    refused(PAGE_LIST, 8, 0xffff, "next-above-count", 0xffff);
    refused(PAGE_LIST, 512, 0, "leaves-page", 512);
    refused(PAGE_LIST, 513, 0, "leaves-page", 513);
    refused(PAGE_LIST, 0xffff, 0, "leaves-page", 0xffff);
    refused(PAGE_LIST, 512, 511, "leaves-page-resumed", 512);
    refused(PAGE_LIST + 8, 511, 0, "leaves-page-from-8", 511);
    refused(PAGE_LIST + 0x800, 256, 0, "leaves-page-from-2048", 256);
    refused(PAGE_LIST + 0xff0, 2, 0, "leaves-page-from-4080", 2);
    refused(PAGE_LIST + 0xff8, 1, 0, "leaves-page-from-4088", 1);
}

static void test_places(void)
{
    for (unsigned offset = 1; offset < 8; offset++) {
        prepare(PAGE_LIST + offset, 1, 0);
        call_refused(SVSM_ERR_INVALID_PARAMETER, RAX, PAGE_LIST + offset, 2, 3,
                     "list/misaligned-%u", offset);
    }
    check(*word_at(PAGE_TEST(0)), MARK, "list/misaligned-memory");
    check(list_one(ENTRY_RESCIND(PAGE_TEST(0))), SVSM_SUCCESS, "list/rescind");
    for (unsigned i = 0; i < PLACES; i++) {
        call_refused(SVSM_ERR_INVALID_ADDRESS, RAX, place(i).gpa, 2, 3, "list/at-%s",
                     place(i).name);
    }
    call_refused(SVSM_ERR_INVALID_ADDRESS, RAX, svsm_start() + 8, 2, 3, "list/at-svsm-and-8");
    call_refused(SVSM_ERR_INVALID_PARAMETER, RAX, PAGE_LIST | 4, 2, 3, "list/at-4");
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(0))), SVSM_SUCCESS, "list/validate");
}

/* Lists of `count` at `list`, from `next` on: rescinded and validated again. */
static void good(uint64_t list, unsigned count, unsigned next, const char *name)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        uint64_t flag = pass == 0 ? 0 : SVSM_ENTRY_VALIDATE;
        for (unsigned i = 0; i < count; i++) {
            list_put(list, i, (LARGE + i * PAGE_SIZE) | flag);
        }
        list_begin(list, count, next);
        check(list_call(list), SVSM_SUCCESS, "list/%s-%u", name, pass);
        check(list_next(list), count, "list/%s-%u-next", name, pass);
    }
}

static void test_sizes(void)
{
    good(PAGE_LIST, 1, 0, "one-entry");
    good(PAGE_LIST, 511, 0, "511-entries");
    good((uint64_t)call_area()->guest_area, 510, 0, "510-entries-in-calling-area");
    good(PAGE_LIST + 0xff0, 1, 0, "one-entry-at-page-end");
    good(PAGE_LIST + 0x800, 255, 0, "255-entries-to-page-end");
    memory_fill(LARGE, MARK, 16 * PAGE_SIZE);
    good(PAGE_LIST, 16, 5, "resumed-at-5");
    check(memory_differs(LARGE, MARK, 5 * PAGE_SIZE), 0, "list/resumed-leaves-those-before");
    check(memory_differs(LARGE + 5 * PAGE_SIZE, 0, 11 * PAGE_SIZE), 0, "list/resumed-does-rest");
    good(PAGE_LIST, 16, 15, "resumed-at-last");
}

void test_list(void)
{
    memory_fill(PAGE_TEST(0), MARK, PAGES * PAGE_SIZE);
    test_heads();
    check(memory_differs(PAGE_TEST(0), MARK, PAGES * PAGE_SIZE), 0, "list/refused-memory");
    test_places();
    test_sizes();
}
