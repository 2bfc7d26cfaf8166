/* SPDX-License-Identifier: MIT */
/* IGVM files made here: what is loaded in which order, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/snp.h>

#include "igvm.h"
#include "igvm_file.h"
#include "igvm_maker.h"
#include "measure.h"
#include "refusal.h"
#include "vmsa.h"

#define MEMORY UINT64_C(0x1000000)
#define MASK 2u
#define OTHER 1u

static struct maker m;
static struct image image;
static struct igvm_guest guest;
static struct fail f;

static void platform(uint32_t mask, uint8_t type)
{
    const struct igvm_platform p = {
        .mask = mask, .highest_vtl = 2, .type = type, .version = IGVM_PLATFORM_VERSION};
    maker_header(&m, IGVM_VHT_SUPPORTED_PLATFORM, &p, sizeof(p));
}

static void policy(uint64_t value, uint32_t mask)
{
    const struct igvm_guest_policy p = {.policy = value, .mask = mask};
    maker_header(&m, IGVM_VHT_GUEST_POLICY, &p, sizeof(p));
}

static void begin(unsigned version)
{
    maker_begin(&m, version);
    platform(OTHER, IGVM_PLATFORM_NATIVE);
    platform(MASK, IGVM_PLATFORM_SEV_SNP);
    policy(0x30000, MASK);
}

static size_t page(uint64_t gpa, uint16_t type, uint32_t flags, uint32_t offset, uint32_t mask)
{
    const struct igvm_page_data p = {
        .gpa = gpa, .mask = mask, .file_offset = offset, .flags = flags, .data_type = type};
    return maker_header(&m, IGVM_VHT_PAGE_DATA, &p, sizeof(p));
}

static size_t normal(uint64_t gpa, uint32_t offset)
{
    return page(gpa, IGVM_DATA_NORMAL, 0, offset, MASK);
}

static void area(uint32_t index, uint64_t size, uint32_t offset)
{
    const struct igvm_parameter_area a = {size, index, offset};
    maker_header(&m, IGVM_VHT_PARAMETER_AREA, &a, sizeof(a));
}

static void parameter(uint32_t type, uint32_t index, uint32_t offset)
{
    const struct igvm_parameter p = {index, offset};
    maker_header(&m, type, &p, sizeof(p));
}

static void insert(uint64_t gpa, uint32_t index)
{
    const struct igvm_parameter_insert i = {gpa, MASK, index};
    maker_header(&m, IGVM_VHT_PARAMETER_INSERT, &i, sizeof(i));
}

static void required(uint64_t gpa, uint32_t size)
{
    const struct igvm_required_memory r = {.gpa = gpa, .mask = MASK, .size = size};
    maker_header(&m, IGVM_VHT_REQUIRED_MEMORY, &r, sizeof(r));
}

/* As a builder for KVM makes it. */
static struct vmsa good_vmsa(void)
{
    struct vmsa v;
    vmsa_reset(&v, 0, SNP_FEATURE_SNP);
    v.cr0 = 0x31;
    v.rsp = 0x9000;
    v.r15 = 15;
    return v;
}

static void context(const struct vmsa *v, uint16_t index, uint64_t gpa)
{
    uint32_t at = maker_page(&m, 0);
    memcpy(m.bytes + at, v, sizeof(*v));
    const struct igvm_vp_context c = {
        .gpa = gpa, .mask = MASK, .file_offset = at, .vp_index = index};
    maker_header(&m, IGVM_VHT_VP_CONTEXT, &c, sizeof(c));
}

static void finish(void)
{
    const struct vmsa v = good_vmsa();
    context(&v, 0, VMSA_KVM_GPA);
    maker_finish(&m);
}

static bool load(uint32_t profile)
{
    struct bytes file = {m.bytes, m.end};
    image_free(&image);
    assert_true(image_init(&image, MEMORY, 2, &f));
    image.header.profile = profile;
    image.header.features = SNP_FEATURE_SNP | SNP_FEATURE_RESTRICTED_INJECTION;
    return igvm_launch(&image, file, &guest, &f);
}

