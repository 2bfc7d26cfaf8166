/* SPDX-License-Identifier: MIT */
/* A stock Linux kernel as an SNP guest. See linux.h; what it is told: linux_pages.c. */
#include "linux.h"

#include "linux_entry.h"
#include "linux_pages.h"
#include "vmsa.h"

/* The setup header, by its offsets in the file and in boot_params. */
#define SETUP_SECTS 0x1f1
#define SETUP_SYSSIZE 0x1f4 /* of the part for protected mode, in units of 16 bytes */
#define SETUP_BOOT_FLAG 0x1fe
#define SETUP_JUMP_LEN 0x201 /* the header ends so much behind 202h */
#define SETUP_MAGIC 0x202
#define SETUP_VERSION 0x206
#define SETUP_LOADFLAGS 0x211
#define SETUP_INITRD_LAST 0x22c
#define SETUP_ALIGNMENT 0x230
#define SETUP_RELOCATABLE 0x234
#define SETUP_XLOADFLAGS 0x236
#define SETUP_CMDLINE_SIZE 0x238
#define SETUP_PREF_ADDRESS 0x258
#define SETUP_INIT_SIZE 0x260
#define SETUP_END_LEAST 0x264

#define BOOT_FLAG 0xaa55
#define VERSION_LEAST 0x20c /* the first that says whether there is a 64-bit entry */
#define LOADED_HIGH 0x01
#define XLOAD_KERNEL_64 0x01
#define SECTOR 512u
#define ENTRY_64 0x200 /* behind the start of the part for protected mode */

static const char not_bzimage[] = "a bzImage for x86-64 is needed, such as /boot/vmlinuz-*";

static uint64_t field(struct bytes file, size_t offset, size_t size)
{
    uint64_t value = 0;
    (void)bytes_read(file, offset, &value, size); /* its presence was checked */
    return value;
}

static bool check_kind(struct bytes file, struct fail *f)
{
    if (!bytes_has(file, 0, SETUP_END_LEAST) || field(file, SETUP_BOOT_FLAG, 2) != BOOT_FLAG ||
        memcmp(file.at + SETUP_MAGIC, "HdrS", 4) != 0) {
        return fail_with_mend(f, not_bzimage, "the kernel is no bzImage: it has no setup header");
    }
    unsigned version = (unsigned)field(file, SETUP_VERSION, 2);
    if (version < VERSION_LEAST) {
        return fail_with_mend(f, not_bzimage,
                              "the kernel has boot protocol %x.%02x; 2.0c is needed", version >> 8,
                              version & 0xff);
    }
    if ((field(file, SETUP_XLOADFLAGS, 2) & XLOAD_KERNEL_64) == 0) {
        return fail_with_mend(f, not_bzimage, "the kernel has no 64-bit entry");
    }
    if ((field(file, SETUP_LOADFLAGS, 1) & LOADED_HIGH) == 0) {
        return fail_with_mend(f, not_bzimage, "the kernel is a zImage, for low memory");
    }
    return true;
}

static bool check_place(struct bytes file, struct fail *f)
{
    uint64_t alignment = field(file, SETUP_ALIGNMENT, 4);
    if (field(file, SETUP_RELOCATABLE, 1) == 0) {
        uint64_t address = field(file, SETUP_PREF_ADDRESS, 8);
        if (address != LINUX_KERNEL) {
            return fail_because(f,
                                "the kernel is not relocatable and wants to lie at 0x%llx, not "
                                "at 0x%llx",
                                (unsigned long long)address, (unsigned long long)LINUX_KERNEL);
        }
    } else if (alignment == 0 || LINUX_KERNEL % alignment != 0) {
        return fail_because(f, "the kernel wants to be aligned to 0x%llx, and 0x%llx is not",
                            (unsigned long long)alignment, (unsigned long long)LINUX_KERNEL);
    }
    return true;
}

