/* SPDX-License-Identifier: MIT */
/*
 * The launch digest against vectors of an independent program, which also gives the digests that
 * another project published for whole launches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/sha.h>

#include <digest.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>

static uint8_t pages[512 * 4096];
static struct digest digest;

static void sha384(void *context, const void *bytes, size_t size, uint8_t out[PSP_DIGEST_SIZE])
{
    (void)context;
    (void)SHA384(bytes, size, out);
}

static int setup(void **unused)
{
    (void)unused;
    memset(pages, 0, sizeof(pages));
    digest_init(&digest, (struct digest_hash){.sha384 = sha384});
    return 0;
}

static void expect_hex(const char *want, const uint8_t value[PSP_DIGEST_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char got[2 * PSP_DIGEST_SIZE + 1] = {0};

    for (size_t i = 0; i < PSP_DIGEST_SIZE; i++) {
        got[2 * i] = digits[value[i] >> 4];
        got[2 * i + 1] = digits[value[i] & 15];
    }
    assert_string_equal(got, want);
}

static void add(uint8_t type, uint64_t gpa, const void *data, const char *want)
{
    const struct digest_page page = {.type = type, .gpa = gpa, .data = data};

    assert_int_equal(digest_add(&digest, &page), DIGEST_OK);
    if (want) {
        expect_hex(want, digest.value);
    }
}

static struct vmsa_segment segment(uint16_t attrib)
{
    return (struct vmsa_segment){.attrib = attrib, .limit = VMSA_RESET_LIMIT};
}

/* A vCPU as KVM and QEMU start it. */
static struct vmsa reset_vmsa(void)
{
    struct vmsa v = {
        .es = segment(VMSA_RESET_DATA_ATTRIB),
        .ss = segment(VMSA_RESET_DATA_ATTRIB),
        .ds = segment(VMSA_RESET_DATA_ATTRIB),
        .fs = segment(VMSA_RESET_DATA_ATTRIB),
        .gs = segment(VMSA_RESET_DATA_ATTRIB),
        .gdtr = segment(0),
        .idtr = segment(0),
        .ldtr = segment(VMSA_RESET_LDTR_ATTRIB),
        .tr = segment(VMSA_RESET_TR_ATTRIB),
        .cs = segment(VMSA_RESET_CODE_ATTRIB),
        .efer = VMSA_RESET_EFER,
        .cr4 = VMSA_RESET_CR4_KVM,
        .cr0 = VMSA_RESET_CR0_KVM,
        .dr7 = VMSA_RESET_DR7,
        .dr6 = VMSA_RESET_DR6,
        .rflags = VMSA_RESET_RFLAGS,
        .rip = VMSA_RESET_RIP,
        .g_pat = VMSA_RESET_G_PAT,
        .sev_features = SNP_FEATURE_SNP,
        .xcr0 = VMSA_RESET_XCR0,
        .mxcsr = VMSA_RESET_MXCSR,
        .x87_fcw = VMSA_RESET_X87_FCW_KVM,
    };

    v.cs.selector = VMSA_RESET_CS_SELECTOR;
    v.cs.base = VMSA_RESET_CS_BASE;
    return v;
}

