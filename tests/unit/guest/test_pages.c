/* SPDX-License-Identifier: MIT */
/* What is RAM, the owner table, copies, and what the guest finds when it starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fixture.h"
#include <guest/page.h>
#include <guest/ram.h>

#define ANY_STATE 31u

static int setup(void **unused)
{
    (void)unused;
    fixture_boot();
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fake_snp_check();
    assert_null(fake_snp_breach());
    return 0;
}

static void ram(void **unused)
{
    static const struct {
        uint64_t gpa, pages;
        bool is;
        size_t index;
    } cases[] = {
        {0, 1, true, 0},
        {PAGE(63), 2, true, 63}, /* over the edge of two ranges */
        {0, 1024, true, 0},
        {0, 1025, false, 0},
        {PAGE(1), 1024, false, 0},
        {PAGE(1023), 1, true, 1023},
        {PAGE(1023), 2, false, 0},
        {PAGE(1023), 9, false, 0}, /* over the hole */
        {HOLE, 1, false, 0},
        {PAGE(1031), 1, false, 0},
        {HIGH, 1, true, 1024},
        {HIGH, 120, true, 1024},
        {HIGH, 121, false, 0},
        {END - PAGE(1), 1, true, 1143},
        {END, 1, false, 0},
        {PAGE(1) + 1, 1, false, 0},
        {PAGE(1) + 0x800, 1, false, 0},
        {0, 0, false, 0},
        {0, ~UINT64_C(0), false, 0},
        {PAGE(64), UINT64_C(1) << 52, false, 0},
        {~UINT64_C(0xfff), 1, false, 0},
        {~UINT64_C(0xfff), 2, false, 0}, /* wraps */
        {SNP_IMAGE_BASE, 1, false, 0},
    };

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        size_t index = 12345;
        assert_int_equal(ram_index(cases[i].gpa, cases[i].pages, &index), cases[i].is);
        assert_true(!cases[i].is || index == cases[i].index);
    }
    assert_int_equal(guest_table_size(&launch), 1144);
}

static void claims(void **unused)
{
    unsigned had = 0;

    (void)unused;
    assert_int_equal(page_claim(3, 1, PAGE_ONLY(PAGE_INVALID), &had), PAGE_OK);
    assert_int_equal(had, PAGE_ONLY(PAGE_INVALID));
    assert_int_equal(page_claim(3, 1, ANY_STATE, &had), PAGE_BUSY);
    assert_int_equal(page_try(3, PAGE_ACT_PIN, ANY_STATE), PAGE_BUSY);
    assert_int_equal(page_try(3, PAGE_ACT_CA_TAKE, ANY_STATE), PAGE_BUSY);
    assert_int_equal(page_look(3, ANY_STATE), PAGE_BUSY);
    /* A row with a page in it that is held: nothing stays claimed. */
    assert_int_equal(page_claim(0, 8, ANY_STATE, &had), PAGE_BUSY);
    assert_int_equal(page_claim(0, 3, ANY_STATE, &had), PAGE_OK);
    page_unclaim(0, 3);
    page_release(3, 1, PAGE_VALID);
    assert_int_equal(page_claim(0, 8, PAGE_ONLY(PAGE_INVALID), &had), PAGE_REFUSED);
    assert_int_equal(page_claim(0, 8, PAGE_ANY_OF(PAGE_INVALID, PAGE_VALID), &had), PAGE_OK);
    assert_int_equal(had, PAGE_ANY_OF(PAGE_INVALID, PAGE_VALID));
    page_unclaim(0, 8);
    assert_int_equal(page_look(3, PAGE_ONLY(PAGE_VALID)), PAGE_OK);
    assert_int_equal(page_look(4, PAGE_ONLY(PAGE_INVALID)), PAGE_OK);
}