static bool check_sizes(struct bytes file, struct linux_kernel *k, struct fail *f)
{
    uint64_t sectors = field(file, SETUP_SECTS, 1);
    uint64_t code = field(file, SETUP_SYSSIZE, 4) * 16;
    k->setup_size = (uint32_t)((sectors == 0 ? 4 : sectors) + 1) * SECTOR;
    k->header_end = SETUP_MAGIC + (uint32_t)field(file, SETUP_JUMP_LEN, 1);
    k->init_size = (uint32_t)field(file, SETUP_INIT_SIZE, 4);
    k->initrd_last = (uint32_t)field(file, SETUP_INITRD_LAST, 4);
    k->cmdline_max = (uint32_t)field(file, SETUP_CMDLINE_SIZE, 4);
    if (code <= ENTRY_64 || !bytes_has(file, k->setup_size, code)) {
        return fail_because(f,
                            "the kernel has %zu bytes, but says that 0x%llx follow its first "
                            "0x%x; is it whole?",
                            file.size, (unsigned long long)code, k->setup_size);
    }
    k->code_size = (uint32_t)code;
    if (k->header_end < SETUP_END_LEAST || k->header_end > k->setup_size ||
        k->header_end > LINUX_HEADER_END_MAX) {
        return fail_because(f, "the kernel's setup header ends at 0x%x", k->header_end);
    }
    if (k->init_size < code) {
        return fail_because(f, "the kernel says that its 0x%llx bytes need only 0x%x",
                            (unsigned long long)code, k->init_size);
    }
    return true;
}

bool linux_read(struct bytes file, struct linux_kernel *kernel, struct fail *f)
{
    *kernel = (struct linux_kernel){0};
    return check_kind(file, f) && check_place(file, f) && check_sizes(file, kernel, f);
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) & ~(unit - 1);
}

static bool add(struct image *image, const char *what, uint64_t from, uint64_t to, uint8_t type,
                struct bytes bytes, struct fail *f)
{
    return from == to || image_add(image,
                                   &(struct image_part){.what = what,
                                                        .gpa = from,
                                                        .size = to - from,
                                                        .bytes = bytes.at,
                                                        .len = bytes.size,
                                                        .type = type},
                                   f);
}

static bool add_zero(struct image *image, uint64_t from, uint64_t to, struct fail *f)
{
    return from == to || image_add_large(image,
                                         &(struct image_part){.what = "memory",
                                                              .gpa = from,
                                                              .size = to - from,
                                                              .type = PSP_PAGE_ZERO},
                                         f);
}

/* Where the initrd goes, behind all that the kernel writes before it knows of it. */
static bool place_initrd(const struct image *image, const struct linux_kernel *k,
                         const struct linux_boot *boot, const struct linux_svsm *svsm,
                         uint64_t *start, struct fail *f)
{
    *start = round_up(LINUX_KERNEL + k->init_size, IMAGE_LARGE);
    if (svsm != NULL && *start > svsm->from) {
        return fail_because(f, "the kernel needs memory up to 0x%llx; the SVSM's begins at 0x%llx",
                            (unsigned long long)*start, (unsigned long long)svsm->from);
    }
    if (svsm != NULL && *start + boot->initrd.size > svsm->from) {
        *start = round_up(svsm->to, IMAGE_LARGE);
    }
    uint64_t end = *start + round_up(boot->initrd.size, IMAGE_PAGE);
    if (end > image->header.memory) {
        return fail_with_mend(f, "--memory SIZE gives the guest more",
                              "kernel and initrd need memory up to 0x%llx, but there is 0x%llx",
                              (unsigned long long)end, (unsigned long long)image->header.memory);
    }
    if (end - 1 > k->initrd_last && boot->initrd.size > 0) {
        return fail_because(f, "the initrd ends at 0x%llx; the kernel takes it up to 0x%x",
                            (unsigned long long)end, k->initrd_last);
    }
    return true;
}

