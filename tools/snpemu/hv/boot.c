/* SPDX-License-Identifier: MIT */
/*
 * From the boot loader's hands to the reserve. The loader puts this program at 1 MiB and the launch
 * image, its only module, somewhere behind it, all in memory that the guest will get. Both move to
 * the reserve:
 *
 *   memory                                                             memory + hv_reserve
 *   | this program | page tables | what memory_pages() gives away ... | launch image |
 */
#include "boot.h"
#include "io.h"
#include "log.h"
#include "memory.h"
#include "smp.h"
#include "stop.h"
#include <string.h>

#define MULTIBOOT_HAS_SIZES 0x01u
#define MULTIBOOT_HAS_MODULES 0x08u
#define MULTIBOOT_UPPER_START UINT64_C(0x100000)

#define LOADER_REST UINT64_C(0x10000) /* the multiboot information, behind the module */
#define SIZE_2M UINT64_C(0x200000)

#define PTE_PRESENT UINT64_C(0x01)
#define PTE_WRITE UINT64_C(0x02)
#define PTE_LARGE UINT64_C(0x80)
#define PTE_NX (UINT64_C(1) << 63)
#define DIRECT_SLOT 256   /* of DIRECT_MAP in the PML4 */
#define DIRECT_SLOT_5 511 /* and in the PML5, if there is one */
#define GIB_SHIFT 30
#define CR4_LA57 (UINT64_C(1) << 12)

struct multiboot {
    uint32_t flags;
    uint32_t memory_lower;
    uint32_t memory_upper; /* KiB from 1 MiB on */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count;
    uint32_t modules;
};

struct multiboot_module {
    uint32_t start, end;
    uint32_t text, reserved;
};

extern uint8_t image_start[], image_rodata[], image_data[], image_end[], boot_guard[];

static const struct launch_header *find_launch(const struct multiboot *information)
{
    if (!(information->flags & MULTIBOOT_HAS_MODULES) || information->module_count != 1) {
        stop_emulator("one multiboot module, the launch image, is needed");
    }
    const struct multiboot_module *module = memory_at(information->modules);
    const struct launch_header *launch = memory_at(module->start);
    uint64_t bytes = module->end - module->start;

    if (bytes < sizeof(*launch) || launch->magic != LAUNCH_MAGIC || launch->size > bytes) {
        stop_emulator("the module is no launch image of this version");
    }
    return launch;
}

static void check_sizes(const struct multiboot *information, const struct launch_header *launch)
{
    uint64_t end = launch->memory + launch->hv_reserve;
    uint64_t installed = MULTIBOOT_UPPER_START + ((uint64_t)information->memory_upper << 10);

    uint64_t most = launch->high != 0 ? LAUNCH_RAM_SPLIT : LAUNCH_RAM_END;

    if ((launch->memory | launch->hv_reserve | launch->high) % SIZE_2M != 0 ||
        launch->memory >= most || launch->hv_reserve >= most - launch->memory ||
        launch->high > DIRECT_SIZE - LAUNCH_RAM_HIGH) {
        stop_emulator("memory and reserve must be multiples of 2 MiB, and end below 2816 MiB, or 2 "
                      "GiB with more above 4");
    }
    /* The loader's figure ends a page or so early: firmware keeps the last pages for its tables. */
    if (!(information->flags & MULTIBOOT_HAS_SIZES) || installed + SIZE_2M < end) {
        stop_emulator("QEMU has less memory than the launch image says");
    }
    if (memory_pa(launch) + launch->size > launch->memory) {
        stop_emulator("the guest's memory is smaller than the launch image");
    }
    if (launch->size + (uint64_t)(image_end - image_start) + SIZE_2M > launch->hv_reserve) {
        stop_emulator("the reserve is smaller than the launch image");
    }
}

static uint64_t page_rights(uint64_t va)
{
    if (va < (uint64_t)image_rodata) {
        return PTE_PRESENT;
    }
    if (va < (uint64_t)image_data) {
        return PTE_PRESENT | PTE_NX;
    }
    return va == (uint64_t)boot_guard ? 0 : PTE_PRESENT | PTE_WRITE | PTE_NX;
}

/* The final tables: the image at its own addresses but in target, and the direct map. */
static uint64_t build_tables(uint64_t target)
{
    uint64_t pa = memory_pages(7); /* PML4, two PDPTs, a PD, two PTs, a PML5 */
    uint64_t *pml4 = memory_at(pa);
    uint64_t *pml5 = memory_at(pa + 6 * PAGE_SIZE);
    uint64_t *low = memory_at(pa + PAGE_SIZE);
    uint64_t *direct = memory_at(pa + 2 * PAGE_SIZE);
    uint64_t *pd = memory_at(pa + 3 * PAGE_SIZE);
    uint64_t *pt = memory_at(pa + 4 * PAGE_SIZE); /* both, one behind the other */

    pml4[0] = memory_pa(low) | PTE_PRESENT | PTE_WRITE;
    pml4[DIRECT_SLOT] = memory_pa(direct) | PTE_PRESENT | PTE_WRITE;
    low[0] = memory_pa(pd) | PTE_PRESENT | PTE_WRITE;
    memory_window(&low[MEMORY_WINDOW >> GIB_SHIFT]);
    for (uint64_t i = 0; i < DIRECT_SIZE >> GIB_SHIFT; i++) {
        direct[i] = i << GIB_SHIFT | PTE_PRESENT | PTE_WRITE | PTE_LARGE | PTE_NX;
    }
    pd[0] = memory_pa(pt) | PTE_PRESENT | PTE_WRITE;
    pd[1] = (memory_pa(pt) + PAGE_SIZE) | PTE_PRESENT | PTE_WRITE;
    for (uint64_t va = (uint64_t)image_start; va < (uint64_t)image_end; va += PAGE_SIZE) {
        pt[va >> PAGE_SHIFT] = (target + va - (uint64_t)image_start) | page_rights(va);
    }
    pt[SMP_TRAMPOLINE >> PAGE_SHIFT] = SMP_TRAMPOLINE | PTE_PRESENT;
    pml5[0] = pa | PTE_PRESENT | PTE_WRITE;
    pml5[DIRECT_SLOT_5] = pa | PTE_PRESENT | PTE_WRITE;
    return boot_levels() == 5 ? memory_pa(pml5) : pa;
}

unsigned boot_levels(void)
{
    return cr4_read() & CR4_LA57 ? 5 : 4;
}

void boot_main(uint32_t information_pa)
{
    const struct multiboot *information = memory_at(information_pa);
    const struct launch_header *launch = find_launch(information);

    check_sizes(information, launch);
    uint64_t target = launch->memory;
    uint64_t image_size = (uint64_t)(image_end - image_start);
    uint64_t module = (target + launch->hv_reserve - launch->size) & ~(PAGE_SIZE - 1);

    memory_init(target + image_size, module);
    uint64_t loaded_end = memory_pa(launch) + launch->size + LOADER_REST;
    memcpy(memory_at(module), launch, launch->size); /* no overlap: it ends below memory */
    boot_move(memory_at(target), build_tables(target));
    main_start(memory_at(module), loaded_end);
}
