/* SPDX-License-Identifier: MIT */
/*
 * The launch as firmware sees it: policies, ID blocks, the secrets page, and the certificates. ID
 * blocks are signed here with keys of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "psp_guest.h"
#include "psp_internal.h"

static struct psp_options options;
static struct psp_id_block block;
static struct psp_id_auth auth;

static int setup(void **unused)
{
    (void)unused;
    psp_options_init(&options, PSP_GENOA);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
    memset(options.launch_digest, 0xd1, sizeof(options.launch_digest));
    return 0;
}

static uint32_t launch_status(void)
{
    struct psp_result result;
    struct psp *psp = psp_create(&options, &result);

    assert_int_equal(psp == NULL, result.status != 0);
    assert_int_equal(result.why == NULL, result.status == 0);
    psp_free(psp);
    return result.status;
}

static void test_policy(void **unused)
{
    static const struct {
        uint64_t policy, machine;
        uint32_t status;
    } cases[] = {
        {0x30000, PSP_PLATFORM_SMT, 0},
        {0x30000, 0, 0},
        {0x20000, 0, 0},
        {0x20000, PSP_PLATFORM_SMT, PSP_STATUS_POLICY_FAILURE},
        {0x10000, 0, PSP_STATUS_POLICY_FAILURE},
        {0x3f0000, 0, 0},
        {0x4030000, 0, PSP_STATUS_POLICY_FAILURE},
        {UINT64_C(1) << 63 | 0x30000, 0, PSP_STATUS_POLICY_FAILURE},
        {0x30137, 0, 0},
        {0x30138, 0, PSP_STATUS_POLICY_FAILURE},
        {0x30200, 0, PSP_STATUS_POLICY_FAILURE},
        {0x300ff, 0, 0},
        {0x830000, 0, PSP_STATUS_POLICY_FAILURE},
        {0x830000, PSP_PLATFORM_RAPL_DISABLED, 0},
        {0x1030000, 0, PSP_STATUS_POLICY_FAILURE},
        {0x1030000, PSP_PLATFORM_CIPHERTEXT_HIDING, 0},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        options.policy = cases[i].policy;
        options.platform_info = cases[i].machine;
        assert_int_equal(launch_status(), cases[i].status);
    }
}

static void test_machine(void **unused)
{
    (void)unused;
    options.report_version = 1;
    assert_int_equal(launch_status(), PSP_STATUS_INVALID_PARAM);
    options.report_version = 6;
    assert_int_equal(launch_status(), PSP_STATUS_INVALID_PARAM);
    options.report_version = 3;
    options.vcek_disabled = true;
    assert_int_equal(launch_status(), PSP_STATUS_INVALID_CONFIG);
    options.vlek = true;
    assert_int_equal(launch_status(), 0);
}

static void reverse(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

static void export_key(EVP_PKEY *key, struct psp_public_key *out)
{
    uint8_t point[97];
    size_t size;

    assert_int_equal(
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size),
        1);
    assert_int_equal(size, sizeof(point));
    memset(out, 0, sizeof(*out));
    out->curve = 2;
    memcpy(out->qx, point + 1, 48);
    memcpy(out->qy, point + 49, 48);
    reverse(out->qx, 48);
    reverse(out->qy, 48);
}

static void sign(EVP_PKEY *key, const void *bytes, size_t size, struct psp_signature *out)
{
    uint8_t der[160];
    const uint8_t *at = der;
    size_t der_size = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &der_size, bytes, size), 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der_size);
    memset(out, 0, sizeof(*out));
    assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), out->r, 72), 72);
    assert_int_equal(BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), out->s, 72), 72);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
}

/* Block and authentication of options as they are now, signed by two fresh keys. */
static void make_id(void)
{
    EVP_PKEY *id = EVP_EC_gen("P-384"), *author = EVP_EC_gen("P-384");

    block = (struct psp_id_block){.version = 1, .guest_svn = 7, .policy = options.policy};
    memcpy(block.ld, options.launch_digest, sizeof(block.ld));
    memset(block.family_id, 0xfa, sizeof(block.family_id));
    memset(block.image_id, 0x1a, sizeof(block.image_id));
    auth = (struct psp_id_auth){.id_key_algo = 1, .author_key_algo = 1};
    export_key(id, &auth.id_key);
    export_key(author, &auth.author_key);
    sign(id, &block, sizeof(block), &auth.id_block_sig);
    sign(author, &auth.id_key, sizeof(auth.id_key), &auth.id_key_sig);
    EVP_PKEY_free(id);
    EVP_PKEY_free(author);
    options.id_block = &block;
    options.id_auth = &auth;
}

static void get_report(struct psp_report *out)
{
    static struct psp_report_rsp answer;
    static uint8_t bytes[PSP_PAYLOAD_MAX];
    const struct psp_report_req request = {0};
    struct guest guest = guest_launch(&options);

    assert_int_equal(
        guest_exchange(&guest, 0, PSP_MSG_REPORT_REQ, &request, sizeof(request), bytes),
        sizeof(answer));
    memcpy(&answer, bytes, sizeof(answer));
    *out = answer.report;
    guest_end(&guest);
}