/* Nothing leads out of it, whatever states one would take. */
static void dead(void **unused)
{
    static const enum page_act acts[] = {PAGE_ACT_CLAIM, PAGE_ACT_PIN, PAGE_ACT_CA_TAKE};
    unsigned had = 0;

    (void)unused;
    assert_int_equal(page_claim(70, 2, PAGE_ONLY(PAGE_VALID), &had), PAGE_OK);
    page_release(70, 1, PAGE_DEAD);
    page_release(71, 1, PAGE_VALID);
    for (size_t i = 0; i < ARRAY_COUNT(acts); i++) {
        assert_int_equal(page_try(70, acts[i], ANY_STATE), PAGE_REFUSED);
    }
    assert_int_equal(page_look(70, ANY_STATE), PAGE_REFUSED);
    assert_int_equal(page_claim(69, 3, ANY_STATE, &had), PAGE_REFUSED);
    assert_int_equal(page_claim(71, 1, ANY_STATE, &had), PAGE_OK);
    page_unclaim(71, 1);
}

static void pins(void **unused)
{
    unsigned had = 0;

    (void)unused;
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(page_try(70, PAGE_ACT_PIN, PAGE_ONLY(PAGE_VALID)), PAGE_OK);
    }
    assert_int_equal(page_try(70, PAGE_ACT_PIN, PAGE_ONLY(PAGE_VALID)), PAGE_BUSY);
    assert_int_equal(page_claim(70, 1, ANY_STATE, &had), PAGE_BUSY);
    assert_int_equal(page_look(70, PAGE_ONLY(PAGE_VALID)), PAGE_BUSY); /* by too many */
    /* It may become a calling area meanwhile, and cease to be one. */
    assert_int_equal(page_try(70, PAGE_ACT_CA_TAKE, PAGE_ONLY(PAGE_VALID)), PAGE_OK);
    assert_int_equal(page_try(70, PAGE_ACT_CA_TAKE, PAGE_ONLY(PAGE_VALID)), PAGE_REFUSED);
    for (unsigned i = 0; i < 29; i++) {
        page_unpin(70);
    }
    page_ca_drop(70);
    assert_int_equal(page_claim(70, 1, ANY_STATE, &had), PAGE_BUSY);
    page_unpin(70);
    assert_int_equal(page_claim(70, 1, ANY_STATE, &had), PAGE_OK);
    assert_int_equal(had, PAGE_ONLY(PAGE_VALID));
    page_unclaim(70, 1);
}