static bool check_cmdline(const struct linux_kernel *k, const char *cmdline, struct fail *f)
{
    size_t most = k->cmdline_max < LINUX_CMDLINE_MAX ? k->cmdline_max : LINUX_CMDLINE_MAX;
    return strlen(cmdline) <= most ||
           fail_because(f, "the command line has %zu bytes, more than %zu", strlen(cmdline), most);
}

static bool add_vmsa(struct image *image, uint64_t features, struct fail *f)
{
    struct vmsa vmsa;
    const struct vmsa_entry entry = {
        .rip = LINUX_KERNEL + ENTRY_64,
        .rsi = LINUX_BOOT_PARAMS,
        .cr3 = LINUX_TABLES | UINT64_C(1) << image->header.cbit,
        .gdt = LINUX_GDT,
        .gdt_limit = LINUX_GDT_SIZE - 1,
    };
    vmsa_long_mode(&vmsa, &entry, features);
    return image_add_vmsa(image, 0, &vmsa, true, f);
}

/* What is known once the files are looked at. */
struct plan {
    struct linux_kernel k;
    uint64_t initrd, initrd_end;
    uint64_t code_end;
    struct bytes code;
};

static bool plan_make(struct plan *p, const struct image *image, const struct linux_boot *boot,
                      const struct linux_svsm *svsm, struct fail *f)
{
    *p = (struct plan){0};
    if (!linux_read(boot->kernel, &p->k, f) || !check_cmdline(&p->k, boot->cmdline, f) ||
        !place_initrd(image, &p->k, boot, svsm, &p->initrd, f)) {
        return false;
    }
    p->code = (struct bytes){boot->kernel.at + p->k.setup_size, p->k.code_size};
    p->code_end = LINUX_KERNEL + round_up(p->code.size, IMAGE_PAGE);
    p->initrd_end = p->initrd + round_up(boot->initrd.size, IMAGE_PAGE);
    return true;
}

static bool add_kernel(struct image *image, const struct plan *p, struct fail *f)
{
    return add(image, "the kernel", LINUX_KERNEL, p->code_end, PSP_PAGE_NORMAL, p->code, f);
}

static bool add_initrd(struct image *image, const struct plan *p, const struct linux_boot *boot,
                       struct fail *f)
{
    return add(image, "the initrd", p->initrd, p->initrd_end, PSP_PAGE_NORMAL, boot->initrd, f);
}

bool linux_launch(struct image *image, const struct linux_boot *boot, uint64_t features,
                  struct fail *f)
{
    struct plan p;
    if (!plan_make(&p, image, boot, NULL, f)) {
        return false;
    }
    const struct linux_pages pages = {boot, &p.k, p.initrd, NULL};
    return add_zero(image, 0, LINUX_LOW_END, f) && add_zero(image, LINUX_BIOS, LINUX_PAGES, f) &&
           linux_pages_add(image, &pages, f) && add_zero(image, LINUX_PAGES_END, LINUX_KERNEL, f) &&
           add_kernel(image, &p, f) && add_zero(image, p.code_end, p.initrd, f) &&
           add_initrd(image, &p, boot, f) &&
           add_zero(image, p.initrd_end, image->header.memory, f) && add_vmsa(image, features, f);
}

bool linux_below(struct image *image, const struct linux_boot *boot, struct linux_svsm *svsm,
                 struct fail *f)
{
    const struct linux_entry entry = {
        .code = LINUX_ENTRY,
        .cpuid = LINUX_CPUID,
        .tables = LINUX_TABLES,
        .gdt = LINUX_GDT,
        .kernel = LINUX_KERNEL + ENTRY_64,
        .boot_params = LINUX_BOOT_PARAMS,
    };
    struct plan p;
    if (!plan_make(&p, image, boot, svsm, f)) {
        return false;
    }
    const struct linux_pages pages = {boot, &p.k, p.initrd, svsm};
    linux_entry_vmsa(&svsm->vmsa, &entry, svsm->features);
    return linux_pages_add(image, &pages, f) && add_kernel(image, &p, f) &&
           add_initrd(image, &p, boot, f);
}
