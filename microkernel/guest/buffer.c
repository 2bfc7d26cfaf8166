/* SPDX-License-Identifier: MIT */
/*
 * Memory of the guest that a call names. A page is pinned while it is read or written, so that it
 * cannot turn into a save area between the look and the copy. Whatever is beyond that, another vCPU
 * of the guest may do to it at any time: who reads a thing reads it once.
 */
#include <guest/guest.h>
#include <guest/page.h>
#include <guest/ram.h>

#define USABLE PAGE_ANY_OF(PAGE_VALID, PAGE_CA)
#define OFFSET (SNP_SIZE_4K - 1)

enum way { WAY_READ, WAY_WRITE };

/* The number of pages that hold [gpa, gpa + size), and the index of the first. */
static bool span(uint64_t gpa, size_t size, size_t *index, size_t *count)
{
    uint64_t last = gpa + (size - 1);

    if (last < gpa) {
        return false;
    }
    *count = (last / SNP_SIZE_4K) - (gpa / SNP_SIZE_4K) + 1;
    return ram_index(gpa & ~OFFSET, *count, index);
}

static enum status of_answer(enum page_answer answer)
{
    if (answer == PAGE_OK) {
        return OK;
    }
    return answer == PAGE_BUSY ? ERR_BUSY : ERR_ADDRESS;
}

static enum status copy_in_page(enum way way, void *memory, gpa_t gpa, size_t size, size_t index)
{
    enum status status = of_answer(page_try(index, PAGE_ACT_PIN, USABLE));
    bool there = false;

    if (status != OK) {
        return status;
    }
    there = way == WAY_READ ? snp_read(memory, gpa, size) : snp_write(gpa, memory, size);
    page_unpin(index);
    return there ? OK : ERR_ADDRESS;
}

static enum status copy(enum way way, uint8_t *memory, uint64_t gpa, size_t size)
{
    size_t index = 0;
    size_t count = 0;

    if (size == 0) {
        return OK;
    }
    if (!span(gpa, size, &index, &count)) {
        return ERR_ADDRESS;
    }
    for (size_t i = 0; i < count; i++) {
        size_t room = SNP_SIZE_4K - (gpa & OFFSET);
        size_t part = size < room ? size : room;
        enum status status = copy_in_page(way, memory, (gpa_t){gpa}, part, index + i);
        if (status != OK) {
            return status;
        }
        memory += part;
        gpa += part;
        size -= part;
    }
    return OK;
}

enum status guest_check(uint64_t gpa, size_t size)
{
    size_t index = 0;
    size_t count = 0;

    if (size == 0) {
        return OK;
    }
    if (!span(gpa, size, &index, &count)) {
        return ERR_ADDRESS;
    }
    for (size_t i = 0; i < count; i++) {
        enum status status = of_answer(page_look(index + i, USABLE));
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

enum status guest_read(void *dst, uint64_t gpa, size_t size)
{
    return copy(WAY_READ, dst, gpa, size);
}

enum status guest_write(uint64_t gpa, const void *src, size_t size)
{
    enum status status = guest_check(gpa, size); /* nothing written where something is missing */

    /* copy() only reads what it writes to the guest. */
    return status == OK ? copy(WAY_WRITE, (uint8_t *)src, gpa, size) : status;
}
