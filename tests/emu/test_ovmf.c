/* SPDX-License-Identifier: MIT */
/* OVMF images made here: what is read, what is refused, and the pages of the launch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/snp.h>

#include "image.h"
#include "ovmf.h"
#include "refusal.h"

#define SIZE 0x10000u
#define METADATA (SIZE - 0x400u)
#define MEMORY UINT64_C(0x1000000)
#define RESET 0x0080b004u

/* As they lie in memory. */
static const uint8_t footer_guid[16] = {0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                        0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d};
static const uint8_t reset_guid[16] = {0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
                                       0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e};
static const uint8_t metadata_guid[16] = {0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
                                          0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc};

static uint8_t rom[SIZE];
static size_t table_at; /* where the next entry ends */
static const struct bytes file = {rom, SIZE};
static struct fail f;
static struct image image;

static void put16(size_t at, unsigned value)
{
    rom[at] = (uint8_t)value;
    rom[at + 1] = (uint8_t)(value >> 8);
}

static void put32(size_t at, uint32_t value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

/* Entries are written from the end of the table towards its start. */
static void entry(const uint8_t guid[16], uint32_t value)
{
    memcpy(rom + table_at - 16, guid, 16);
    put16(table_at - 18, 22);
    put32(table_at - 22, value);
    table_at -= 22;
}

static void footer(void)
{
    memcpy(rom + SIZE - 48, footer_guid, 16);
    put16(SIZE - 50, (unsigned)(SIZE - 32 - table_at));
}

static void section(unsigned index, uint32_t gpa, uint32_t size, uint32_t type)
{
    put32(METADATA + 16 + 12 * index, gpa);
    put32(METADATA + 20 + 12 * index, size);
    put32(METADATA + 24 + 12 * index, type);
}

static void metadata(uint32_t count)
{
    memcpy(rom + METADATA, "ASEV", 4);
    put32(METADATA + 4, 16 + 12 * count);
    put32(METADATA + 8, 1);
    put32(METADATA + 12, count);
}

static int setup(void **unused)
{
    (void)unused;
    f = (struct fail){0};
    memset(rom, 0x5a, sizeof(rom));
    table_at = SIZE - 50;
    entry(reset_guid, RESET);
    entry(metadata_guid, SIZE - METADATA);
    footer();
    section(0, 0x800000, 0x9000, OVMF_SECTION_SEC_MEM);
    section(1, 0x80d000, 0x1000, OVMF_SECTION_SECRETS);
    section(2, 0x80e000, 0x1000, OVMF_SECTION_CPUID);
    section(3, 0x80f000, 0x1000, OVMF_SECTION_SVSM_CAA);
    section(4, 0x810000, 0x2000, OVMF_SECTION_KERNEL_HASHES);
    metadata(5);
    assert_true(image_init(&image, MEMORY, 3, &f));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    image_free(&image);
    return 0;
}

static void refuse(struct bytes bytes, const char *words)
{
    struct ovmf o;
    refused(ovmf_read(bytes, &o, &f), &f, words);
}

static void test_read(void **unused)
{
    (void)unused;
    struct ovmf o;
    accepted(ovmf_read(file, &o, &f), &f);
    assert_int_equal(o.reset_eip, RESET);
    assert_int_equal(o.count, 5);
    assert_int_equal(o.sections[2].gpa, 0x80e000);
    assert_int_equal(o.sections[2].type, OVMF_SECTION_CPUID);
}

static void test_size(void **unused)
{
    (void)unused;
    refuse((struct bytes){rom, 0}, "no multiple of 64 KiB");
    refuse((struct bytes){rom, 48}, "no multiple of 64 KiB");
    refuse((struct bytes){rom, SIZE - 1}, "no multiple of 64 KiB");
    refuse((struct bytes){rom, OVMF_SIZE_MAX + SIZE}, "no multiple of 64 KiB");
}

static void test_table(void **unused)
{
    (void)unused;
    rom[SIZE - 48] ^= 1;
    refuse(file, "no table of GUIDs");
    rom[SIZE - 48] ^= 1;
    put16(SIZE - 50, 17);
    refuse(file, "says that it has 17 bytes");
    put16(SIZE - 50, SIZE - 31);
    refuse(file, "says that it has");
    put16(SIZE - 50, 18); /* empty */
    refuse(file, "no entry dc886566");
    footer();
    put16(SIZE - 50 - 18, 0);
    refuse(file, "a broken entry");
    put16(SIZE - 50 - 18, 45);
    refuse(file, "a broken entry");
    put16(SIZE - 50 - 18, 18); /* then what follows begins in the middle of it */
    refuse(file, "entry");
}

static void test_table_entries(void **unused)
{
    (void)unused;
    rom[SIZE - 50 - 16] ^= 1;
    refuse(file, "no entry 00f771de");
    rom[SIZE - 50 - 16] ^= 1;
    rom[SIZE - 72 - 16] ^= 1;
    refuse(file, "no entry dc886566");
    rom[SIZE - 72 - 16] ^= 1;
    put16(SIZE - 72 - 18, 20); /* two bytes of data are no number */
    put16(SIZE - 50, 18 + 22 + 20);
    refuse(file, "no entry dc886566");
}

static void test_metadata(void **unused)
{
    (void)unused;
    size_t offset = SIZE - 72 - 22;
    put32(offset, SIZE + 1);
    refuse(file, "lies 0x10001 bytes before its end");
    put32(offset, 15);
    refuse(file, "lies 0xf bytes before its end");
    put32(offset, SIZE);
    refuse(file, "another signature");
    put32(offset, SIZE - METADATA);
    put32(METADATA + 8, 2);
    refuse(file, "version 2");
    metadata(65);
    refuse(file, "65 sections");
    metadata(5);
    put32(METADATA + 4, 16 + 12 * 5 - 1);
    refuse(file, "5 sections in 0x4b bytes");
    memcpy(rom + SIZE - 28, "ASEV\x28\0\0\0\1\0\0\0\2\0\0\0", 16); /* the second one is outside */
    put32(offset, 28);
    refuse(file, "2 sections in 0x28 bytes");
}

static void test_sections(void **unused)
{
    (void)unused;
    section(4, 0x810000, 0x2000, 5);
    refuse(file, "section 4 of the firmware has the unknown type 0x5");
    section(4, 0x810000, 0x2000, 0);
    refuse(file, "unknown type 0x0");
    section(4, 0x810000, 0x1000, OVMF_SECTION_SECRETS);
    refuse(file, "2 pages for secrets");
    section(4, 0x810000, 0x1000, OVMF_SECTION_CPUID);
    refuse(file, "2 for CPUID");
    section(4, 0x810000, 0x1000, OVMF_SECTION_SEC_MEM);
    section(2, 0x80e000, 0x1000, OVMF_SECTION_SEC_MEM);
    refuse(file, "0 for CPUID");
    section(2, 0x80e000, 0x2000, OVMF_SECTION_CPUID);
    refuse(file, "a page for the PSP, has 0x2000 bytes");
}

/* What the launch would refuse although each section alone is fine. */
static void test_places(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t gpa, size;
        const char *words;
    } cases[] = {
        {0x808000, 0x1000, "pages that are there"}, {0x810800, 0x1000, "not whole pages"},
        {0x810000, 0x800, "not whole pages"},       {0x810000, 0, "not whole pages"},
        {0xfff000, 0x2000, "end of memory"},        {0x1000000, 0x1000, "there is no memory"},
        {0xffff0000, 0x1000, "there is no memory"}, {0xfffff000, 0xfffff000, "no memory"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        section(4, cases[i].gpa, cases[i].size, OVMF_SECTION_SEC_MEM);
        refused(ovmf_launch(&image, file, SNP_FEATURE_SNP, &f), &f, cases[i].words);
        image_free(&image);
        assert_true(image_init(&image, MEMORY, 3, &f));
    }
}

static void expect_run(unsigned index, uint64_t gpa, uint64_t count, uint8_t type)
{
    assert_in_range(index, 0, image.header.run_count - 1);
    assert_int_equal(image.runs[index].gpa, gpa);
    assert_int_equal(image.runs[index].count, count);
    assert_int_equal(image.runs[index].type, type);
}

static void test_launch(void **unused)
{
    (void)unused;
    struct vmsa vmsa;
    accepted(ovmf_launch(&image, file, SNP_FEATURE_SNP, &f), &f);
    expect_run(0, 0xffff0000, 16, PSP_PAGE_NORMAL);
    assert_int_equal(image.runs[0].firmware, 1);
    assert_memory_equal(image_run_bytes(&image, &image.runs[0]), rom, SIZE);
    expect_run(1, 0x800000, 9, PSP_PAGE_ZERO);
    expect_run(2, 0x80d000, 1, PSP_PAGE_SECRETS);
    expect_run(3, 0x80e000, 1, PSP_PAGE_CPUID);
    expect_run(4, 0x80f000, 3, PSP_PAGE_ZERO);
    assert_int_equal(image.header.run_count, 8);
    for (unsigned i = 0; i < 3; i++) {
        expect_run(5 + i, VMSA_KVM_GPA - i * 0x1000, 1, PSP_PAGE_VMSA);
        assert_int_equal(image.vcpus[i].runnable, i == 0);
        memcpy(&vmsa, image_run_bytes(&image, &image.runs[5 + i]), sizeof(vmsa));
        assert_int_equal(vmsa.cs.base + vmsa.rip, i == 0 ? 0xfffffff0 : RESET);
        assert_int_equal(vmsa.sev_features, SNP_FEATURE_SNP);
    }
    assert_int_equal(image.header.fw_cfg, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metadata, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sections, setup, teardown),
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_launch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