static void test_every_type(void **unused)
{
    (void)unused;
    const struct vmsa vmsa = reset_vmsa();
    uint8_t hash[PSP_DIGEST_SIZE];

    for (size_t i = 0; i < 4096; i++) {
        pages[i] = (uint8_t)i;
    }
    add(PSP_PAGE_NORMAL, 0x100000, pages,
        "fcd01075a27fb4ad66ad0375d1910f07e220325f9329fb1861839b569b9d15ca877eafd18e0f8023fba22e17"
        "3c42b4d1");
    add(PSP_PAGE_NORMAL, 0x101000, pages + 4096,
        "6704e5ac39a4107d6457ab51e1f6474cbee2db0e493e1e0a41ae3e646874dc4c058b8819a78c4fb6dd47102e"
        "b80415a5");
    add(PSP_PAGE_ZERO, 0x102000, NULL,
        "fcd349d7e17fdd5e7f5e9efc98843e83c6d94344ad32e23f04c39b32ac55c019f1d358ad78ee2cc6570f4fa5"
        "2a31551d");
    add(PSP_PAGE_UNMEASURED, 0x103000, pages,
        "dc1b5ffb9c0d7c7dff5c97f8892c63f0cae05808e4dea33f3bb095533855e356164064efc9a22e6a0ab0fdf8"
        "f1c233cb");
    add(PSP_PAGE_SECRETS, 0x104000, NULL,
        "0b6beaabc344f03205de6ea1761e4f0ea514bbb829212217a1f1cdf9ebeea39cf37e0a709b298c4a3c4263ce"
        "2defec11");
    add(PSP_PAGE_CPUID, 0x105000, NULL,
        "cfcebf5052b65390249b0b8f8f6a6a62eed19224080fd9eaddd9f021139e003173a9b86ed7f2f25744dcb2e5"
        "fb47d64a");
    sha384(NULL, &vmsa, sizeof(vmsa), hash);
    expect_hex("7d2ea84a11644d6c9780dfc9eefe1f4c0281b3077a3bf883114d845679a86cfb22df4653ee02e39c3b"
               "16ff2db99fa18d",
               hash);
    add(PSP_PAGE_VMSA, VMSA_KVM_GPA, &vmsa,
        "169390216b395261b35845451a0c955d8c81110d014f2fd59dfa7b9f1b6f72b8d999ce7988a4858af77d65ef"
        "4a915c03");
}

static void test_permissions(void **unused)
{
    (void)unused;
    struct digest_page page = {
        .type = PSP_PAGE_NORMAL, .gpa = 0x100000, .perms = {SNP_PERM_ALL}, .data = pages};

    for (size_t i = 0; i < 4096; i++) {
        pages[i] = (uint8_t)i;
    }
    assert_int_equal(digest_add(&digest, &page), DIGEST_OK);
    expect_hex("c5526f1d11b30f5ab4e9beed798decdaef5b54d565db2e02bec2c0302ee61b5ed0eeb088375924a0d9"
               "5da895f0f896b7",
               digest.value);
    digest_init(&digest, digest.hash);
    memcpy(page.perms, (const uint8_t[]){1, 2, 4}, sizeof(page.perms));
    assert_int_equal(digest_add(&digest, &page), DIGEST_OK);
    expect_hex("4beed1672ef969afa6368bed3775eb85ec7babfe80cd8db6233e64478fc38394d371b8722dbc767ed7"
               "2d800cae028c45",
               digest.value);
}

/* The pages of a small IGVM file, with its empty page in both conventions. */
static void test_igvm_pages(void **unused)
{
    (void)unused;
    static const struct {
        uint8_t type;
        const char *want;
    } runs[] = {
        {PSP_PAGE_NORMAL, "dddb2340418cceebf26bf315fb0e5e766a063bbabce9bf7449b418ba6daf0b40b1c456f9"
                          "b1c06514211cb562361370c0"},
        {PSP_PAGE_ZERO, "2577db5761b57113e55c4749c1eb761c4ede421a8a7bdd0fad124d033b08f97a6786b601d4"
                        "c9ea63a1af3e4b52640f17"},
    };

    memset(pages, 0xaa, 4096);
    for (size_t i = 0; i < 2; i++) {
        digest_init(&digest, (struct digest_hash){.sha384 = sha384});
        add(PSP_PAGE_NORMAL, 0x1000, pages,
            "83f2b12dec4ffc7a903475c06f60c3a229e45e61ad87e4f775f0cc95cea53ade2911f84e1205ddfa14df9b"
            "f20bf3f0c3");
        add(runs[i].type, 0x2000, pages + 4096, NULL);
        add(PSP_PAGE_SECRETS, 0x3000, NULL, NULL);
        add(PSP_PAGE_CPUID, 0x4000, NULL, runs[i].want);
    }
}

