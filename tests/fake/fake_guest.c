/* SPDX-License-Identifier: MIT */
/* The fake platform's guest: a few pages that come and go, and the answers it gets. See fake.h. */
#include "fake.h"

#include <task/guest.h>

#include <string.h>

uint8_t fake_guest_memory[FAKE_GUEST_PAGES * 4096];
struct fake_guest_answer fake_guest_answers[FAKE_VCPUS];
uint64_t fake_guest_areas[FAKE_VCPUS];

static struct {
    enum status gone[FAKE_GUEST_PAGES]; /* OK: it is there */
    enum status next[FAKE_GUEST_PAGES]; /* what it becomes when its fuse has burnt */
    unsigned fuse[FAKE_GUEST_PAGES];    /* accesses until it is gone; 0: stays */
} pages;

void fake_guest_reset(void)
{
    memset(fake_guest_memory, 0, sizeof(fake_guest_memory));
    memset(fake_guest_answers, 0, sizeof(fake_guest_answers));
    memset(&pages, 0, sizeof(pages));
    for (unsigned i = 0; i < FAKE_VCPUS; i++) {
        fake_guest_areas[i] = 1;
    }
}

void fake_guest_take(uint32_t page, unsigned after)
{
    fake_guest_take_as(page, after, ERR_ADDRESS);
}

void fake_guest_take_as(uint32_t page, unsigned after, enum status status)
{
    pages.gone[page] = after == 0 ? status : OK;
    pages.next[page] = status;
    pages.fuse[page] = after;
}

void fake_guest_give(uint32_t page)
{
    pages.gone[page] = OK;
    pages.fuse[page] = 0;
}

/* An access was fine: fuses burn. */
static void burn(void)
{
    for (uint32_t i = 0; i < FAKE_GUEST_PAGES; i++) {
        if (pages.fuse[i] != 0 && --pages.fuse[i] == 0) {
            pages.gone[i] = pages.next[i];
        }
    }
}

enum status port_guest_check(uint64_t gpa, size_t size)
{
    if (size == 0 || gpa < FAKE_GUEST_GPA || size > sizeof(fake_guest_memory) ||
        gpa - FAKE_GUEST_GPA > sizeof(fake_guest_memory) - size) {
        return ERR_ADDRESS;
    }
    uint64_t from = (gpa - FAKE_GUEST_GPA) / 4096;
    uint64_t last = (gpa - FAKE_GUEST_GPA + size - 1) / 4096;
    for (uint64_t i = from; i <= last; i++) {
        if (pages.gone[i] != OK) {
            return pages.gone[i];
        }
    }
    burn();
    return OK;
}

enum status port_guest_read(void *dst, uint64_t gpa, size_t size)
{
    enum status status = port_guest_check(gpa, size);
    if (status == OK) {
        memcpy(dst, fake_guest_memory + (gpa - FAKE_GUEST_GPA), size);
    }
    return status;
}

enum status port_guest_write(uint64_t gpa, const void *src, size_t size)
{
    enum status status = port_guest_check(gpa, size);
    if (status == OK) {
        memcpy(fake_guest_memory + (gpa - FAKE_GUEST_GPA), src, size);
    }
    return status;
}

void port_guest_answer(struct cpu *cpu, uint32_t result, unsigned mask, const uint64_t out[3])
{
    struct fake_guest_answer *a = &fake_guest_answers[cpu->index];
    a->count++;
    a->result = result;
    a->mask = mask;
    memcpy(a->out, out, sizeof(a->out));
}
