/* SPDX-License-Identifier: MIT */
/* Files that compose_make() makes, read back by load_file(); what it refuses, with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/snp.h>

#include "compose.h"
#include "elf_maker.h"
#include "load.h"
#include "payload.h"

#define SVSM_SIZE 0x2345u
#define POOL_END (SNP_IMAGE_KERNEL + UINT64_C(0x10000))
#define SVSM_END (SNP_IMAGE_BASE + UINT64_C(0x200000)) /* of the 2 MiB it lies in */
#define MEMORY (UINT64_C(256) << 20)
#define KERNEL_SETUP 0x400u
#define KERNEL_CODE 0x1000u

static uint8_t svsm[SVSM_SIZE];
static uint8_t kernel[KERNEL_SETUP + KERNEL_CODE];
static struct elf_maker elf;
static struct compose c;
static struct load l;
static struct bytes file;
static struct fail f;

static void put(uint8_t *at, size_t offset, uint64_t value, size_t size)
{
    memcpy(at + offset, &value, size);
}

static int setup(void **unused)
{
    (void)unused;
    const struct snp_image_header h = {
        .magic = SNP_IMAGE_MAGIC,
        .version = SNP_IMAGE_VERSION,
        .entry = (uint32_t)SNP_IMAGE_KERNEL + sizeof(h),
        .load = SNP_IMAGE_KERNEL,
        .image_end = SNP_IMAGE_KERNEL + 0x3000,
        .pool_end = POOL_END,
    };
    memset(svsm, 0xab, sizeof(svsm));
    memcpy(svsm, &h, sizeof(h));
    c = (struct compose){.svsm = {svsm, sizeof(svsm)},
                         .memory = MEMORY,
                         .vcpus = 2,
                         .policy = 0x30000,
                         .features = SNP_FEATURE_SNP,
                         .guest_features = SNP_FEATURE_SNP,
                         .version = IGVM_VERSION_1};
    f = (struct fail){0};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    load_free(&l);
    free((void *)file.at);
    file = (struct bytes){0};
    return 0;
}

static void refuse(const char *words)
{
    assert_false(compose_make(&c, &file, &f));
    if (strstr(f.what, words) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", words, f.what);
    }
}

/* Made, and every host takes it. */
static void make(struct snp_image_launch *launch)
{
    for (unsigned profile = LAUNCH_STRICT; profile <= LAUNCH_PLANES; profile++) {
        teardown(NULL);
        if (!compose_make(&c, &file, &f) ||
            !load_file(&l, file, (enum launch_profile)profile, 0, &f)) {
            fail_msg("%s", f.what);
        }
    }
    assert_true(load_read(&l, SNP_IMAGE_LAUNCH, launch, sizeof(*launch)));
    assert_int_equal(launch->magic, SNP_IMAGE_LAUNCH_MAGIC);
    assert_int_equal(launch->vcpu_count, 2);
}

static void expect_ram(const struct snp_image_launch *launch, unsigned i, uint64_t from,
                       uint64_t to, uint32_t kind)
{
    assert_in_range(i, 0, launch->ram_count - 1);
    assert_int_equal(launch->ram[i].gpa, from);
    assert_int_equal(launch->ram[i].gpa + launch->ram[i].size, to);
    assert_int_equal(launch->ram[i].kind, kind);
}

