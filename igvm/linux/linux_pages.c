/* SPDX-License-Identifier: MIT */
/*
 * The pages that tell a directly booted Linux what it has to know: boot_params with the map of the
 * memory, command line, GDT, page tables, the chain to its secrets and CPUID pages, ACPI.
 */
#include "linux_pages.h"

#include "acpi.h"
#include "linux_entry.h"
#include "vmsa.h"

/* boot_params. */
#define PARAMS_RSDP 0x070
#define PARAMS_E820_COUNT 0x1e8
#define PARAMS_SETUP 0x1f1
#define PARAMS_VIDEO 0x1fa
#define PARAMS_LOADER 0x210
#define PARAMS_INITRD_SIZE 0x21c
#define PARAMS_CMDLINE 0x228
#define PARAMS_SETUP_DATA 0x250
#define PARAMS_E820 0x2d0
#define VIDEO_NORMAL 0xffff
#define LOADER_UNKNOWN 0xff

#define E820_RAM 1u
#define E820_RESERVED 2u
#define E820_ACPI 3u

/* The setup_data of a confidential guest and what it leads to. */
#define SETUP_CC_BLOB 7u
#define CC_BLOB_MAGIC UINT32_C(0x45444d41)
#define CC_BLOB_OFFSET 0x40u /* in the page, behind the setup_data */

#define PTE_PRESENT UINT64_C(0x1)
#define PTE_WRITABLE UINT64_C(0x2)
#define PTE_LARGE UINT64_C(0x80)
#define PTE_ACCESSED_DIRTY UINT64_C(0x60)
#define TABLE_ENTRIES 512u
#define MAPPED_GIB 4u

#define DESCRIPTOR_CODE32 UINT64_C(0x00cf9b000000ffff)
#define DESCRIPTOR_CODE64 UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA UINT64_C(0x00cf93000000ffff)

/* Everything from LINUX_PAGES on but the PSP's two pages; which is about 80 KiB. */
struct area {
    uint8_t bytes[LINUX_PAGES_END - LINUX_PAGES];
};

static void put(struct area *a, uint64_t gpa, uint64_t value, size_t size)
{
    memcpy(a->bytes + (gpa - LINUX_PAGES), &value, size);
}

static void put_e820(struct area *a, unsigned *count, uint64_t from, uint64_t to, uint32_t type)
{
    uint64_t at = LINUX_BOOT_PARAMS + PARAMS_E820 + *count * 20u;
    put(a, at, from, 8);
    put(a, at + 8, to - from, 8);
    put(a, at + 16, type, 4);
    put(a, LINUX_BOOT_PARAMS + PARAMS_E820_COUNT, ++*count, 1);
}

static void put_memory(struct area *a, uint64_t memory, const struct linux_svsm *svsm)
{
    unsigned count = 0;
    put_e820(a, &count, 0, LINUX_LOW_END, E820_RAM);
    put_e820(a, &count, LINUX_BIOS, 0x100000, E820_RESERVED);
    /*
     * setup_data and the blob lie in RAM, as EFI has them: Linux maps a reserved page as shared
     * when it looks through the list. It keeps them from being used by itself.
     */
    put_e820(a, &count, 0x100000, LINUX_SECRETS, E820_RAM);
    put_e820(a, &count, LINUX_SECRETS, LINUX_ACPI, E820_RESERVED);
    put_e820(a, &count, LINUX_ACPI, LINUX_PAGES_END, E820_ACPI);
    uint64_t from = LINUX_PAGES_END;
    if (svsm != NULL) {
        put_e820(a, &count, from, svsm->from, E820_RAM);
        put_e820(a, &count, svsm->from, svsm->to, E820_RESERVED);
        from = svsm->to;
    }
    if (from < memory) {
        put_e820(a, &count, from, memory, E820_RAM);
    }
    put_e820(a, &count, ACPI_MCFG_BASE, ACPI_MCFG_BASE + ACPI_MCFG_SIZE, E820_RESERVED);
}

static void put_params(struct area *a, const struct linux_boot *boot, const struct linux_kernel *k,
                       uint64_t initrd)
{
    const uint64_t params = LINUX_BOOT_PARAMS;
    memcpy(a->bytes + PARAMS_SETUP, boot->kernel.at + PARAMS_SETUP, k->header_end - PARAMS_SETUP);
    put(a, params + PARAMS_RSDP, LINUX_ACPI, 8);
    put(a, params + PARAMS_VIDEO, VIDEO_NORMAL, 2);
    put(a, params + PARAMS_LOADER, LOADER_UNKNOWN, 1);
    put(a, params + LINUX_PARAMS_INITRD, boot->initrd.size == 0 ? 0 : initrd, 4);
    put(a, params + PARAMS_INITRD_SIZE, boot->initrd.size, 4);
    put(a, params + PARAMS_CMDLINE, LINUX_CMDLINE, 4);
    put(a, params + PARAMS_SETUP_DATA, LINUX_BLOB, 8);
    memcpy(a->bytes + (LINUX_CMDLINE - LINUX_PAGES), boot->cmdline, strlen(boot->cmdline) + 1);
}

