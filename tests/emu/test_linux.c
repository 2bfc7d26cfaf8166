/* SPDX-License-Identifier: MIT */
/* Kernels made here: what is read and refused, where things lie, and what the kernel is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/snp.h>

#include "linux.h"
#include "refusal.h"

#define MEMORY UINT64_C(0x4000000)
#define SETUP_SIZE 0x1000u /* seven sectors and the boot sector */
#define CODE_SIZE 0x2010u
#define FILE_SIZE (SETUP_SIZE + CODE_SIZE + 0x123u) /* a signature follows */
#define INIT_SIZE 0x250000u
#define INITRD UINT64_C(0x1400000) /* the next 2 MiB behind LINUX_KERNEL + INIT_SIZE */
#define CBIT (UINT64_C(1) << 47)

static uint8_t kernel[FILE_SIZE];
static uint8_t initrd[0x1800];
static struct linux_boot boot;
static struct image image;
static struct fail f;

static void set(size_t offset, uint64_t value, size_t size)
{
    memcpy(kernel + offset, &value, size);
}

static int setup(void **unused)
{
    (void)unused;
    f = (struct fail){0};
    memset(kernel, 0x11, sizeof(kernel));
    memset(kernel + SETUP_SIZE, 0x22, CODE_SIZE);
    memset(initrd, 0x33, sizeof(initrd));
    set(0x1f1, 7, 1);
    set(0x1f4, CODE_SIZE / 16, 4);
    set(0x1fe, 0xaa55, 2);
    set(0x201, 0x6a, 1); /* ends at 26Ch, as those of Linux 6 */
    memcpy(kernel + 0x202, "HdrS", 4);
    set(0x206, 0x20f, 2);
    set(0x211, 1, 1);
    set(0x22c, 0x7fffffff, 4);
    set(0x230, 0x200000, 4);
    set(0x234, 1, 1);
    set(0x236, 0x7f, 2);
    set(0x238, 2047, 4);
    set(0x258, 0x1000000, 8);
    set(0x260, INIT_SIZE, 4);
    boot = (struct linux_boot){.kernel = {kernel, sizeof(kernel)},
                               .initrd = {initrd, sizeof(initrd)},
                               .cmdline = "console=ttyS0 quiet"};
    assert_true(image_init(&image, MEMORY, 2, &f));
    image.header.cbit = 47;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    image_free(&image);
    return 0;
}

static void refuse(const char *words)
{
    refused(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f, words);
    image_free(&image);
    assert_true(image_init(&image, MEMORY, 2, &f));
}

static void test_header(void **unused)
{
    (void)unused;
    static const struct {
        size_t offset;
        uint64_t value;
        size_t size;
        const char *words;
    } cases[] = {
        {0x1fe, 0xaa54, 2, "no setup header"},
        {0x202, 0, 1, "no setup header"},
        {0x206, 0x20b, 2, "boot protocol 2.0b"},
        {0x236, 0x7e, 2, "no 64-bit entry"},
        {0x211, 0, 1, "a zImage"},
        {0x230, 0, 4, "aligned to 0x0"},
        {0x230, 0x2000000, 4, "aligned to 0x2000000"},
        {0x1f4, 0x20, 4, "is it whole"},
        {0x1f4, (CODE_SIZE + 0x130) / 16, 4, "is it whole"},
        {0x1f4, 0xffffffff, 4, "is it whole"},
        {0x1f1, 0xff, 1, "is it whole"},
        {0x201, 0x61, 1, "setup header ends at 0x263"},
        {0x201, 0x8f, 1, "setup header ends at 0x291"},
        {0x260, CODE_SIZE - 1, 4, "need only 0x200f"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t before = 0;
        memcpy(&before, kernel + cases[i].offset, cases[i].size);
        set(cases[i].offset, cases[i].value, cases[i].size);
        refuse(cases[i].words);
        set(cases[i].offset, before, cases[i].size);
    }
    set(0x234, 0, 1);
    set(0x258, 0x200000, 8);
    refuse("wants to lie at 0x200000");
}

static void test_short(void **unused)
{
    (void)unused;
    for (size_t size = 0; size < SETUP_SIZE + CODE_SIZE; size += size < 0x270 ? 1 : 0x100) {
        boot.kernel.size = size;
        assert_false(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f));
        assert_int_equal(image.header.run_count, 0);
    }
    boot.kernel.size = SETUP_SIZE + CODE_SIZE;
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
}