static void refuse(const char *words)
{
    refused(load(LAUNCH_STRICT), &f, words);
    refused(load(LAUNCH_UPSTREAM_6_12), &f, words);
}

/* Only the strict profile refuses. */
static void refuse_strict(const char *words)
{
    refused(load(LAUNCH_STRICT), &f, words);
    accepted(load(LAUNCH_UPSTREAM_6_12), &f);
    accepted(load(LAUNCH_PLANES), &f);
}

static int setup(void **unused)
{
    (void)unused;
    f = (struct fail){0};
    begin(1);
    return image_init(&image, MEMORY, 2, &f) ? 0 : -1;
}

static int teardown(void **unused)
{
    (void)unused;
    image_free(&image);
    return 0;
}

static void expect_run(unsigned index, uint64_t gpa, uint64_t count, uint8_t type, int byte)
{
    assert_in_range(index, 0, image.header.run_count - 1);
    const struct launch_run *run = &image.runs[index];
    const uint8_t *bytes = image_run_bytes(&image, run);
    assert_int_equal(run->gpa, gpa);
    assert_int_equal(run->count, count);
    assert_int_equal(run->type, type);
    assert_int_equal(bytes == NULL ? -1 : bytes[0], byte);
}

/* The file whose checksum and digest an independent program gave; it has no save area. */
static void test_vector(void **unused)
{
    (void)unused;
    uint8_t digest[PSP_DIGEST_SIZE];
    char hex[2 * PSP_DIGEST_SIZE + 1];
    maker_begin(&m, 1);
    platform(1, IGVM_PLATFORM_SEV_SNP);
    policy(0x30000, 1);
    page(0x1000, IGVM_DATA_NORMAL, 0, 0xc8, 1);
    page(0x2000, IGVM_DATA_NORMAL, 0, 0, 1);
    page(0x3000, IGVM_DATA_SECRETS, 0, 0, 1);
    page(0x4000, IGVM_DATA_CPUID, 0, 0, 1);
    m.end = m.headers_end;
    assert_int_equal(maker_page(&m, 0xaa), 0xc8);
    maker_finish(&m);
    assert_memory_equal(m.bytes + offsetof(struct igvm_header_v1, checksum), "\xe2\xd6\x2c\x87", 4);
    refuse("no save area for vCPU 0");
    assert_true(measure_image(&image, digest, &f));
    measure_hex(digest, hex);
    assert_string_equal(hex, "dddb2340418cceebf26bf315fb0e5e766a063bbabce9bf7449b418ba6daf0b40b1c4"
                             "56f9b1c06514211cb562361370c0");
}

