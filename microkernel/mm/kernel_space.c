/* SPDX-License-Identifier: MIT */
/*
 * The kernel half: one PDPT that every address space shares. Its upper GiB (vCPU slots, devices,
 * windows) is hooked into the bootstrap tables as well, so that its addresses are good before and
 * after the switch.
 */
#include <mm/mm.h>
#include <cpu/cpu.h>
#include <cpu/io.h>

extern const uint8_t kernel_start[], rodata_start[], roinit_start[], data_start[], kernel_end[];
extern uint8_t boot_tables[], boot_tables_end[], boot_stack[];
extern struct table boot_pdpt_high;

#define KERNEL_SLOT 511 /* of a PML4 */
#define WINDOW_SLOT 511 /* of the kernel's PDPT: the upper GiB */
#define RW (PTE_WRITE | PTE_NX)

static pa_t root;
static uint64_t window_next = WINDOW_VA;

pa_t kernel_space_root(void)
{
    return root;
}

void kernel_space_map(uint64_t va, pa_t pa, uint64_t flags)
{
    CHECK((flags & PTE_USER) == 0);
    pages_map(root, va, pa, flags);
}

void kernel_space_map_shared(uint64_t va, pa_t pa, uint64_t flags)
{
    CHECK((flags & PTE_USER) == 0);
    pages_map_shared(root, va, pa, flags);
}

static void map_range(uint64_t va, pa_t pa, uint64_t pages, uint64_t flags)
{
    for (uint64_t i = 0; i < pages; i++) {
        kernel_space_map(va + i * SVSM_PAGE_SIZE, (pa_t){pa.value + i * SVSM_PAGE_SIZE}, flags);
    }
}

static void map_new(uint64_t va, uint64_t end)
{
    uint64_t pages = (end - va) / SVSM_PAGE_SIZE;
    map_range(va, pool_take(pages), pages, RW);
}

static void map_vcpu(uint32_t vcpu)
{
    uint64_t slot = VCPU_VA + (uint64_t)vcpu * VCPU_STRIDE;
    map_new(slot + VCPU_CPU, slot + VCPU_CPU_END);
    map_new(slot + VCPU_STACK, slot + VCPU_STACK_END);
    for (uint64_t i = 0; i < VCPU_ISTS; i++) {
        uint64_t stack = slot + VCPU_IST + i * VCPU_IST_STRIDE;
        map_new(stack, stack + SVSM_PAGE_SIZE);
    }
}

void kernel_space_windows(uint32_t count)
{
    root = pool_take(1);
    for (uint32_t i = 0; i < count; i++) {
        map_vcpu(i);
    }
    machine_windows(count);
    const struct table *pml4 = boot_map(root);
    const struct table *pdpt = boot_map(pages_pa(pml4->entries[KERNEL_SLOT]));
    boot_pdpt_high.entries[WINDOW_SLOT] = pdpt->entries[WINDOW_SLOT];
    cr3_write(cr3_read()); /* on SNP the entry was there already, for the first GHCB */
}

static void map_linear(uint64_t from, uint64_t to, uint64_t flags)
{
    CHECK(from % SVSM_PAGE_SIZE == 0 && to % SVSM_PAGE_SIZE == 0);
    map_range(from, (pa_t){from - KERNEL_BASE}, (to - from) / SVSM_PAGE_SIZE, flags);
}

/* Of the blob ring 0 keeps what it reads: tables, symbols, contents of writable regions. Pages of
 * read-only regions belong to their task alone. */
static bool page_of_task(const struct svsm_image_header *image, uint64_t offset)
{
    for (uint32_t i = 0; i < task_count; i++) {
        const struct svsm_image_task *t = AT(tasks, i).image;
        for (uint32_t n = 0; n < t->region_count; n++) {
            const struct svsm_image_region *r = &AT(t->regions, n);
            if ((r->flags & SVSM_REGION_WRITE) == 0 && r->bytes != 0 && offset >= r->offset &&
                offset < r->offset + r->bytes) {
                return true;
            }
        }
    }
    (void)image;
    return false;
}

void kernel_space_image(const struct svsm_image_header *image)
{
    map_linear((uint64_t)kernel_start, (uint64_t)rodata_start, 0);
    map_linear((uint64_t)rodata_start, (uint64_t)data_start, PTE_NX);
    uint64_t guard = (uint64_t)boot_stack - SVSM_PAGE_SIZE;
    map_linear((uint64_t)data_start, guard, RW);
    map_linear((uint64_t)boot_stack, (uint64_t)kernel_end, RW);
    for (uint64_t offset = 0; offset < image->size; offset += SVSM_PAGE_SIZE) {
        if (!page_of_task(image, offset)) {
            uint64_t va = (uint64_t)image + offset;
            kernel_space_map(va, (pa_t){va - KERNEL_BASE}, PTE_NX);
        }
    }
}

uint8_t *kernel_space_window(pa_t pa, uint64_t pages)
{
    if (pages == 0) {
        return NULL;
    }
    uint64_t va = window_next;
    map_range(va, pa, pages, RW);
    window_next += (pages + 1) * SVSM_PAGE_SIZE; /* a guard behind it */
    CHECK(window_next <= WINDOW_END);
    /* SAFETY: just mapped, in the kernel half of every space. */
    return (uint8_t *)va;
}

void kernel_space_clear_boot(void)
{
    memset(boot_tables, 0, (size_t)(boot_tables_end - boot_tables));
}
