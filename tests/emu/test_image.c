/* SPDX-License-Identifier: MIT */
/* The launch image: what is refused, what is written, and that its digest is that of known vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/snp.h>

#include "image.h"
#include "measure.h"
#include "vmsa.h"

#define MEMORY UINT64_C(0x1000000)

static struct image image;
static struct fail f;
static uint8_t bytes[IMAGE_LARGE];

static int setup(void **unused)
{
    (void)unused;
    f = (struct fail){0};
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_true(image_init(&image, MEMORY, 2, &f));
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    image_free(&image);
    return 0;
}

static bool add(uint64_t gpa, uint64_t size, uint8_t type, const void *data, size_t len)
{
    return image_add(
        &image,
        &(struct image_part){
            .what = "part", .gpa = gpa, .size = size, .bytes = data, .len = len, .type = type},
        &f);
}

/* Refused with these words, and nothing changed. */
static void refuse(struct image_part part, const char *words)
{
    struct image before = image;
    part.what = "part";
    assert_false(image_add(&image, &part, &f));
    if (strstr(f.what, words) == NULL) {
        fail_msg("'%s' does not say '%s'", f.what, words);
    }
    assert_int_equal(image.header.run_count, before.header.run_count);
    assert_int_equal(image.pages_size, before.pages_size);
}

static void test_places(void **unused)
{
    (void)unused;
    const uint8_t type = PSP_PAGE_ZERO;
    refuse((struct image_part){.gpa = 0x1000, .size = 0, .type = type}, "not whole pages");
    refuse((struct image_part){.gpa = 0x1001, .size = 0x1000, .type = type}, "not whole pages");
    refuse((struct image_part){.gpa = 0x1000, .size = 0x1001, .type = type}, "not whole pages");
    refuse((struct image_part){.gpa = 0x201000, .size = 0x200000, .large = true, .type = type},
           "pages of 2 MiB");
    refuse((struct image_part){.gpa = MEMORY - 0x1000, .size = 0x2000, .type = type},
           "beyond the end of memory");
    refuse((struct image_part){.gpa = ~UINT64_C(0xfff), .size = 0x2000, .type = type},
           "beyond the end of memory");
    refuse((struct image_part){.gpa = UINT64_C(0x100000000), .size = 0x1000, .type = type},
           "neither memory nor firmware");
    refuse((struct image_part){.gpa = 0xfffff000, .size = 0x2000, .type = type},
           "neither memory nor firmware");
    refuse((struct image_part){.gpa = 0x9f000, .size = 0x2000, .type = type}, "the VGA window");
    refuse((struct image_part){.gpa = 0xfee00000, .size = 0x1000, .type = type}, "the local APIC");
    refuse((struct image_part){.gpa = 0, .size = 0x1000, .bytes = bytes, .len = 0x1001},
           "do not fit");
}

static void test_overlaps(void **unused)
{
    (void)unused;
    assert_true(add(0x4000, 0x2000, PSP_PAGE_ZERO, NULL, 0));
    for (uint64_t gpa = 0x3000; gpa < 0x6000; gpa += 0x1000) {
        refuse((struct image_part){.gpa = gpa, .size = 0x2000, .type = PSP_PAGE_ZERO},
               "pages that are there");
    }
    assert_true(add(0x3000, 0x1000, PSP_PAGE_ZERO, NULL, 0));
    assert_true(add(0x6000, 0x1000, PSP_PAGE_ZERO, NULL, 0));
}

static void test_vcpus(void **unused)
{
    (void)unused;
    struct vmsa vmsa;
    struct image other;
    vmsa_reset(&vmsa, 0xfffffff0, SNP_FEATURE_SNP);
    assert_false(image_init(&other, MEMORY, 0, &f));
    assert_false(image_init(&other, MEMORY, IMAGE_VCPUS + 1, &f));
    assert_false(image_init(&other, MEMORY + 0x1000, 1, &f));
    assert_false(image_init(&other, 0, 1, &f));
    assert_false(image_add_vmsa(&image, 2, &vmsa, true, &f));
    assert_non_null(strstr(f.mend, "more vCPUs"));
    assert_true(image_add_vmsa(&image, 1, &vmsa, false, &f));
    assert_false(image_add_vmsa(&image, 1, &vmsa, false, &f));
    assert_int_equal(image.header.run_count, 1);
}

