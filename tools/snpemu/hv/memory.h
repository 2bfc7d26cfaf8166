/* SPDX-License-Identifier: MIT */
/*
 * Physical memory: the direct map, the reserve's allocator, and which frame backs a guest-physical
 * address. RAM of the guest lies at its own address; see design.md.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../core/rmp.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE UINT64_C(0x1000)

/* All physical memory below DIRECT_SIZE, RAM and devices, writable. Firmware puts 64-bit BARs far
 * above. */
#define DIRECT_MAP UINT64_C(0xffff800000000000)
#define DIRECT_SIZE (UINT64_C(512) << 30)

static inline void *memory_at(uint64_t pa)
{
    /* SAFETY: callers ask for addresses below DIRECT_SIZE. */
    return (void *)(DIRECT_MAP + pa); /* NOLINT(performance-no-int-to-ptr) */
}

static inline uint64_t memory_pa(const void *direct)
{
    return (uint64_t)direct - DIRECT_MAP;
}

/* The page table's entry of 1 GiB at MEMORY_WINDOW, by which devices above DIRECT_SIZE are reached.
 */
#define MEMORY_WINDOW UINT64_C(0x40000000)
void memory_window(uint64_t *entry);

/* A device's register, below any C-bit, for accesses that do not cross 1 GiB. Under the lock, and
 * only until the next call. */
volatile void *memory_device(uint64_t pa);

/* The allocator owns [from, to), whole pages; there is no freeing. */
void memory_init(uint64_t from, uint64_t to);

/* Zeroed pages, their physical address; stops the emulator if there are none left. */
uint64_t memory_pages(uint64_t count);

/* The same, or 0 if fewer than count + spare are left. */
uint64_t memory_pages_try(uint64_t count, uint64_t spare);

/* Guest RAM is [0, bytes), with the reserve behind it, and high bytes from LAUNCH_RAM_HIGH on. */
void memory_guest(uint64_t bytes, uint64_t reserve, uint64_t high);

/* Is it an address of RAM, the guest's or the hypervisor's? */
bool memory_is_ram(uint64_t pa);

/* Where all RAM has ended. */
uint64_t memory_end(void);

/* count pages at gpa that are not RAM of the machine are backed by frames of the reserve. */
void memory_firmware(uint64_t gpa, uint64_t count);

/* The frame behind a guest-physical address without C-bit, or RMP_NO_FRAME. */
uint64_t memory_frame(uint64_t gpa);

/*
 * Another frame is behind the page at gpa from now on, or, for RMP_NO_FRAME, its own again. The
 * caller sees to it that nothing has the old one mapped. False: too many pages are moved.
 */
bool memory_move(uint64_t gpa, uint64_t frame);
bool memory_is_moved(uint64_t gpa);