static void test_load(void **unused)
{
    (void)unused;
    for (unsigned version = 1; version <= 2; version++) {
        begin(version);
        required(0x400000, 0x3000);
        page(0x1000, IGVM_DATA_NORMAL, 0, maker_page(&m, 1), OTHER); /* not for us */
        normal(0x1000, maker_page(&m, 0xaa));
        normal(0x2000, maker_page(&m, 0xbb));
        normal(0x3000, 0);
        page(0x4000, IGVM_DATA_NORMAL, IGVM_PAGE_UNMEASURED, maker_page(&m, 0xcc), MASK);
        page(0x5000, IGVM_DATA_SECRETS, 0, 0, MASK);
        page(0x6000, IGVM_DATA_CPUID, 0, 0, MASK);
        page(0x7000, IGVM_DATA_CPUID_XF, 0, 0, MASK | OTHER);
        page(0x200000, IGVM_DATA_NORMAL, IGVM_PAGE_2M, 0, MASK);
        normal(0xffffe000, maker_page(&m, 0xdd));
        finish();
        accepted(load(LAUNCH_STRICT), &f);
        expect_run(0, 0x400000, 3, LAUNCH_PAGE_ASSIGNED, -1);
        expect_run(1, 0x1000, 2, PSP_PAGE_NORMAL, 0xaa);
        assert_int_equal(image_run_bytes(&image, &image.runs[1])[0x1000], 0xbb);
        expect_run(2, 0x3000, 1, PSP_PAGE_NORMAL, -1);
        expect_run(3, 0x4000, 1, PSP_PAGE_UNMEASURED, 0xcc);
        expect_run(4, 0x5000, 1, PSP_PAGE_SECRETS, 0);
        expect_run(5, 0x6000, 2, PSP_PAGE_CPUID, -1);
        expect_run(6, 0x200000, 512, PSP_PAGE_NORMAL, -1);
        expect_run(7, 0xffffe000, 1, PSP_PAGE_NORMAL, 0xdd);
        assert_int_equal(image.runs[7].firmware, 1);
        expect_run(8, VMSA_KVM_GPA, 1, PSP_PAGE_VMSA, 0);
        assert_int_equal(image.header.run_count, 9);
        assert_int_equal(image.vcpus[0].runnable, 1);
        assert_int_equal(image.vcpus[1].vmsa_gpa, LAUNCH_NO_VMSA);
        assert_int_equal(guest.policy, 0x30000);
        assert_int_equal(guest.features, SNP_FEATURE_SNP);
        assert_false(guest.has_id_block);
    }
}

/* Hosts with large pages give them where they can; KVM 6.12 gives a guest small ones only. */
static void test_required(void **unused)
{
    (void)unused;
    required(0x5ff000, 0x402000);
    finish();
    accepted(load(LAUNCH_STRICT), &f);
    expect_run(0, 0x5ff000, 1, LAUNCH_PAGE_ASSIGNED, -1);
    expect_run(1, 0x600000, 1024, LAUNCH_PAGE_ASSIGNED, -1);
    expect_run(2, 0xa00000, 1, LAUNCH_PAGE_ASSIGNED, -1);
    assert_int_equal(image.runs[0].large, 0);
    assert_int_equal(image.runs[1].large, 1);
    assert_int_equal(image.runs[2].large, 0);
    accepted(load(LAUNCH_UPSTREAM_6_12), &f);
    expect_run(0, 0x5ff000, 1026, LAUNCH_PAGE_ASSIGNED, -1);
    assert_int_equal(image.runs[0].large, 0);
}

/* Upstream KVM measures each vCPU's save area, whether the file has it or not. */
static void test_all_vcpus(void **unused)
{
    (void)unused;
    struct vmsa v;
    finish();
    accepted(load(LAUNCH_UPSTREAM_6_12), &f);
    assert_int_equal(image.header.run_count, 2);
    memcpy(&v, image_run_bytes(&image, &image.runs[1]), sizeof(v));
    assert_int_equal(v.cs.base + v.rip, 0xfffffff0);
    assert_int_equal(v.sev_features, SNP_FEATURE_SNP);
    assert_int_equal(image.vcpus[1].runnable, 0);
    accepted(load(LAUNCH_PLANES), &f);
    assert_int_equal(image.header.run_count, 1);
}