static void test_id_block(void **unused)
{
    static const uint8_t zero[48];
    struct psp_report r;
    uint8_t digest[48];

    (void)unused;
    make_id();
    get_report(&r);
    assert_int_equal(r.guest_svn, 7);
    assert_memory_equal(r.family_id, block.family_id, 16);
    assert_memory_equal(r.image_id, block.image_id, 16);
    SHA384((const uint8_t *)&auth.id_key, 0x404, digest);
    assert_memory_equal(r.id_key_digest, digest, 48);
    assert_memory_equal(r.author_key_digest, zero, 48);
    assert_int_equal(r.key_info & PSP_KEY_INFO_AUTHOR_KEY, 0);

    options.author_key = true;
    get_report(&r);
    SHA384((const uint8_t *)&auth.author_key, 0x404, digest);
    assert_memory_equal(r.author_key_digest, digest, 48);
    assert_int_equal(r.key_info & PSP_KEY_INFO_AUTHOR_KEY, 1);
}

/* One bit anywhere in block, keys, signatures or algorithm numbers. */
static void test_id_block_bits(void **unused)
{
    static const struct {
        size_t offset, size;
    } covered[] = {
        {0x000, 4},  {0x004, 4},  {0x040, 48}, {0x088, 48}, {0x240, 100},
        {0x28c, 48}, {0x680, 48}, {0x6c8, 48}, {0x880, 52},
    };

    (void)unused;
    make_id();
    options.author_key = true;
    assert_int_equal(launch_status(), 0);
    for (size_t at = 0; at < sizeof(block); at++) {
        ((uint8_t *)&block)[at] ^= 1;
        uint32_t want =
            at >= 0x50 && at < 0x54 ? PSP_STATUS_INVALID_PARAM : PSP_STATUS_BAD_SIGNATURE;
        assert_int_equal(launch_status(), want);
        ((uint8_t *)&block)[at] ^= 1;
    }
    for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
        for (size_t at = covered[i].offset; at < covered[i].offset + covered[i].size; at += 5) {
            ((uint8_t *)&auth)[at] ^= 0x10;
            assert_int_equal(launch_status(), PSP_STATUS_BAD_SIGNATURE);
            ((uint8_t *)&auth)[at] ^= 0x10;
        }
    }
    assert_int_equal(launch_status(), 0);
}

static void test_id_block_of_another(void **unused)
{
    (void)unused;
    make_id();
    options.launch_digest[0] ^= 1;
    assert_int_equal(launch_status(), PSP_STATUS_BAD_MEASUREMENT);
    options.launch_digest[0] ^= 1;
    options.policy |= PSP_POLICY_DEBUG;
    assert_int_equal(launch_status(), PSP_STATUS_POLICY_FAILURE);
    options.policy &= ~PSP_POLICY_DEBUG;
    options.id_auth = NULL;
    assert_int_equal(launch_status(), PSP_STATUS_INVALID_PARAM);
    options.id_auth = &auth;
    auth.author_key_algo = 2;
    assert_int_equal(launch_status(), 0); /* nobody asked for the author */
}

/* A key request's SVN has the ID block's as its limit. */
static void test_id_svn(void **unused)
{
    struct psp_key_req request = {.guest_svn = 7};
    static uint8_t bytes[PSP_PAYLOAD_MAX];

    (void)unused;
    make_id();
    struct guest guest = guest_launch(&options);
    assert_int_equal(guest_exchange(&guest, 0, PSP_MSG_KEY_REQ, &request, 32, bytes), 64);
    assert_int_equal(bytes[0], 0);
    request.guest_svn = 8;
    assert_int_equal(guest_exchange(&guest, 0, PSP_MSG_KEY_REQ, &request, 32, bytes), 64);
    assert_int_equal(bytes[0], PSP_STATUS_INVALID_PARAM);
    guest_end(&guest);
}

static void test_secrets(void **unused)
{
    struct snp_secrets_page pages[2], zero = {0};
    struct psp_result result;

    (void)unused;
    options.tsc = (struct psp_tsc){.enabled = true, .factor = 200};
    memset(options.gosvw, 0x90, sizeof(options.gosvw));
    for (unsigned i = 0; i < 2; i++) {
        struct psp *psp = psp_create(&options, &result);
        assert_non_null(psp);
        psp_secrets_fill(psp, &pages[i]);
        psp_free(psp);
    }
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(&pages[i / 4].vmpck[i % 4], &pages[j / 4].vmpck[j % 4], 32);
        }
    }
    assert_int_not_equal(pages[0].version, 0);
    assert_int_equal(pages[0].fms, 0x00a10f11);
    assert_int_equal(pages[0].tsc_factor, 200);
    assert_memory_equal(pages[0].gosvw, options.gosvw, 16);
    assert_memory_equal((uint8_t *)&pages[0] + 0xa0, (uint8_t *)&zero, 0x160 - 0xa0);
    assert_memory_equal((uint8_t *)&pages[0] + 0x164, (uint8_t *)&zero, 0x1000 - 0x164);
}