static void copies(void **unused)
{
    uint8_t in[3 * SNP_SIZE_4K], out[sizeof(in)];

    (void)unused;
    for (size_t i = 0; i < sizeof(in); i++) {
        in[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (size_t offset = 4090; offset < 4099; offset++) {
        assert_int_equal(guest_write(PAGE(100) + offset, in, sizeof(in)), OK);
        assert_int_equal(guest_check(PAGE(100) + offset, sizeof(in)), OK);
        memset(out, 0, sizeof(out));
        assert_int_equal(guest_read(out, PAGE(100) + offset, sizeof(out)), OK);
        assert_memory_equal(in, out, sizeof(in));
        assert_int_equal(fake_snp_peek(PAGE(100) + offset - 1), 0);
        memset(out, 0, sizeof(out));
        assert_int_equal(guest_write(PAGE(100) + offset, out, sizeof(out)), OK);
    }
    assert_int_equal(guest_read(out, END - 4, 4), OK);
    assert_int_equal(guest_read(out, FIRST_CA + 8, 8), OK);
    assert_int_equal(guest_read(out, PAGE(100), 0), OK);
}

static void copies_refused(void **unused)
{
    static const struct {
        uint64_t gpa;
        size_t size;
    } cases[] = {
        {PAGE(5), 1},   /* not validated */
        {VALID - 1, 2}, /* the first half is not */
        {LARGE - 1, 2}, /* the second is not */
        {HOLE, 1},
        {HIGH - 1, 2},
        {END - 1, 2},
        {END, 1},
        {SNP_IMAGE_BASE, 1},
        {SNP_IMAGE_GUEST_VMSA, 8},
        {PAGE(70), 1}, /* a save area */
        {PAGE(70) - 1, 2},
        {~UINT64_C(0), 1},
        {~UINT64_C(0), 2}, /* wraps */
        {PAGE(100), ~UINT64_C(0)},
        {PAGE(100) + 16, ~UINT64_C(0)}, /* ends in the page where it begins */
        {PAGE(100), (size_t)1 << 40},
    };
    uint8_t byte[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    (void)unused;
    fixture_area(PAGE(70));
    assert_int_equal(fixture_create(0, 1, PAGE(70), PAGE(71)), SVSM_SUCCESS);
    fake_snp_poke(LARGE - 1, "n", 1);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_int_equal(guest_check(cases[i].gpa, cases[i].size), ERR_ADDRESS);
        assert_int_equal(guest_write(cases[i].gpa, byte, cases[i].size), ERR_ADDRESS);
        if (cases[i].size <= sizeof(byte)) {
            assert_int_equal(guest_read(byte, cases[i].gpa, cases[i].size), ERR_ADDRESS);
        }
    }
    assert_int_equal(fake_snp_peek(LARGE - 1), 'n'); /* nothing before the end that is missing */
    fake_snp_fail(FAKE_SNP_READ, 0, 1);
    assert_int_equal(guest_read(byte, PAGE(100), 1), ERR_ADDRESS);
    fake_snp_fail(FAKE_SNP_WRITE, 0, 1);
    assert_int_equal(guest_write(PAGE(100), byte, 1), ERR_ADDRESS);
    assert_int_equal(guest_read(byte, PAGE(100), 1), OK); /* no pin was left */
    assert_int_equal(fixture_pvalidate(PAGE(100)), SVSM_SUCCESS);
}

static void copy_busy(void **unused)
{
    uint8_t byte = 0;
    unsigned had = 0;

    (void)unused;
    assert_int_equal(page_claim(100, 1, ANY_STATE, &had), PAGE_OK);
    assert_int_equal(guest_read(&byte, PAGE(100), 1), ERR_BUSY);
    assert_int_equal(guest_check(PAGE(99) + 4095, 2), ERR_BUSY);
    assert_int_equal(guest_write(PAGE(99) + 4095, "xy", 2), ERR_BUSY);
    assert_int_equal(fake_snp_peek(PAGE(99) + 4095), 0);
    page_unclaim(100, 1);
    assert_int_equal(guest_read(&byte, PAGE(100), 1), OK);
}

static void launch_memory(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < FAKE_SNP_PAGES; i++) {
        bool valid = (i >= 64 && i < 512) || i >= 1032;
        assert_int_equal(fake_snp_page(PAGE(i))->validated, valid);
        assert_int_equal(fake_snp_page(PAGE(i))->perms[2], valid ? SNP_PERM_ALL : 0);
    }
    assert_false(fake_snp_page(SNP_IMAGE_BASE)->vmsa);
    assert_true(fake_snp_page(SNP_IMAGE_GUEST_VMSA)->vmsa);
}

/* Large where it can be, measured pages left as they are, small where the host has small ones. */
static void launch_kinds(void **unused)
{
    gpa_t where = {0};

    (void)unused;
    fake_snp_reset();
    memset(table, 0, sizeof(table));
    launch.ram_count = 2;
    launch.guest_caa = 0;
    launch.ram[0] = (struct snp_image_ram){PAGE(0), PAGE(2), SNP_IMAGE_RAM_VALIDATED, 0};
    launch.ram[1] = (struct snp_image_ram){PAGE(2), PAGE(1024 + 8), SNP_IMAGE_RAM_VALIDATE, 0};
    fake_snp_launch(PAGE(0), "kernel", 7);
    fake_snp_launch(PAGE(1), "initrd", 7);
    guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + PAGE(16));
    assert_int_equal(guest_launch_memory(&where), OK);
    assert_int_equal(fake_snp_peek(PAGE(1)), 'i');
    assert_int_equal(fake_snp_page(PAGE(1))->perms[2], SNP_PERM_ALL);
    assert_true(fake_snp_page(PAGE(512))->large);
    assert_int_equal(fake_snp_page(PAGE(1033))->perms[2], SNP_PERM_ALL);
    assert_int_equal(fake_snp_page(PAGE(1034))->perms[2], 0);
    assert_int_equal(fake_snp_count(FAKE_SNP_PVALIDATE), 510 + 1 + 10);

    fake_snp_reset();
    memset(table, 0, sizeof(table));
    launch.ram[0].kind = SNP_IMAGE_RAM_LEAVE;
    fake_snp_smash(PAGE(512));
    guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + PAGE(16));
    assert_int_equal(guest_launch_memory(&where), OK);
    assert_int_equal(fake_snp_count(FAKE_SNP_PVALIDATE), 510 + 1 + 512 + 10);
    assert_int_equal(fake_snp_page(PAGE(1023))->perms[2], SNP_PERM_ALL);
}