static void test_alone(void **unused)
{
    (void)unused;
    struct snp_image_launch launch;
    struct vmsa v;
    uint8_t bytes[SVSM_SIZE];
    make(&launch);
    assert_int_equal(launch.flags, 0);
    assert_int_equal(launch.ram_count, 3);
    expect_ram(&launch, 0, 0, 0xa0000, SNP_IMAGE_RAM_VALIDATE);
    expect_ram(&launch, 1, 0xc0000, SNP_IMAGE_BASE, SNP_IMAGE_RAM_VALIDATE);
    expect_ram(&launch, 2, SVSM_END, MEMORY, SNP_IMAGE_RAM_VALIDATE);
    assert_true(load_read(&l, SNP_IMAGE_KERNEL, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, svsm, sizeof(bytes));
    assert_true(load_read(&l, POOL_END - 1, bytes, 1));
    assert_int_equal(bytes[0], 0);
    assert_false(load_read(&l, POOL_END, bytes, 1));
    assert_true(load_read(&l, SNP_IMAGE_GUEST_VMSA, &v, sizeof(v)));
    assert_int_equal(v.efer, 0);
    /* The save area is the last run; nothing is in its registers. */
    const struct image *image = &l.image;
    memcpy(&v, image_run_bytes(image, &image->runs[image->header.run_count - 1]), sizeof(v));
    assert_int_equal(v.rip, SNP_IMAGE_KERNEL + sizeof(struct snp_image_header));
    assert_int_equal(v.cr0, 0x31);
    assert_int_equal(v.efer, SNP_EFER_SVME);
    assert_int_equal(v.rax | v.rbx | v.rcx | v.rdx | v.rsi | v.rdi | v.rbp | v.rsp, 0);
    assert_int_equal(v.sev_features, SNP_FEATURE_SNP);
}

static void test_versions(void **unused)
{
    (void)unused;
    struct snp_image_launch launch;
    c.version = IGVM_VERSION_2;
    make(&launch);
    assert_int_equal(file.at[4], 2);
    c.console = true;
    make(&launch);
    assert_int_equal(launch.flags, SNP_IMAGE_CONSOLE);
}

static void with_payload(void)
{
    c.guest = COMPOSE_PAYLOAD;
    c.payload = (struct bytes){elf.bytes, elf.size};
}

static void test_payload(void **unused)
{
    (void)unused;
    struct snp_image_launch launch;
    struct vmsa v;
    uint8_t byte;
    c.guest_features = SNP_FEATURE_SNP | SNP_FEATURE_DEBUG_SWAP;
    elf_maker_begin(&elf, 0x300010);
    elf_maker_segment(&elf, 0x1000, 0x300010, 0x10, 0x10);
    elf_maker_segment(&elf, 0x1000, 0x301ff8, 0x8, 0x1000);
    with_payload();
    make(&launch);
    assert_int_equal(launch.flags, SNP_IMAGE_GUEST);
    assert_int_equal(launch.guest_features, c.guest_features);
    assert_int_equal(launch.guest_secrets, PAYLOAD_SECRETS);
    assert_int_equal(launch.guest_cpuid, PAYLOAD_CPUID);
    assert_int_equal(launch.guest_caa, PAYLOAD_CALLING_AREA);
    expect_ram(&launch, 2, 0x1fd000, 0x200000, SNP_IMAGE_RAM_VALIDATED);
    expect_ram(&launch, 3, 0x200000, 0x300000, SNP_IMAGE_RAM_VALIDATE);
    expect_ram(&launch, 4, 0x300000, 0x303000, SNP_IMAGE_RAM_VALIDATED);
    assert_true(load_read(&l, 0x30000f, &byte, 1));
    assert_int_equal(byte, 0);
    assert_true(load_read(&l, 0x300010, &byte, 1));
    assert_int_equal(byte, 0x90);
    assert_true(load_read(&l, 0x302000, &byte, 1));
    assert_int_equal(byte, 0);
    assert_true(load_read(&l, SNP_IMAGE_GUEST_VMSA, &v, sizeof(v)));
    assert_int_equal(v.vmpl, 2);
    assert_int_equal(v.rip, 0x300010);
    assert_int_equal(v.rsi, PAYLOAD_SECRETS);
    assert_int_equal(v.rbx, PAYLOAD_CPUID);
    assert_int_equal(v.rdx, PAYLOAD_CALLING_AREA);
    assert_int_equal(v.sev_features, c.guest_features);
}

static void test_payload_32(void **unused)
{
    (void)unused;
    struct snp_image_launch launch;
    elf_maker_32(&elf, 0x400000, 0x400000);
    with_payload();
    make(&launch);
    expect_ram(&launch, 4, 0x400000, 0x403000, SNP_IMAGE_RAM_VALIDATED);
}

/* One segment, and something wrong with it. */
static void refuse_segment(uint64_t offset, uint64_t at, uint64_t size, uint64_t memory,
                           const char *words)
{
    elf_maker_begin(&elf, at);
    elf_maker_segment(&elf, offset, at, size, memory);
    with_payload();
    refuse(words);
}

static void test_bad_payload(void **unused)
{
    (void)unused;
    refuse_segment(0x2fff, 0x300000, 2, 2, "a segment that its file does not hold");
    refuse_segment(UINT64_MAX, 0x300000, 2, 2, "a segment that its file does not hold");
    refuse_segment(0, 0x300000, 3, 2, "a segment that its file does not hold");
    refuse_segment(0, 0xffffffff, 1, 2, "the payload has 0x2 bytes at 0xffffffff");
    refuse_segment(0, UINT64_MAX, 1, 1, "the payload has 0x1 bytes at");
    refuse_segment(0, 0x300000, 1, UINT64_MAX, "the payload has 0xffff");
    refuse_segment(0, 0x300000, 1, 0x4000001, "more than 64 MiB");
    refuse_segment(0, 0x300000, 0, 0, "is in none of its segments");
    refuse_segment(0, PAYLOAD_CPUID, 1, 1, "lie over pages that are there");
    refuse_segment(0, 0xa0000, 1, 1, "lie over the VGA window");
    refuse_segment(0, POOL_END, 1, 1, "lie where it has no memory");
    refuse_segment(0, SNP_IMAGE_BASE - 1, 1, 2, "lie where it has no memory");
    refuse_segment(0, MEMORY, 1, 1, "lie behind the end of memory");
    elf_maker_begin(&elf, 0x300000);
    for (unsigned i = 0; i < 17; i++) {
        elf_maker_segment(&elf, 0, 0x300000, 1, 1);
    }
    refuse("more than 16 segments");
    for (size_t size = 0; size < sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr); size++) {
        uint8_t *exact = malloc(size == 0 ? 1 : size); /* for ASan */
        if (exact == NULL) {
            fail_msg("no memory");
            return;
        }
        memcpy(exact, elf.bytes, size);
        c.payload = (struct bytes){exact, size};
        refuse("the payload");
        free(exact);
    }
}