/* The certificate of a GUID, by a reader of the table that knows only its format. */
static X509 *from_table(const uint8_t *table, size_t size, const uint8_t guid[4])
{
    for (size_t at = 0; at + 24 <= size; at += 24) {
        uint32_t offset, length;
        memcpy(&offset, table + at + 16, 4);
        memcpy(&length, table + at + 20, 4);
        if (memcmp(table + at, guid, 4) == 0 && offset <= size && length <= size - offset) {
            const uint8_t *der = table + offset;
            return d2i_X509(NULL, &der, (long)length);
        }
    }
    return NULL;
}

static void expect_issued(X509 *cert, X509 *issuer)
{
    int nid = 0;
    char name[256];

    assert_int_equal(X509_verify(cert, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)), 0);
    assert_int_equal(X509_get_signature_info(cert, &nid, NULL, NULL, NULL), 1);
    assert_int_equal(nid, NID_sha384);
    assert_int_equal(X509_get_signature_nid(cert), NID_rsassaPss);
    assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(issuer)), 4096);
    X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof(name));
    assert_non_null(strstr(name, "SVSM EMULATOR TEST"));
    assert_non_null(strstr(name, "NOT AMD"));
}

/* The whole DER of an extension's value. */
static void expect_extension(X509 *cert, const char *oid, const void *der, size_t size)
{
    ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
    int at = X509_get_ext_by_OBJ(cert, object, -1);

    assert_true(at >= 0);
    ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
    assert_int_equal(ASN1_STRING_length(value), size);
    assert_memory_equal(ASN1_STRING_get0_data(value), der, size);
    ASN1_OBJECT_free(object);
}

static void check_table(bool vlek)
{
    static const uint8_t ark_id[] = {0xc0, 0xb4, 0x06, 0xa4}, ask_id[] = {0x4a, 0xb7, 0xb3, 0x79},
                         vcek_id[] = {0x63, 0xda, 0x75, 0x8d}, vlek_id[] = {0xa8, 0x07, 0x4b, 0xc2};
    static uint8_t table[PSP_CERTIFICATES_MAX];
    uint8_t hwid[66] = {4, 64};

    options.vlek = vlek;
    struct guest guest = guest_launch(&options);
    size_t size = psp_certificates(guest.psp, table, sizeof(table));
    assert_true(size > 0 && size % 4096 == 0 && size <= 4 * 4096);
    assert_int_equal(psp_certificates(guest.psp, table, size), size);
    X509 *ark = from_table(table, size, ark_id), *ask = from_table(table, size, ask_id),
         *vek = from_table(table, size, vlek ? vlek_id : vcek_id);
    assert_non_null(ark);
    assert_non_null(ask);
    assert_non_null(vek);
    assert_null(from_table(table, size, vlek ? vcek_id : vlek_id));
    expect_issued(ark, ark);
    expect_issued(ask, ark);
    expect_issued(vek, ask);
    expect_extension(vek, "1.3.6.1.4.1.3704.1.3.1", "\x02\x01\x09", 3);
    expect_extension(vek, "1.3.6.1.4.1.3704.1.3.2", "\x02\x01\x00", 3);
    expect_extension(vek, "1.3.6.1.4.1.3704.1.3.3", "\x02\x01\x15", 3);
    expect_extension(vek, "1.3.6.1.4.1.3704.1.3.8", "\x02\x02\x00\xc8", 4);
    if (!vlek) {
        memcpy(hwid + 2, guest.psp->chip_id, 64);
        expect_extension(vek, "1.3.6.1.4.1.3704.1.4", hwid, sizeof(hwid));
    }
    assert_int_equal(psp_certificates(guest.psp, table, size - 1), 0);
    assert_int_equal(psp_certificates(guest.psp, table, 95), 0);
    X509_free(ark);
    X509_free(ask);
    X509_free(vek);
    guest_end(&guest);
}

static void test_certificates(void **unused)
{
    (void)unused;
    options.reported_tcb.part[PSP_TCB_MILAN_MICROCODE] = 200;
    check_table(false);
    check_table(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_policy, setup),
        cmocka_unit_test_setup(test_machine, setup),
        cmocka_unit_test_setup(test_id_block, setup),
        cmocka_unit_test_setup(test_id_block_bits, setup),
        cmocka_unit_test_setup(test_id_block_of_another, setup),
        cmocka_unit_test_setup(test_id_svn, setup),
        cmocka_unit_test_setup(test_secrets, setup),
        cmocka_unit_test_setup(test_certificates, setup),
    };

    return cmocka_run_group_tests_name("psp-launch", tests, NULL, NULL);
}