/* An old kernel may say 0 sectors and mean 4. */
static void test_sectors(void **unused)
{
    (void)unused;
    struct linux_kernel k;
    set(0x1f1, 0, 1);
    accepted(linux_read(boot.kernel, &k, &f), &f);
    assert_int_equal(k.setup_size, 5 * 512);
}

static void test_room(void **unused)
{
    (void)unused;
    char *line = malloc(2049);
    assert_non_null(line);
    memset(line, 'x', 2048);
    line[2048] = 0;
    boot.cmdline = line;
    refuse("the command line has 2048 bytes, more than 2047");
    set(0x238, 0xffffffff, 4);
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
    image_free(&image);
    assert_true(image_init(&image, MEMORY, 2, &f));
    boot.cmdline = "";
    set(0x22c, INITRD + 0x1ffe, 4);
    refuse("the kernel takes it up to 0x1401ffe");
    set(0x260, MEMORY - LINUX_KERNEL - 0x1000, 4);
    refuse("kernel and initrd need memory up to 0x4002000");
    assert_string_not_equal(f.mend, "");
    set(0x260, 0xffffffff, 4);
    refuse("kernel and initrd need memory");
    free(line);
}

struct expected {
    uint64_t from, to;
    uint8_t type, large;
    int byte; /* the first, -1: no data */
};

static void test_layout(void **unused)
{
    (void)unused;
    const struct expected runs[] = {
        {0, 0xa0000, PSP_PAGE_ZERO, 0, -1},
        {0xc0000, 0x200000, PSP_PAGE_ZERO, 0, -1},
        {0x200000, 0x800000, PSP_PAGE_ZERO, 1, -1},
        {0x800000, LINUX_SECRETS, PSP_PAGE_NORMAL, 0, 0},
        {LINUX_SECRETS, LINUX_CPUID, PSP_PAGE_SECRETS, 0, 0},
        {LINUX_CPUID, 0x80f000, PSP_PAGE_CPUID, 0, -1},
        {0x80f000, LINUX_PAGES_END, PSP_PAGE_NORMAL, 0, 0},
        {LINUX_PAGES_END, 0xa00000, PSP_PAGE_ZERO, 0, -1},
        {0xa00000, 0x1000000, PSP_PAGE_ZERO, 1, -1},
        {0x1000000, 0x1003000, PSP_PAGE_NORMAL, 0, 0x22},
        {0x1003000, 0x1200000, PSP_PAGE_ZERO, 0, -1},
        {0x1200000, 0x1400000, PSP_PAGE_ZERO, 1, -1},
        {INITRD, INITRD + 0x2000, PSP_PAGE_NORMAL, 0, 0x33},
        {INITRD + 0x2000, 0x1600000, PSP_PAGE_ZERO, 0, -1},
        {0x1600000, MEMORY, PSP_PAGE_ZERO, 1, -1},
        {VMSA_KVM_GPA, VMSA_KVM_GPA + 0x1000, PSP_PAGE_VMSA, 0, 0x18},
    };
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
    assert_int_equal(image.header.run_count, sizeof(runs) / sizeof(runs[0]));
    for (size_t i = 0; i < image.header.run_count; i++) {
        const struct launch_run *run = &image.runs[i];
        const uint8_t *bytes = image_run_bytes(&image, run);
        assert_int_equal(run->gpa, runs[i].from);
        assert_int_equal(run->gpa + run->count * 0x1000, runs[i].to);
        assert_int_equal(run->type, runs[i].type);
        assert_int_equal(run->large, runs[i].large);
        assert_int_equal(bytes == NULL ? -1 : bytes[0], runs[i].byte);
    }
    const uint8_t *code = image_run_bytes(&image, &image.runs[9]);
    assert_int_equal(code[CODE_SIZE - 1], 0x22);
    assert_int_equal(code[CODE_SIZE], 0); /* the signature stays behind */
    assert_int_equal(image.vcpus[0].runnable, 1);
    assert_int_equal(image.vcpus[1].vmsa_gpa, LAUNCH_NO_VMSA);
}