/* Everything in the finished image is found where its header says. */
static void test_finish(void **unused)
{
    (void)unused;
    struct vmsa vmsa;
    struct launch_header h;
    struct launch_run runs[5];
    struct launch_vcpu vcpus[2];
    size_t size;
    vmsa_reset(&vmsa, 0xfffffff0, SNP_FEATURE_SNP);
    assert_true(add(0x4000, 0x2000, PSP_PAGE_NORMAL, bytes, 0x1001));
    assert_true(add(0x6000, 0x1000, PSP_PAGE_NORMAL, bytes, 0x1000)); /* goes on */
    assert_true(add(0x7000, 0x1000, PSP_PAGE_NORMAL, NULL, 0));
    assert_true(add(0xffc00000, 0x400000, PSP_PAGE_ZERO, NULL, 0));
    assert_true(
        image_add(&image,
                  &(struct image_part){
                      .gpa = 0x200000, .size = 0x400000, .large = true, .type = PSP_PAGE_ZERO},
                  &f));
    assert_true(image_add_vmsa(&image, 1, &vmsa, true, &f));
    uint8_t *out = image_finish(&image, &size);
    assert_non_null(out);
    memcpy(&h, out, sizeof(h));
    assert_int_equal(h.magic, LAUNCH_MAGIC);
    assert_int_equal(h.size, size);
    assert_int_equal(h.memory, MEMORY);
    assert_int_equal(h.run_count, 5);
    assert_int_equal(h.vcpu_count, 2);
    memcpy(runs, out + h.runs, sizeof(runs));
    memcpy(vcpus, out + h.vcpu_states, sizeof(vcpus));
    assert_int_equal(runs[0].gpa, 0x4000);
    assert_int_equal(runs[0].count, 3);
    assert_int_equal(runs[0].data % IMAGE_PAGE, 0);
    assert_memory_equal(out + runs[0].data, bytes, 0x1001);
    assert_int_equal(out[runs[0].data + 0x1001], 0);
    assert_memory_equal(out + runs[0].data + 0x2000, bytes, 0x1000);
    assert_int_equal(runs[1].data, LAUNCH_NO_DATA);
    assert_int_equal(runs[1].firmware, 0);
    assert_int_equal(runs[2].firmware, 1);
    assert_int_equal(runs[2].large, 0);
    assert_int_equal(runs[3].large, 1);
    assert_int_equal(runs[4].type, PSP_PAGE_VMSA);
    assert_int_equal(runs[4].gpa, VMSA_KVM_GPA - 0x1000);
    assert_memory_equal(out + runs[4].data, &vmsa, sizeof(vmsa));
    assert_int_equal(vcpus[0].vmsa_gpa, LAUNCH_NO_VMSA);
    assert_int_equal(vcpus[0].runnable, 0);
    assert_int_equal(vcpus[1].vmsa_gpa, runs[4].gpa);
    assert_int_equal(vcpus[1].apic_id, 1);
    assert_int_equal(vcpus[1].runnable, 1);
    free(out);
}

/* Firmware fills its pages last, each alike, and no others; their contents are not measured. */
static void test_fill(void **unused)
{
    (void)unused;
    uint8_t digest[2][PSP_DIGEST_SIZE];
    uint8_t page[IMAGE_PAGE];
    memset(page, 0x77, sizeof(page));
    assert_true(add(0x1000, 0x1000, PSP_PAGE_NORMAL, bytes, 0x1000));
    assert_true(add(0x2000, 0x2000, PSP_PAGE_SECRETS, NULL, 0));
    assert_true(add(0x4000, 0x1000, PSP_PAGE_CPUID, NULL, 0));
    assert_true(measure_image(&image, digest[0], &f));
    image_fill(&image, PSP_PAGE_SECRETS, page);
    assert_true(measure_image(&image, digest[1], &f));
    assert_memory_equal(digest[0], digest[1], PSP_DIGEST_SIZE);
    assert_memory_equal(image_run_bytes(&image, &image.runs[0]), bytes, 0x1000);
    assert_memory_equal(image_run_bytes(&image, &image.runs[1]), page, sizeof(page));
    assert_memory_equal(image_run_bytes(&image, &image.runs[1]) + IMAGE_PAGE, page, sizeof(page));
    assert_null(image_run_bytes(&image, &image.runs[2]));
}

static void expect_digest(const char *want)
{
    uint8_t digest[PSP_DIGEST_SIZE];
    char hex[2 * PSP_DIGEST_SIZE + 1];
    assert_true(measure_image(&image, digest, &f));
    measure_hex(digest, hex);
    assert_string_equal(hex, want);
}

/* The vector of tests/unit/igvm, through the image: data, no data and each type without contents.
 */
static void test_digest(void **unused)
{
    (void)unused;
    struct vmsa vmsa;
    for (uint64_t at = 0; at < 0x1000; at++) {
        bytes[at] = (uint8_t)at;
    }
    assert_true(add(0x100000, 0x1000, PSP_PAGE_NORMAL, bytes, 0x1000));
    assert_true(add(0x101000, 0x1000, PSP_PAGE_NORMAL, NULL, 0));
    assert_true(add(0x102000, 0x1000, PSP_PAGE_ZERO, NULL, 0));
    assert_true(add(0x103000, 0x1000, PSP_PAGE_UNMEASURED, bytes, 0x1000));
    assert_true(add(0x104000, 0x1000, PSP_PAGE_SECRETS, NULL, 0));
    assert_true(add(0x105000, 0x1000, PSP_PAGE_CPUID, NULL, 0));
    vmsa_reset(&vmsa, 0xfffffff0, SNP_FEATURE_SNP);
    vmsa.rdx = 0; /* the vector's */
    assert_true(image_add_vmsa(&image, 0, &vmsa, true, &f));
    expect_digest("169390216b395261b35845451a0c955d8c81110d014f2fd59dfa7b9f1b6f72b8d999ce7988a4858a"
                  "f77d65ef4a915c03");
}

/* Whatever its APIC ID, a save area is measured at KVM's one address. */
static void test_digest_vmsa(void **unused)
{
    (void)unused;
    struct vmsa vmsa;
    struct image other;
    uint8_t digest[2][PSP_DIGEST_SIZE];
    vmsa_reset(&vmsa, 0xfffffff0, SNP_FEATURE_SNP);
    assert_true(image_init(&other, MEMORY, 2, &f));
    assert_true(image_add_vmsa(&other, 0, &vmsa, true, &f));
    assert_true(measure_image(&other, digest[0], &f));
    assert_true(image_add_vmsa(&image, 1, &vmsa, true, &f));
    assert_true(measure_image(&image, digest[1], &f));
    assert_memory_equal(digest[0], digest[1], PSP_DIGEST_SIZE);
    image_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlaps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vcpus, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finish, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fill, setup, teardown),
        cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_digest_vmsa, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