/* setup_data: next, type, length of what follows, and the blob's address as all that follows. */
static void put_blob(struct area *a)
{
    const uint64_t blob = LINUX_BLOB + CC_BLOB_OFFSET;
    put(a, LINUX_BLOB + 8, SETUP_CC_BLOB, 4);
    put(a, LINUX_BLOB + 12, 4, 4);
    put(a, LINUX_BLOB + 16, blob, 4);
    put(a, blob, CC_BLOB_MAGIC, 4);
    put(a, blob + 4, 1, 2);
    put(a, blob + 8, LINUX_SECRETS, 8);
    put(a, blob + 16, IMAGE_PAGE, 4);
    put(a, blob + 24, LINUX_CPUID, 8);
    put(a, blob + 32, IMAGE_PAGE, 4);
}

/* The first 4 GiB at their own addresses, all private, in pages of 2 MiB. */
static void put_tables(struct area *a, uint64_t cbit)
{
    const uint64_t bits = cbit | PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED_DIRTY;
    const uint64_t pdpt = LINUX_TABLES + IMAGE_PAGE;
    put(a, LINUX_TABLES, pdpt | (bits & ~PTE_ACCESSED_DIRTY), 8);
    for (uint64_t i = 0; i < MAPPED_GIB; i++) {
        put(a, pdpt + i * 8, (pdpt + (i + 1) * IMAGE_PAGE) | (bits & ~PTE_ACCESSED_DIRTY), 8);
    }
    for (uint64_t i = 0; i < MAPPED_GIB * TABLE_ENTRIES; i++) {
        put(a, pdpt + IMAGE_PAGE + i * 8, i * IMAGE_LARGE | bits | PTE_LARGE, 8);
    }
}

static bool add(struct image *image, const struct area *a, uint64_t from, uint64_t to,
                struct fail *f)
{
    return image_add(image,
                     &(struct image_part){.what = "boot parameters",
                                          .gpa = from,
                                          .size = to - from,
                                          .bytes = a->bytes + (from - LINUX_PAGES),
                                          .len = to - from,
                                          .type = PSP_PAGE_NORMAL},
                     f);
}

/* Below an SVSM: the pages that it fills are plain ones, and so is the calling area. */
static void put_entry(struct area *a)
{
    put(a, LINUX_GDT + VMSA_SELECTOR_CODE32, DESCRIPTOR_CODE32, 8);
    memcpy(a->bytes + (LINUX_ENTRY - LINUX_PAGES), linux_entry_start,
           (size_t)(linux_entry_end - linux_entry_start));
}

static void put_all(struct area *a, const struct image *image, const struct linux_pages *p)
{
    put_params(a, p->boot, p->kernel, p->initrd);
    put_memory(a, image->header.memory, p->svsm);
    put(a, LINUX_GDT + VMSA_SELECTOR_CODE, DESCRIPTOR_CODE64, 8);
    put(a, LINUX_GDT + VMSA_SELECTOR_DATA, DESCRIPTOR_DATA, 8);
    put_blob(a);
    put_tables(a, p->svsm != NULL ? 0 : UINT64_C(1) << image->header.cbit);
    if (p->svsm != NULL) {
        put_entry(a);
    }
    acpi_build(a->bytes + (LINUX_ACPI - LINUX_PAGES), LINUX_ACPI, image->header.vcpu_count);
}

static bool add_special(struct image *image, const char *what, uint64_t gpa, uint8_t type,
                        struct fail *f)
{
    return image_add(
        image, &(struct image_part){.what = what, .gpa = gpa, .size = IMAGE_PAGE, .type = type}, f);
}

bool linux_pages_add(struct image *image, const struct linux_pages *pages, struct fail *f)
{
    static struct area a;
    memset(&a, 0, sizeof(a));
    put_all(&a, image, pages);
    if (pages->svsm != NULL) {
        return add(image, &a, LINUX_PAGES, LINUX_PAGES_END, f);
    }
    return add(image, &a, LINUX_PAGES, LINUX_SECRETS, f) &&
           add_special(image, "secrets", LINUX_SECRETS, PSP_PAGE_SECRETS, f) &&
           add_special(image, "CPUID", LINUX_CPUID, PSP_PAGE_CPUID, f) &&
           add(image, &a, LINUX_CPUID + IMAGE_PAGE, LINUX_PAGES_END, f);
}