/* What lies at a guest address within the boot pages. */
static const uint8_t *at(uint64_t gpa)
{
    for (size_t i = 0; i < image.header.run_count; i++) {
        const struct launch_run *run = &image.runs[i];
        const uint8_t *bytes = image_run_bytes(&image, run);
        if (bytes != NULL && gpa >= run->gpa && gpa - run->gpa < run->count * 0x1000) {
            return bytes + (gpa - run->gpa);
        }
    }
    fprintf(stderr, "nothing at 0x%llx\n", (unsigned long long)gpa);
    abort();
}

static uint64_t number(uint64_t gpa, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, at(gpa), size);
    return value;
}

static void test_params(void **unused)
{
    (void)unused;
    const uint64_t p = LINUX_BOOT_PARAMS;
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
    assert_int_equal(number(p + 0x1ef, 1), 0); /* the sentinel */
    assert_int_equal(number(p + 0x202, 4), 0x53726448);
    assert_int_equal(number(p + 0x260, 4), INIT_SIZE);
    assert_int_equal(number(p + 0x26b, 1), 0x11);
    assert_int_equal(number(p + 0x26c, 1), 0); /* behind the header */
    assert_int_equal(number(p + 0x210, 1), 0xff);
    assert_int_equal(number(p + 0x218, 4), INITRD);
    assert_int_equal(number(p + 0x21c, 4), sizeof(initrd));
    assert_string_equal((const char *)at(number(p + 0x228, 4)), "console=ttyS0 quiet");
    assert_memory_equal(at(number(p + 0x070, 8)), "RSD PTR ", 8);
    uint64_t data = number(p + 0x250, 8);
    assert_int_equal(number(data, 8), 0);
    assert_int_equal(number(data + 8, 4), 7);
    assert_int_equal(number(data + 12, 4), 4);
    uint64_t blob = number(data + 16, 4);
    assert_int_equal(number(blob, 4), 0x45444d41);
    assert_int_equal(number(blob + 8, 8), LINUX_SECRETS);
    assert_int_equal(number(blob + 16, 4), 4096);
    assert_int_equal(number(blob + 24, 8), LINUX_CPUID);
    assert_int_equal(number(blob + 32, 4), 4096);
    /* The kernel's own tables map no more of these than one piece of 2 MiB. */
    const uint64_t together[] = {data, blob, LINUX_SECRETS, LINUX_CPUID};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(together[i] / IMAGE_LARGE, p / IMAGE_LARGE);
    }
}

/* Every page of RAM in the map is there and valid at launch, and nothing special is in RAM. */
static void test_memory_map(void **unused)
{
    (void)unused;
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
    uint64_t before = 0;
    uint64_t count = number(LINUX_BOOT_PARAMS + 0x1e8, 1);
    assert_int_equal(count, 7);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t e = LINUX_BOOT_PARAMS + 0x2d0 + i * 20;
        uint64_t from = number(e, 8);
        uint64_t to = from + number(e + 8, 8);
        assert_true(from >= before && to > from);
        before = to;
        for (uint64_t gpa = from; number(e + 16, 4) == 1 && gpa < to; gpa += 0x1000) {
            const struct launch_run *run = image.runs;
            while (gpa - run->gpa >= run->count * 0x1000) {
                run++;
                assert_in_range(run - image.runs, 0, image.header.run_count - 1);
            }
            assert_true(run->type == PSP_PAGE_ZERO || run->type == PSP_PAGE_NORMAL);
            assert_false(gpa >= LINUX_SECRETS && gpa < LINUX_PAGES_END);
        }
        /* Linux would map setup_data on a reserved page as shared. */
        if (LINUX_BLOB >= from && LINUX_BLOB < to) {
            assert_int_equal(number(e + 16, 4), 1);
        }
    }
}

