/* SPDX-License-Identifier: MIT */
/*
 * Memory: the pool, the kernel half, the tasks' spaces and the check of it all. Everything here
 * runs once, at boot, on the boot CPU, under the bootstrap tables (the first GiB is mapped at its
 * physical address); afterwards no page table changes but for the dirty bits of rollback tasks.
 */
#pragma once
#include <cdefs.h>
#include <mm/kmap.h>
#include <svsm/abi/image.h>
#include <task/task.h>

#define PTE_PRESENT UINT64_C(0x001)
#define PTE_WRITE UINT64_C(0x002)
#define PTE_USER UINT64_C(0x004)
#define PTE_WRITE_THROUGH UINT64_C(0x008)
#define PTE_NO_CACHE UINT64_C(0x010)
#define PTE_ACCESSED UINT64_C(0x020)
#define PTE_LARGE UINT64_C(0x080)
#define PTE_NX (UINT64_C(1) << 63)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

#define BOOT_MAP_SIZE UINT64_C(0x40000000) /* what the bootstrap tables map */

struct table {
    uint64_t entries[512];
};

/* SAFETY: bootstrap tables only; below BOOT_MAP_SIZE (checked), mapped at its own address. */
static inline void *boot_map(pa_t pa)
{
    CHECK(pa.value < BOOT_MAP_SIZE);
    return (void *)pa.value;
}

static inline pa_t pa_of_kernel(const void *p)
{
    return (pa_t){(uint64_t)p - KERNEL_BASE};
}

/* pool.c */
void pool_init(const struct svsm_image_location *where);
/* Zeroed pages, contiguous. Stops the machine when the builder reserved too few. */
[[nodiscard]] pa_t pool_take(uint64_t pages);
[[nodiscard]] uint64_t pool_used(void);

/* What marks private memory in an entry of any level and in CR3: the C-bit on SNP, else 0. Set
 * before the first table is made. */
extern uint64_t pages_private;

/* What an entry names. */
static inline pa_t pages_pa(uint64_t entry)
{
    return (pa_t){entry & PTE_ADDRESS & ~pages_private};
}

/* The same for CR3, whose low bits are clear. */
static inline uint64_t pages_cr3(pa_t root)
{
    return root.value | pages_private;
}

/* pages.c: one 4 KiB mapping below `root` (a PML4); makes tables on the way. */
void pages_map(pa_t root, uint64_t va, pa_t pa, uint64_t flags);
/* The same, shared with the host. */
void pages_map_shared(pa_t root, uint64_t va, pa_t pa, uint64_t flags);
/* Entry of the last level, or NULL. */
[[nodiscard]] uint64_t *pages_entry(pa_t root, uint64_t va);

/* kernel_space.c */
void kernel_space_windows(
    uint32_t count);                  /* what the bootstrap tables need too: vCPUs, the machine's */
void machine_windows(uint32_t count); /* the platform's part of it, by kernel_space_map() */
void kernel_space_image(const struct svsm_image_header *image);
[[nodiscard]] pa_t kernel_space_root(void); /* kernel half only */
void kernel_space_map(uint64_t va, pa_t pa, uint64_t flags);
void kernel_space_map_shared(uint64_t va, pa_t pa, uint64_t flags);
/* Ring 0's alias of a window. Returns its address. */
[[nodiscard]] uint8_t *kernel_space_window(pa_t pa, uint64_t pages);
/* Forget the bootstrap tables. After every vCPU has left them. */
void kernel_space_clear_boot(void);

/* space.c */
void space_build(struct task *t, const struct svsm_image_header *image);
/* Pages that are the task's own, tables included. */
[[nodiscard]] uint64_t space_pages(uint32_t task);

/* check.c: walks all final tables; stops the machine if a rule of the design is broken. */
void check_spaces(void);