static void test_bad_memory(void **unused)
{
    (void)unused;
    c.memory = POOL_END & ~(UINT64_C(0x200000) - 1);
    refuse("the SVSM needs memory up to");
    c.memory = UINT64_C(0xb0200000);
    refuse("are not made yet");
    c.memory = MEMORY + 1;
    refuse("no multiple of 2 MiB");
    c.memory = MEMORY;
    c.vcpus = 17;
    refuse("17 vCPUs");
}

static void make_kernel(uint32_t init_size)
{
    memset(kernel, 0xcd, sizeof(kernel));
    put(kernel, 0x1f1, 1, 1);
    put(kernel, 0x1f4, KERNEL_CODE / 16, 4);
    put(kernel, 0x1fe, 0xaa55, 2);
    put(kernel, 0x201, 0x66, 1);
    memcpy(kernel + 0x202, "HdrS", 4);
    put(kernel, 0x206, 0x20f, 2);
    put(kernel, 0x211, 1, 1);
    put(kernel, 0x22c, 0x7fffffff, 4);
    put(kernel, 0x230, 0x200000, 4);
    put(kernel, 0x234, 1, 1);
    put(kernel, 0x236, 0x7f, 2);
    put(kernel, 0x238, 2047, 4);
    put(kernel, 0x260, init_size, 4);
    c.guest = COMPOSE_LINUX;
    c.boot = (struct linux_boot){.kernel = {kernel, sizeof(kernel)}, .cmdline = "quiet"};
}

static void test_linux(void **unused)
{
    (void)unused;
    static const uint8_t initrd[0x1800] = {0x11};
    struct snp_image_launch launch;
    uint32_t words[2];
    struct vmsa v;
    make_kernel(0x300000);
    c.boot.initrd = (struct bytes){initrd, sizeof(initrd)};
    make(&launch);
    expect_ram(&launch, 2, LINUX_PAGES, LINUX_PAGES_END, SNP_IMAGE_RAM_VALIDATED);
    expect_ram(&launch, 4, LINUX_KERNEL, LINUX_KERNEL + KERNEL_CODE, SNP_IMAGE_RAM_VALIDATED);
    expect_ram(&launch, 6, LINUX_KERNEL + 0x400000, LINUX_KERNEL + 0x402000,
               SNP_IMAGE_RAM_VALIDATED);
    assert_int_equal(launch.guest_secrets, LINUX_SECRETS);
    assert_int_equal(launch.guest_caa, LINUX_CALLING_AREA);
    assert_true(load_read(&l, LINUX_BOOT_PARAMS + 0x218, words, sizeof(words)));
    assert_int_equal(words[0], LINUX_KERNEL + 0x400000);
    assert_int_equal(words[1], sizeof(initrd));
    /* No page table knows the C-bit yet: that is the entry's to do. */
    uint64_t entry;
    assert_true(load_read(&l, LINUX_TABLES, &entry, sizeof(entry)));
    assert_int_equal(entry >> 32, 0);
    assert_true(load_read(&l, SNP_IMAGE_GUEST_VMSA, &v, sizeof(v)));
    assert_int_equal(v.rip, LINUX_ENTRY);
    assert_int_equal(v.rsi, LINUX_BOOT_PARAMS);
    assert_int_equal(v.vmpl, 2);
}

/* What does not fit before the SVSM goes behind it; what cannot is refused. */
static void test_linux_around(void **unused)
{
    (void)unused;
    static uint8_t initrd[0x201000];
    struct snp_image_launch launch;
    uint32_t at;
    make_kernel((uint32_t)(SNP_IMAGE_BASE - LINUX_KERNEL - 0x200000));
    memset(initrd, 1, sizeof(initrd));
    c.boot.initrd = (struct bytes){initrd, 0x200000};
    make(&launch);
    assert_true(load_read(&l, LINUX_BOOT_PARAMS + 0x218, &at, sizeof(at)));
    assert_int_equal(at, SNP_IMAGE_BASE - 0x200000);
    c.boot.initrd.size++;
    make(&launch);
    assert_true(load_read(&l, LINUX_BOOT_PARAMS + 0x218, &at, sizeof(at)));
    assert_int_equal(at, SVSM_END);
    c.memory = SVSM_END;
    refuse("kernel and initrd need memory up to");
    c.memory = MEMORY;
    make_kernel((uint32_t)(SNP_IMAGE_BASE - LINUX_KERNEL + 1));
    refuse("the SVSM's begins at 0x8000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_payload, setup, teardown),
        cmocka_unit_test_setup_teardown(test_payload_32, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_payload, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_linux, setup, teardown),
        cmocka_unit_test_setup_teardown(test_linux_around, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