/* The first page tables, walked as the CPU does: all of 4 GiB is private and at its own address. */
static void test_tables(void **unused)
{
    (void)unused;
    struct vmsa v;
    for (unsigned cbit = 47; cbit <= 51; cbit += 4) {
        image_free(&image);
        assert_true(image_init(&image, MEMORY, 2, &f));
        image.header.cbit = (uint8_t)cbit;
        accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
        memcpy(&v, image_run_bytes(&image, &image.runs[15]), sizeof(v));
        const uint64_t c = UINT64_C(1) << cbit;
        for (uint64_t va = 0; va < UINT64_C(0x100000000); va += IMAGE_LARGE) {
            uint64_t entry = v.cr3;
            for (int shift = 39; shift >= 21; shift -= 9) {
                assert_true((entry & c) != 0);
                entry = number((entry & ~c & ~UINT64_C(0xfff)) + (va >> shift & 511) * 8, 8);
                assert_int_equal(entry & 3, 3);
            }
            assert_int_equal(entry & ~UINT64_C(0x60), va | c | 0x83);
        }
    }
    assert_int_equal(v.rip, LINUX_KERNEL + 0x200);
    assert_int_equal(v.rsi, LINUX_BOOT_PARAMS);
    assert_int_equal(v.efer, 0x1d00);
    assert_int_equal(v.gdtr.base, LINUX_GDT);
    assert_int_equal(v.gdtr.limit, 31);
    /* The segments are what their descriptors say. */
    const struct vmsa_segment *segments[] = {&v.cs, &v.ss};
    for (size_t i = 0; i < 2; i++) {
        uint64_t d = number(LINUX_GDT + segments[i]->selector, 8);
        assert_int_equal(segments[i]->attrib, vmsa_attrib_of((uint16_t)(d >> 40)));
    }
}

static void test_no_initrd(void **unused)
{
    (void)unused;
    boot.initrd = (struct bytes){0};
    set(0x22c, 0, 4);
    accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
    assert_int_equal(number(LINUX_BOOT_PARAMS + 0x218, 4), 0);
    assert_int_equal(number(LINUX_BOOT_PARAMS + 0x21c, 4), 0);
}

/* Checksums, and that each table is found from the RSDP, for each number of vCPUs. */
static void test_acpi(void **unused)
{
    (void)unused;
    for (uint32_t vcpus = 1; vcpus <= IMAGE_VCPUS; vcpus++) {
        unsigned enabled = 0;
        image_free(&image);
        assert_true(image_init(&image, MEMORY, vcpus, &f));
        image.header.cbit = 47;
        accepted(linux_launch(&image, &boot, SNP_FEATURE_SNP, &f), &f);
        uint64_t xsdt = number(LINUX_ACPI + 24, 8);
        for (unsigned i = 0; i < 5; i++) {
            uint64_t table = xsdt;
            if (i > 0 && i < 4) {
                table = number(xsdt + 36 + (i - 1) * 8, 8);
            } else if (i == 4) {
                table = number(number(xsdt + 36, 8) + 140, 8);
            }
            uint8_t sum = 0;
            uint64_t len = number(table + 4, 4);
            for (uint64_t byte = 0; byte < len; byte++) {
                sum = (uint8_t)(sum + number(table + byte, 1));
            }
            assert_int_equal(sum, 0);
            assert_memory_equal(at(table), &"XSDTFACPAPICMCFGDSDT"[4 * i], 4);
        }
        uint64_t madt = number(xsdt + 44, 8);
        uint64_t end = madt + number(madt + 4, 4);
        for (uint64_t e = madt + 44; e < end; e += number(e + 1, 1)) {
            if (number(e, 1) == 0) {
                assert_int_equal(number(e + 3, 1), enabled);
                enabled += number(e + 4, 4) == 1;
            }
        }
        assert_int_equal(enabled, vcpus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_params, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_initrd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_acpi, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