static void test_parameters(void **unused)
{
    (void)unused;
    struct igvm_memory_entry map[3];
    uint32_t number;
    area(7, 0x2000, 0);
    area(9, 0x1000, 0);
    parameter(IGVM_VHT_MEMORY_MAP, 9, 0);
    parameter(IGVM_VHT_VP_COUNT, 7, 0x1ffc);
    parameter(IGVM_VHT_ENVIRONMENT_INFO, 7, 4);
    insert(0x10000, 7);
    insert(0x20000, 9);
    normal(0x1000, 0);
    finish();
    accepted(load(LAUNCH_STRICT), &f);
    expect_run(0, 0x10000, 2, PSP_PAGE_UNMEASURED, 0);
    const uint8_t *bytes = image_run_bytes(&image, &image.runs[0]);
    memcpy(&number, bytes + 0x1ffc, sizeof(number));
    assert_int_equal(number, 2);
    memcpy(&number, bytes + 4, sizeof(number));
    assert_int_equal(number, IGVM_ENVIRONMENT_MEMORY_SHARED);
    memcpy(map, image_run_bytes(&image, &image.runs[1]), sizeof(map));
    assert_int_equal(map[0].start_page, 0);
    assert_int_equal(map[0].page_count, MEMORY / 0x1000);
    assert_int_equal(map[0].type, IGVM_MEMORY_RAM);
    assert_int_equal(map[1].start_page, 0xfeffc);
    assert_int_equal(map[1].type, IGVM_MEMORY_RESERVED);
    assert_int_equal(map[2].page_count, 0);
}

/* The table is there for hosts whose QEMU makes one. */
static void test_madt(void **unused)
{
    (void)unused;
    area(0, 0x1000, 0);
    parameter(IGVM_VHT_MADT, 0, 0x40);
    insert(0x10000, 0);
    finish();
    refuse("which QEMU 10 refuses");
    accepted(load(LAUNCH_PLANES), &f);
    const uint8_t *table = image_run_bytes(&image, &image.runs[0]) + 0x40;
    uint8_t sum = 0;
    for (size_t i = 0; i < table[4] + table[5] * 256u; i++) {
        sum = (uint8_t)(sum + table[i]);
    }
    assert_memory_equal(table, "APIC", 4);
    assert_int_equal(sum, 0);
    begin(1);
    area(0, 0x1000, 0);
    parameter(IGVM_VHT_MADT, 0, 0xfc0);
    finish();
    refused(load(LAUNCH_PLANES), &f, "does not fit");
}

/* Where QEMU measures in another order than the file's, strict hosts say so. */
static void test_order(void **unused)
{
    (void)unused;
    area(0, 0x1000, 0);
    normal(0x1000, 0);
    insert(0x10000, 0);
    normal(0x2000, 0);
    finish();
    refuse_strict("a parameter area is inserted behind pages");
    expect_run(0, 0x10000, 1, PSP_PAGE_UNMEASURED, 0); /* as QEMU does it */
    expect_run(1, 0x1000, 2, PSP_PAGE_NORMAL, -1);
    begin(1);
    finish();
    normal(0x1000, 0);
    maker_finish(&m);
    refuse_strict("a page behind the save area");
    begin(1);
    page(0x1000, IGVM_DATA_NORMAL, IGVM_PAGE_SHARED, 0, MASK);
    finish();
    refuse_strict("a shared page");
}

static void test_fixed_header(void **unused)
{
    (void)unused;
    static const struct {
        size_t at;
        uint32_t value;
        const char *words;
    } cases[] = {
        {0, 0x4d564748, "no IGVM file"},
        {4, 0, "version 0"},
        {4, 3, "version 3"},
        {8, 24, "misplaced"},
        {8, 0x24, "misplaced"},
        {12, 0x44, "misplaced"},
        {12, 0xfffffff8, "no data"},
        {16, 0, "says that it has 0 bytes"},
        {16, 0xffffffff, "says that it has"},
        {20, 1, "headers are damaged"},
        {24, 1, "architecture 1"},
        {28, 65536, "pages of 65536 bytes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(2);
        finish();
        memcpy(m.bytes + cases[i].at, &cases[i].value, 4);
        refuse(cases[i].words);
    }
    begin(2);
    finish();
    for (size_t size = 0; size < sizeof(struct igvm_header_v2); size++) {
        m.end = size;
        assert_false(load(LAUNCH_STRICT));
    }
    begin(1);
    m.end = m.headers_end;
    maker_finish(&m);
    refuse("no data");
}

static void test_headers(void **unused)
{
    (void)unused;
    static const uint32_t unknown[] = {0,     2,     0x102, 0x104,      0x306,     0x308,
                                       0x30a, 0x30d, 0x30e, 0x80000302, 0xffffffff};
    const uint8_t content[16] = {MASK};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        begin(1);
        maker_header(&m, unknown[i], content, sizeof(content));
        finish();
        refuse("which QEMU refuses");
    }
    begin(1);
    size_t at = maker_header(&m, IGVM_VHT_PAGE_DATA, content, 16);
    finish();
    refuse("has 0x10 bytes, not 0x18");
    m.bytes[at - 3] = 0x10;
    maker_checksum(&m);
    refuse("more than there are");
    memset(m.bytes + at - 4, 0xff, 4);
    maker_checksum(&m);
    refuse("more than there are");
    begin(1);
    normal(0x1000, 0);
    policy(0x30000, MASK);
    finish();
    refuse("comes too late");
    begin(1);
    platform(4, IGVM_PLATFORM_TDX);
    finish();
    refuse("comes too late");
}