static void test_runs(void **unused)
{
    (void)unused;
    struct digest single = digest;
    struct digest_page page = {.type = PSP_PAGE_NORMAL, .gpa = 0x200000, .data = pages};

    for (size_t i = 0; i < 512; i++) {
        memset(pages + i * 4096, (int)i, 4096);
    }
    assert_int_equal(digest_add_pages(&digest, &page, 512), DIGEST_OK);
    for (size_t i = 0; i < 512; i++) {
        page.gpa = 0x200000 + i * 4096;
        page.data = pages + i * 4096;
        assert_int_equal(digest_add(&single, &page), DIGEST_OK);
    }
    assert_memory_equal(single.value, digest.value, PSP_DIGEST_SIZE);
}

/* With Secure TSC, and only then and for a VMSA only, the TSC's fields do not count. */
static void test_secure_tsc(void **unused)
{
    (void)unused;
    struct vmsa vmsa = reset_vmsa();
    struct digest_page page = {
        .type = PSP_PAGE_VMSA, .gpa = VMSA_KVM_GPA, .data = &vmsa, .secure_tsc = 1};
    struct digest got[4];

    for (size_t i = 0; i < 4; i++) {
        got[i] = digest;
        vmsa.guest_tsc_scale = i == 1 || i == 2 ? ~UINT64_C(0) : 0;
        vmsa.guest_tsc_offset = i == 1 || i == 2 ? ~UINT64_C(0) : 0;
        vmsa.reg_prot_nonce = i == 3;
        page.secure_tsc = i != 2;
        assert_int_equal(digest_add(&got[i], &page), DIGEST_OK);
    }
    assert_memory_equal(got[0].value, got[1].value, PSP_DIGEST_SIZE);
    assert_memory_not_equal(got[0].value, got[2].value, PSP_DIGEST_SIZE);
    assert_memory_not_equal(got[0].value, got[3].value, PSP_DIGEST_SIZE);
    page.type = PSP_PAGE_NORMAL;
    for (size_t i = 0; i < 2; i++) {
        got[i] = digest;
        vmsa.guest_tsc_scale = i;
        assert_int_equal(digest_add(&got[i], &page), DIGEST_OK);
    }
    assert_memory_not_equal(got[0].value, got[1].value, PSP_DIGEST_SIZE);
}

static void refuse(struct digest_page page, uint64_t count, enum digest_error want)
{
    const struct digest before = digest;

    assert_int_equal(digest_add_pages(&digest, &page, count), want);
    assert_memory_equal(before.value, digest.value, PSP_DIGEST_SIZE);
}

static void test_refused(void **unused)
{
    (void)unused;
    const uint64_t last = ~UINT64_C(0xfff);

    refuse((struct digest_page){.type = 0, .data = pages}, 1, DIGEST_BAD_TYPE);
    refuse((struct digest_page){.type = 7, .data = pages}, 1, DIGEST_BAD_TYPE);
    refuse((struct digest_page){.type = PSP_PAGE_NORMAL}, 1, DIGEST_NO_DATA);
    refuse((struct digest_page){.type = PSP_PAGE_VMSA}, 1, DIGEST_NO_DATA);
    refuse((struct digest_page){.type = PSP_PAGE_ZERO, .gpa = 0x1800}, 1, DIGEST_BAD_ADDRESS);
    refuse((struct digest_page){.type = PSP_PAGE_ZERO, .gpa = last}, 2, DIGEST_BAD_ADDRESS);
    add(PSP_PAGE_ZERO, last, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_type, setup),
        cmocka_unit_test_setup(test_permissions, setup),
        cmocka_unit_test_setup(test_igvm_pages, setup),
        cmocka_unit_test_setup(test_runs, setup),
        cmocka_unit_test_setup(test_secure_tsc, setup),
        cmocka_unit_test_setup(test_refused, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
