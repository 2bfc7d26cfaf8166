/* SPDX-License-Identifier: MIT */
/* The smaller parts: the writer, SEV_FEATURES by name, whole files, hosts by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "feature.h"
#include "file.h"
#include "igvm_file.h"
#include "profile.h"
#include "writer.h"

static struct fail f;

/* The same calls give the same bytes, and the reader finds what was written. */
static void write_one(unsigned version, struct bytes *out)
{
    static uint8_t page[IGVM_PAGE_SIZE];
    static struct vmsa vmsa;
    const struct igvm_platform platform = {.mask = 1, .type = IGVM_PLATFORM_SEV_SNP, .version = 1};
    struct writer w;
    memset(page, 0x77, sizeof(page));
    vmsa.rip = 0x1234;
    writer_init(&w, version);
    writer_add(&w, IGVM_VHT_SUPPORTED_PLATFORM, &platform, sizeof(platform));
    writer_page(&w, (struct igvm_page_data){.gpa = 0x1000, .mask = 1}, page);
    memset(page, 0, sizeof(page));
    writer_page(&w, (struct igvm_page_data){.gpa = 0x2000, .mask = 1}, page);
    writer_page(&w, (struct igvm_page_data){.gpa = 0x3000, .mask = 1}, NULL);
    page[sizeof(page) - 1] = 1;
    writer_page(&w, (struct igvm_page_data){.gpa = 0x4000, .mask = 1}, page);
    writer_context(&w, (struct igvm_vp_context){.gpa = VMSA_KVM_GPA, .mask = 1}, &vmsa);
    assert_true(writer_finish(&w, out, &f));
}

static void expect_page(const struct igvm_file *file, struct igvm_record *r, uint64_t gpa,
                        int first, int last)
{
    struct igvm_page_data p;
    const uint8_t *data = NULL;
    bool more = false;
    assert_true(igvm_file_next(file, r, &more, &f) && more);
    assert_int_equal(r->type, IGVM_VHT_PAGE_DATA);
    assert_true(igvm_file_content(file, r, &p, sizeof(p), &f));
    assert_int_equal(p.gpa, gpa);
    if (first < 0) {
        assert_int_equal(p.file_offset, 0);
        return;
    }
    assert_true(igvm_file_data(file, r, p.file_offset, IGVM_PAGE_SIZE, &data, &f));
    assert_int_equal(data[0], first);
    assert_int_equal(data[IGVM_PAGE_SIZE - 1], last);
}

static void test_writer(void **unused)
{
    (void)unused;
    for (unsigned version = 1; version <= 2; version++) {
        struct bytes a, b;
        struct igvm_file file;
        struct igvm_record r = {0};
        struct igvm_vp_context c;
        const uint8_t *data = NULL;
        bool more = false;
        write_one(version, &a);
        write_one(version, &b);
        assert_int_equal(a.size, b.size);
        assert_memory_equal(a.at, b.at, a.size);
        assert_true(igvm_file_open(&file, a, &f));
        assert_true(igvm_file_next(&file, &r, &more, &f) && more);
        expect_page(&file, &r, 0x1000, 0x77, 0x77);
        expect_page(&file, &r, 0x2000, -1, -1);
        expect_page(&file, &r, 0x3000, -1, -1);
        expect_page(&file, &r, 0x4000, 0, 1);
        assert_true(igvm_file_next(&file, &r, &more, &f) && more);
        assert_true(igvm_file_content(&file, &r, &c, sizeof(c), &f));
        assert_true(igvm_file_data(&file, &r, c.file_offset, sizeof(struct vmsa), &data, &f));
        assert_int_equal(data[offsetof(struct vmsa, rip)], 0x34);
        assert_true(igvm_file_next(&file, &r, &more, &f) && !more);
        assert_int_equal(a.size, file.headers_end + 3 * IGVM_PAGE_SIZE);
        free((void *)a.at);
        free((void *)b.at);
    }
}

static void test_features(void **unused)
{
    (void)unused;
    uint64_t value = 5;
    char text[FEATURE_TEXT];
    assert_true(feature_parse("snp,secure-tsc,debug-swap", &value));
    assert_int_equal(value, 0x221);
    assert_false(feature_parse("", &value));
    assert_false(feature_parse("snp,", &value));
    assert_false(feature_parse(",snp", &value));
    assert_false(feature_parse("snp,secure", &value));
    assert_false(feature_parse("SNP", &value));
    assert_int_equal(value, 0x221);
    feature_text(value, text);
    assert_string_equal(text, "snp,debug-swap,secure-tsc");
    feature_text(0, text);
    assert_string_equal(text, "none");
    feature_text(UINT64_C(1) << 62 | 2, text);
    assert_string_equal(text, "vtom,bit-62");
    feature_text(UINT64_MAX, text); /* more than there is room for: cut */
    assert_true(strlen(text) < sizeof(text));
}

static void test_profiles(void **unused)
{
    (void)unused;
    enum launch_profile p = LAUNCH_STRICT;
    assert_true(profile_parse("planes", &p));
    assert_int_equal(p, LAUNCH_PLANES);
    assert_true(profile_parse("upstream-6.12", &p));
    assert_string_equal(profile_name(p), "upstream-6.12");
    assert_int_equal(profile_features(p), 0x21);
    assert_int_equal(profile_features(LAUNCH_STRICT), 0x239);
    assert_int_equal(profile_features(LAUNCH_PLANES), 0x229);
    assert_false(profile_parse("upstream", &p));
    assert_int_equal(p, LAUNCH_UPSTREAM_6_12);
}

/* What was there stays until the new file is complete, and nothing else is left. */
static void test_files(void **unused)
{
    (void)unused;
    char folder[] = "/tmp/igvm-test-XXXXXX";
    char path[64], inside[80];
    const struct bytes one = {(const uint8_t *)"one", 3};
    struct file file;
    struct stat st;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(inside, sizeof(inside), "%s/none", path);
    assert_true(file_write(path, one, &f));
    assert_true(file_read(&file, path, &f));
    assert_int_equal(file.bytes.size, 3);
    assert_memory_equal(file.bytes.at, "one", 3);
    file_free(&file);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0111, 0);
    assert_false(file_write(inside, one, &f));
    assert_non_null(strstr(f.what, "cannot write"));
    assert_false(file_read(&file, folder, &f));
    assert_false(file_write(folder, one, &f));
    assert_true(file_write("/dev/null", one, &f));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* fails if a file was left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_profiles),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