static void launch_fails(void **unused)
{
    static const uint64_t missing[] = {VALID, PAGE(300), HIGH, END - PAGE(1)};

    (void)unused;
    for (size_t i = 0; i < ARRAY_COUNT(missing); i++) {
        gpa_t where = {1};
        fake_snp_reset();
        memset(table, 0, sizeof(table));
        fake_snp_take(missing[i]);
        guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + PAGE(16));
        assert_int_equal(guest_launch_memory(&where), ERR_MISSING);
        assert_int_equal(where.value, missing[i]);
    }
}

/* A large page that was validated and cannot be taken back: its small pages are not tried, for that
 * would make two of one address. */
static void launch_large_is_lost(void **unused)
{
    gpa_t where = {1};

    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        fake_snp_reset();
        memset(table, 0, sizeof(table));
        launch.ram_count = 1;
        launch.guest_caa = 0;
        launch.ram[0] = (struct snp_image_ram){PAGE(512), PAGE(512), SNP_IMAGE_RAM_VALIDATE, 0};
        guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + PAGE(16));
        fake_snp_fail(FAKE_SNP_ADJUST, 0, SNP_FAIL_SIZEMISMATCH);
        if (i == 1) {
            fake_snp_fail(FAKE_SNP_PVALIDATE, 1, SNP_FAIL_SIZEMISMATCH);
        }
        assert_int_equal(guest_launch_memory(&where), i == 0 ? OK : ERR_MISSING);
        assert_int_equal(fake_snp_count(FAKE_SNP_PVALIDATE), i == 0 ? 2 + 512 : 2);
    }
    assert_int_equal(where.value, PAGE(512));
}

static void launch_vcpu_fails(void **unused)
{
    gpa_t where = {0};

    (void)unused;
    for (unsigned i = 0; i < 6; i++) {
        struct vmsa vmsa = {
            .vmpl = i == 1 ? 0 : 2, .efer = SNP_EFER_SVME, .sev_features = FEATURES + (i == 2)};
        fake_snp_reset();
        memset(table, 0, sizeof(table));
        fixture_launch();
        launch.guest_caa = i == 3 ? PAGE(5) : i == 4 ? HOLE : i == 5 ? FIRST_CA + 4 : FIRST_CA;
        fake_snp_poke(SNP_IMAGE_GUEST_VMSA, &vmsa, sizeof(vmsa));
        guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + PAGE(16));
        assert_int_equal(guest_launch_memory(&where), OK);
        assert_int_equal(guest_launch_vcpu(), i == 0 ? OK : i < 3 ? ERR_PARAMETER : ERR_ADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ram, setup, teardown),
        cmocka_unit_test_setup_teardown(claims, setup, teardown),
        cmocka_unit_test_setup_teardown(dead, setup, teardown),
        cmocka_unit_test_setup_teardown(pins, setup, teardown),
        cmocka_unit_test_setup_teardown(copies, setup, teardown),
        cmocka_unit_test_setup_teardown(copies_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(copy_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_large_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_vcpu_fails, setup, teardown),
    };

    return cmocka_run_group_tests_name("guest-pages", tests, NULL, NULL);
}