static void test_platforms(void **unused)
{
    (void)unused;
    static const uint32_t masks[] = {0, OTHER, 3};
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        maker_begin(&m, 1);
        platform(OTHER, IGVM_PLATFORM_NATIVE);
        platform(masks[i], IGVM_PLATFORM_SEV_SNP);
        finish();
        refuse("no bit of its own");
    }
    maker_begin(&m, 1);
    platform(MASK, 7);
    finish();
    refuse("platform 7");
    maker_begin(&m, 1);
    platform(MASK, IGVM_PLATFORM_SEV_SNP);
    platform(OTHER, IGVM_PLATFORM_SEV_SNP);
    finish();
    refuse("two parts for SEV-SNP");
    maker_begin(&m, 1);
    platform(MASK, IGVM_PLATFORM_NATIVE);
    finish();
    refuse("no part for SEV-SNP");
    struct igvm_platform p = {MASK, 2, IGVM_PLATFORM_SEV_SNP, 1, UINT64_C(1) << 46};
    maker_begin(&m, 1);
    maker_header(&m, IGVM_VHT_SUPPORTED_PLATFORM, &p, sizeof(p));
    finish();
    refuse("vTOM");
    maker_begin(&m, 1);
    m.end += 8;
    maker_finish(&m);
    refuse("no guest policy");
}

static void test_masks(void **unused)
{
    (void)unused;
    static const uint32_t masks[] = {0, 4, MASK | 4};
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        begin(1);
        page(0x1000, IGVM_DATA_NORMAL, 0, 0, masks[i]);
        finish();
        refuse("which there are not");
    }
}

static void test_policies(void **unused)
{
    (void)unused;
    static const uint64_t bad[] = {0, 0x10000, 0x20000, 0x130000, 0x40030000};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        maker_begin(&m, 1);
        platform(MASK, IGVM_PLATFORM_SEV_SNP);
        policy(bad[i], MASK);
        finish();
        refuse("not one that KVM takes");
    }
    begin(1);
    policy(0x30000, MASK);
    finish();
    refuse("two guest policies");
    maker_begin(&m, 1);
    platform(MASK, IGVM_PLATFORM_SEV_SNP);
    platform(OTHER, IGVM_PLATFORM_SEV);
    policy(0, OTHER);
    finish();
    refuse("no guest policy");
}

static void test_pages(void **unused)
{
    (void)unused;
    normal(0x1000, 0);
    normal(0x1000, 0);
    finish();
    refuse("lie over pages that are there");
    begin(1);
    normal(0x1800, 0);
    finish();
    refuse("a page at 0x1800");
    begin(1);
    page(0x1000, IGVM_DATA_NORMAL, IGVM_PAGE_2M, 0, MASK);
    finish();
    refuse("a page at 0x1000");
    begin(1);
    page(0x1000, 4, 0, 0, MASK);
    finish();
    refuse("unknown type 4");
    begin(1);
    page(0x1000, 0, 8, 0, MASK);
    finish();
    refuse("a reserved field");
    begin(1);
    normal(0x1000, 0x20); /* a header, no data */
    finish();
    refuse("not within its data");
    begin(1);
    normal(0x1000, MAKER_DATA + 1); /* the last page, and one byte more */
    finish();
    refuse("not within its data");
    begin(1);
    normal(UINT64_C(0x100000000), 0);
    finish();
    refuse("neither memory nor firmware");
    begin(1);
    required(0xfff000, 0x2000);
    finish();
    refuse("beyond the end of memory");
}

