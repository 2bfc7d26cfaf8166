/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "../wire/launch.h"
#include "stop.h"
#include <string.h>

/* Where a PC's frame buffer hides the RAM behind it. */
#define VGA_START UINT64_C(0xa0000)
#define VGA_END UINT64_C(0xc0000)

#define WINDOW_RIGHTS (UINT64_C(0x83) | UINT64_C(1) << 63) /* present, writable, large, no code */
#define WINDOW_MASK ((UINT64_C(1) << 30) - 1)

#define FIRMWARE_MAX 40 /* also each launched save area */
#define MOVED_MAX 64u

static uint64_t next, end;                          /* of the reserve's free part */
static uint64_t guest_bytes, low_bytes, high_bytes; /* low: with the reserve */
static uint64_t *window;

static struct {
    uint64_t gpa, pages, pa;
} firmware[FIRMWARE_MAX];
static unsigned firmware_count;

void memory_init(uint64_t from, uint64_t to)
{
    next = from;
    end = to;
}

uint64_t memory_pages_try(uint64_t count, uint64_t spare)
{
    uint64_t left = (end - next) / PAGE_SIZE;
    uint64_t pa = next;

    if (spare > left || count > left - spare) {
        return 0;
    }
    next += count * PAGE_SIZE;
    memset(memory_at(pa), 0, count * PAGE_SIZE);
    return pa;
}

uint64_t memory_pages(uint64_t count)
{
    uint64_t pa = memory_pages_try(count, 0);

    if (pa == 0) {
        stop_emulator("the hypervisor's reserve is too small");
    }
    return pa;
}

void memory_window(uint64_t *entry)
{
    window = entry;
}

volatile void *memory_device(uint64_t pa)
{
    if (pa < DIRECT_SIZE) {
        return memory_at(pa);
    }
    *window = (pa & ~WINDOW_MASK) | WINDOW_RIGHTS;
    /* SAFETY: nothing but devices is ever read through the window, and no pointer into it is kept.
     */
    asm volatile("invlpg (%0)" : : "r"(MEMORY_WINDOW + (pa & WINDOW_MASK)) : "memory");
    return (volatile void *)(MEMORY_WINDOW +
                             (pa & WINDOW_MASK)); /* NOLINT(performance-no-int-to-ptr) */
}

void memory_guest(uint64_t bytes, uint64_t reserve, uint64_t high)
{
    guest_bytes = bytes;
    low_bytes = bytes + reserve;
    high_bytes = high;
}

static bool is_high(uint64_t pa)
{
    return pa >= LAUNCH_RAM_HIGH && pa - LAUNCH_RAM_HIGH < high_bytes;
}

bool memory_is_ram(uint64_t pa)
{
    return (pa < low_bytes && (pa < VGA_START || pa >= VGA_END)) || is_high(pa);
}

uint64_t memory_end(void)
{
    return high_bytes != 0 ? LAUNCH_RAM_HIGH + high_bytes : low_bytes;
}

void memory_firmware(uint64_t gpa, uint64_t count)
{
    if (firmware_count == FIRMWARE_MAX) {
        stop_emulator("too many runs of firmware");
    }
    firmware[firmware_count].gpa = gpa;
    firmware[firmware_count].pages = count;
    firmware[firmware_count].pa = memory_pages(count);
    firmware_count++;
}

static struct {
    uint64_t page, frame;
} moved[MOVED_MAX];
static unsigned moved_count;

static unsigned find_moved(uint64_t gpa)
{
    unsigned i = 0;

    while (i < moved_count && moved[i].page != gpa >> PAGE_SHIFT) {
        i++;
    }
    return i;
}

bool memory_is_moved(uint64_t gpa)
{
    return find_moved(gpa) < moved_count;
}

bool memory_move(uint64_t gpa, uint64_t frame)
{
    unsigned i = find_moved(gpa);

    if (frame == RMP_NO_FRAME) {
        if (i < moved_count) {
            moved[i] = moved[--moved_count];
        }
        return true;
    }
    if (i == MOVED_MAX) {
        return false;
    }
    moved_count += i == moved_count;
    moved[i].page = gpa >> PAGE_SHIFT;
    moved[i].frame = frame;
    return true;
}

uint64_t memory_frame(uint64_t gpa)
{
    unsigned place = find_moved(gpa);

    if (place < moved_count) {
        return moved[place].frame;
    }
    if ((gpa < guest_bytes && (gpa < VGA_START || gpa >= VGA_END)) || is_high(gpa)) {
        return gpa >> PAGE_SHIFT;
    }
    for (unsigned i = 0; i < firmware_count; i++) {
        uint64_t page = (gpa - firmware[i].gpa) >> PAGE_SHIFT;
        if (page < firmware[i].pages) {
            return (firmware[i].pa >> PAGE_SHIFT) + page;
        }
    }
    return RMP_NO_FRAME;
}
