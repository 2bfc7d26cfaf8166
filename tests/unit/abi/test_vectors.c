/* SPDX-License-Identifier: MIT */
/*
 * Whole records made with the ABI's structures, against bytes that an independent program made: an
 * IGVM file's headers with their checksum, and the header of an encrypted guest message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/abi/attest.h>
#include <svsm/abi/igvm.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>

#define FILE_HEADERS 0xc8u
#define FILE_SIZE 0x10c8u

/* Version 1, platform SNP, policy 30000h, pages at 1000h (with data) to 4000h. */
static const char igvm_want[] = "4947564d01000000"
                                "18000000b0000000"
                                "c8100000e2d62c87"
                                "0100000010000000"
                                "0100000002020100"
                                "0000000000000000"
                                "0101000010000000"
                                "0000030000000000"
                                "0100000000000000"
                                "0203000018000000"
                                "0010000000000000"
                                "01000000c8000000"
                                "0000000000000000"
                                "0203000018000000"
                                "0020000000000000"
                                "0100000000000000"
                                "0000000000000000"
                                "0203000018000000"
                                "0030000000000000"
                                "0100000000000000"
                                "0000000001000000"
                                "0203000018000000"
                                "0040000000000000"
                                "0100000000000000"
                                "0000000002000000";

/* MSG_REPORT_REQ, number 1, under VMPCK0. */
static const char message_want[] = "0f354f26b13f7433d3674d8eebcaf847"
                                   "00000000000000000000000000000000"
                                   "01000000000000000000000000000000"
                                   "01016000050160000000000000000000"
                                   "00000000000000000000000000000000"
                                   "00000000000000000000000000000000";
static const uint8_t message_tag[PSP_TAG_SIZE] = {
    0x0f, 0x35, 0x4f, 0x26, 0xb1, 0x3f, 0x74, 0x33, 0xd3, 0x67, 0x4d, 0x8e, 0xeb, 0xca, 0xf8, 0x47,
};

static uint8_t file[FILE_HEADERS];
static size_t file_len;

static void put(const void *bytes, size_t size)
{
    assert_true(size <= sizeof(file) - file_len);
    memcpy(file + file_len, bytes, size);
    file_len += size;
}

static void put_variable(uint32_t type, const void *content, uint32_t size)
{
    const struct igvm_variable head = {.type = type, .length = size};

    put(&head, sizeof(head));
    put(content, size);
}

static void put_page(uint64_t gpa, uint32_t file_offset, uint16_t data_type)
{
    const struct igvm_page_data page = {
        .gpa = gpa, .mask = 1, .file_offset = file_offset, .data_type = data_type};

    put_variable(IGVM_VHT_PAGE_DATA, &page, sizeof(page));
}

/* The checksum as igvm.h words it. */
static uint32_t crc32(const uint8_t *bytes, size_t size)
{
    uint32_t crc = ~UINT32_C(0);

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
        }
    }
    return ~crc;
}

static void expect_hex(const char *want, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *got = bytes;

    assert_int_equal(strlen(want), 2 * size);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(want[2 * i], digits[got[i] >> 4]);
        assert_int_equal(want[2 * i + 1], digits[got[i] & 15]);
    }
}

static void test_igvm_file(void **unused)
{
    (void)unused;
    struct igvm_header_v1 head = {
        .magic = IGVM_MAGIC,
        .version = IGVM_VERSION_1,
        .headers_offset = sizeof(head),
        .headers_size = FILE_HEADERS - sizeof(head),
        .file_size = FILE_SIZE,
    };
    const struct igvm_platform platform = {
        .mask = 1, .highest_vtl = 2, .type = IGVM_PLATFORM_SEV_SNP, .version = 1};
    const struct igvm_guest_policy policy = {.policy = PSP_POLICY_SMT | PSP_POLICY_ONE, .mask = 1};

    put(&head, sizeof(head));
    put_variable(IGVM_VHT_SUPPORTED_PLATFORM, &platform, sizeof(platform));
    put_variable(IGVM_VHT_GUEST_POLICY, &policy, sizeof(policy));
    put_page(0x1000, FILE_HEADERS, IGVM_DATA_NORMAL);
    put_page(0x2000, 0, IGVM_DATA_NORMAL);
    put_page(0x3000, 0, IGVM_DATA_SECRETS);
    put_page(0x4000, 0, IGVM_DATA_CPUID);
    assert_int_equal(file_len, sizeof(file));
    head.checksum = crc32(file, file_len);
    assert_int_equal(head.checksum, 0x872cd6e2);
    memcpy(file, &head, sizeof(head));
    expect_hex(igvm_want, file, file_len);
}

static void test_message_header(void **unused)
{
    (void)unused;
    struct psp_msg_header head = {
        .msg_seqno = 1,
        .algo = PSP_ALGO_AES_256_GCM,
        .hdr_version = PSP_HDR_VERSION,
        .hdr_size = PSP_HDR_SIZE,
        .msg_type = PSP_MSG_REPORT_REQ,
        .msg_version = PSP_MSG_VERSION,
        .msg_size = sizeof(struct psp_report_req),
        .msg_vmpck = 0,
    };

    memcpy(head.authtag, message_tag, sizeof(message_tag));
    expect_hex(message_want, &head, sizeof(head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_igvm_file),
        cmocka_unit_test(test_message_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