static void test_areas(void **unused)
{
    (void)unused;
    static const uint64_t sizes[] = {0, 0x1001, 0x1001000, UINT64_MAX - 0xfff};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin(1);
        area(0, sizes[i], 0);
        finish();
        refuse("pages, of 16 MiB in all, are expected");
    }
    begin(1);
    area(0, 0x1000, MAKER_DATA);
    finish();
    refuse("initial data, which QEMU ignores");
    begin(1);
    area(0, 0x1000, 0);
    area(0, 0x1000, 0);
    finish();
    refuse("two parameter areas 0");
    begin(1);
    for (unsigned i = 0; i < 33; i++) {
        area(i, 0x1000, 0);
    }
    finish();
    refuse("more than 32 parameter areas");
}

static void test_parameters_refused(void **unused)
{
    (void)unused;
    static const struct {
        uint32_t type, index, offset;
        const char *words;
    } cases[] = {
        {IGVM_VHT_VP_COUNT, 1, 0, "no parameter area 1"},
        {IGVM_VHT_VP_COUNT, 0, 0xffd, "does not fit"},
        {IGVM_VHT_VP_COUNT, 0, 0xffffffff, "does not fit"},
        {IGVM_VHT_MEMORY_MAP, 0, 8, "which QEMU ignores"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(1);
        area(0, 0x1000, 0);
        parameter(cases[i].type, cases[i].index, cases[i].offset);
        finish();
        refuse(cases[i].words);
    }
    begin(1);
    area(0, 0x1000, 0);
    insert(0x10000, 0);
    insert(0x20000, 0);
    finish();
    refuse("after it was inserted");
    begin(1);
    insert(0x10000, 0);
    finish();
    refuse("no parameter area 0");
    begin(1);
    area(0, 0x1000, 0);
    insert(0x10800, 0);
    finish();
    refuse("not whole pages");
}

static void test_contexts(void **unused)
{
    (void)unused;
    const struct vmsa v = good_vmsa();
    context(&v, 0, 0x1000);
    maker_finish(&m);
    refuse("KVM has it at 0xfffffffff000");
    begin(1);
    context(&v, 2, VMSA_KVM_GPA);
    maker_finish(&m);
    refuse("a save area for vCPU 2");
    begin(1);
    context(&v, 0, VMSA_KVM_GPA);
    finish();
    refuse("two save areas for vCPU 0");
    begin(1);
    context(&v, 1, VMSA_KVM_GPA);
    maker_finish(&m);
    refuse("no save area for vCPU 0");
    begin(1);
    finish();
    m.end -= 1;
    maker_finish(&m);
    refuse("not within its data");
}

/* Every byte of the page that QEMU does not hand on, and the values that KVM would change. */
static void test_vmsa(void **unused)
{
    (void)unused;
    const uint64_t offered = SNP_FEATURE_SNP | SNP_FEATURE_DEBUG_SWAP;
    unsigned refusals = 0;
    for (size_t at = 0; at < sizeof(struct vmsa); at++) {
        struct vmsa v = {0};
        v.sev_features = SNP_FEATURE_SNP;
        v.cr0 = 0x30;
        v.cr4 = 0x40;
        v.efer = SNP_EFER_SVME;
        accepted(igvm_vmsa_check(&v, offered, &f), &f);
        uint8_t bytes[sizeof(v)];
        memcpy(bytes, &v, sizeof(v));
        bytes[at] ^= 0x80;
        memcpy(&v, bytes, sizeof(v));
        if (!igvm_vmsa_check(&v, offered, &f) && strstr(f.what, "does not hand on") != NULL) {
            refusals++;
        }
    }
    /*
     * Handed on are 10 segments of 16 bytes; EFER, CR4, CR3, CR0, DR7, DR6, RFLAGS, RIP, RSP, RAX,
     * PAT, 6 registers in two groups, 8 more, and XCR0, of 8 bytes each; MXCSR of 4, FCW of 2.
     * SEV_FEATURES, also 8, is judged by another rule.
     */
    assert_int_equal(refusals, 4096 - 160 - 8 * (11 + 6 + 8 + 1) - 4 - 2 - 8);
}

static void test_vmsa_values(void **unused)
{
    (void)unused;
    const uint64_t offered = SNP_FEATURE_SNP | SNP_FEATURE_DEBUG_SWAP;
    struct vmsa v = good_vmsa();
    v.cr0 = 0x80000031;
    refused(igvm_vmsa_check(&v, offered, &f), &f, "CR0 is 0x80000031");
    v = good_vmsa();
    v.efer = 0;
    refused(igvm_vmsa_check(&v, offered, &f), &f, "without EFER.SVME");
    v = good_vmsa();
    v.cr4 = 0;
    refused(igvm_vmsa_check(&v, offered, &f), &f, "or CR4.MCE");
    v = good_vmsa();
    v.sev_features = SNP_FEATURE_DEBUG_SWAP;
    refused(igvm_vmsa_check(&v, offered, &f), &f, "without SNP");
    v.sev_features = SNP_FEATURE_SNP | SNP_FEATURE_RESTRICTED_INJECTION;
    refused(igvm_vmsa_check(&v, offered, &f), &f, "wants SEV_FEATURES 0x9");
    assert_string_not_equal(f.mend, "");
}

static void test_id_block(void **unused)
{
    (void)unused;
    struct igvm_snp_id_block b = {
        .mask = MASK, .author_key_enabled = 1, .version = 9, .guest_svn = 3, .id_key_algo = 1};
    memset(b.ld, 0x11, sizeof(b.ld));
    memset(b.id_block_sig.r, 0x22, sizeof(b.id_block_sig.r));
    memset(b.author_key.qy, 0x33, sizeof(b.author_key.qy));
    b.author_key.curve = 2;
    b.author_key.reserved_004 = 0x44;
    maker_header(&m, IGVM_VHT_SNP_ID_BLOCK, &b, sizeof(b));
    finish();
    accepted(load(LAUNCH_STRICT), &f);
    assert_true(guest.has_id_block);
    assert_true(guest.author_key);
    assert_int_equal(guest.id_block.ld[47], 0x11);
    assert_int_equal(guest.id_block.version, 1);
    assert_int_equal(guest.id_block.guest_svn, 3);
    assert_int_equal(guest.id_block.policy, 0x30000);
    assert_int_equal(guest.id_auth.id_key_algo, 1);
    assert_int_equal(guest.id_auth.id_block_sig.r[71], 0x22);
    assert_int_equal(guest.id_auth.id_block_sig.s[0], 0);
    assert_int_equal(guest.id_auth.author_key.curve, 2);
    assert_int_equal(guest.id_auth.author_key.qx[0], 0);
    assert_int_equal(guest.id_auth.author_key.qy[71], 0x33);
    maker_header(&m, IGVM_VHT_SNP_ID_BLOCK, &b, sizeof(b));
    maker_finish(&m);
    refuse("two ID blocks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load, setup, teardown),
        cmocka_unit_test_setup_teardown(test_required, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_vcpus, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_madt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fixed_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_platforms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_masks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_policies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_areas, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_contexts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vmsa, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vmsa_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_id_block, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
