/* SPDX-License-Identifier: MIT */
/* The vTPM protocol: its errors, and some words with the TPM. */
#include "protocol.h"
#include <svsm/abi/svsm_services.h>

#define CMD svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_CMD)
#define HEADER sizeof(struct svsm_vtpm_request)
#define PCR 16u /* of debugging: it can be reset */

static const uint8_t startup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 32};
static const uint8_t pcr_read[] = {0x80, 0x01, 0, 0, 0, 20, 0, 0, 0x01, 0x7e,
                                   0,    0,    0, 1, 0, 11, 3, 0, 0,    1};
static const uint8_t pcr_extend[] = {0x80, 0x02, 0, 0, 0, 65, 0, 0, 1, 0x82, 0, 0, 0, PCR, 0, 0, 0,
                                     9,    0x40, 0, 0, 9, 0,  0, 0, 0, 0,    0, 0, 0, 1,   0, 11};
static const uint8_t pcr_reset[] = {0x80, 0x02, 0, 0, 0,    27, 0, 0, 1, 0x3d, 0, 0, 0, PCR,
                                    0,    0,    0, 9, 0x40, 0,  0, 9, 0, 0,    0, 0, 0};

/* SAFETY: buffers are memory of this test. */
static uint8_t byte_at(uint64_t gpa)
{
    return *(volatile uint8_t *)gpa;
}

static void put32(uint64_t gpa, uint32_t value)
{
    memory_copy(gpa, &value, sizeof(value));
}

static uint32_t get32(uint64_t gpa)
{
    return (uint32_t)byte_at(gpa) | (uint32_t)byte_at(gpa + 1) << 8 |
           (uint32_t)byte_at(gpa + 2) << 16 | (uint32_t)byte_at(gpa + 3) << 24;
}

static uint32_t big32(uint64_t gpa)
{
    return __builtin_bswap32(get32(gpa));
}

static void request(uint64_t gpa, uint32_t platform, uint8_t locality, uint32_t size)
{
    put32(gpa, platform);
    memory_copy(gpa + 4, &locality, 1);
    put32(gpa + 5, size);
}

/* One command; the TPM's response code, or the SVSM's result with bit 63 set. */
static uint64_t command(uint64_t gpa, const uint8_t *bytes, uint32_t size)
{
    struct call c = {.rax = CMD, .rcx = gpa};

    request(gpa, SVSM_VTPM_SEND_COMMAND, 0, size);
    memory_copy(gpa + HEADER, bytes, size);
    uint64_t answer = call_make(&c);
    return answer == SVSM_SUCCESS ? big32(gpa + 10) : answer | UINT64_C(1) << 63;
}

static void test_query_call(void)
{
    struct call c = {.rax = svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY), .r8 = 8, .r9 = 9};
    static const uint32_t none[] = {2, 3, 8, 255, 0x7fffffff, 0xffffffff};

    check(call_make(&c), SVSM_SUCCESS, "vtpm/query");
    check(c.rcx, UINT64_C(1) << SVSM_VTPM_SEND_COMMAND, "vtpm/query-commands");
    check(c.rdx, 0, "vtpm/query-features");
    check(c.r9, 9, "vtpm/query-register");
    for (unsigned i = 0; i < ARRAY_COUNT(none); i++) {
        call_refused(SVSM_ERR_UNSUPPORTED_CALL, svsm_call_rax(SVSM_PROTOCOL_VTPM, none[i]),
                     PAGE_TPM, 2, 3, "vtpm/call-%x", (uint64_t)none[i]);
    }
}

static void refused(uint64_t want, const char *name, uint32_t number)
{
    memory_copy(PAGE_TPM + HEADER, get_random, sizeof(get_random));
    call_refused(want, CMD, PAGE_TPM, 2, 3, "vtpm/%s-%x", name, (uint64_t)number);
    check(big32(PAGE_TPM + HEADER + 6), 0x17b, "vtpm/%s-%x-buffer", name, (uint64_t)number);
}

static void test_requests(void)
{
    static const uint32_t platforms[] = {0, 100, 0x7fffffff, 0xffffffff};
    static const uint32_t known[] = {1, 2};
    static const uint8_t localities[] = {1, 2, 4, 32, 255};
    static const uint32_t sizes[] = {4088, 4096, 0x10000, 0x7fffffff, 0xffffffff};

    for (unsigned i = 0; i < ARRAY_COUNT(platforms); i++) {
        request(PAGE_TPM, platforms[i], 0, sizeof(get_random));
        refused(SVSM_ERR_INVALID_PARAMETER, "platform-command", platforms[i]);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(known); i++) {
        request(PAGE_TPM, known[i], 0, sizeof(get_random));
        refused(SVSM_ERR_UNSUPPORTED_CALL, "platform-command", known[i]);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(localities); i++) {
        request(PAGE_TPM, SVSM_VTPM_SEND_COMMAND, localities[i], sizeof(get_random));
        refused(SVSM_ERR_INVALID_PARAMETER, "locality", localities[i]);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(sizes); i++) {
        request(PAGE_TPM, SVSM_VTPM_SEND_COMMAND, 0, sizes[i]);
        refused(SVSM_ERR_INVALID_PARAMETER, "size", sizes[i]);
    }
}

static void test_places(void)
{
    call_refused(SVSM_ERR_INVALID_PARAMETER, CMD, 0, 2, 3, "vtpm/buffer-0");
    check(list_one(ENTRY_RESCIND(PAGE_TEST(0))), SVSM_SUCCESS, "vtpm/rescind");
    for (unsigned i = 0; i < PLACES; i++) {
        call_refused(SVSM_ERR_INVALID_ADDRESS, CMD, place(i).gpa, 2, 3, "vtpm/buffer-%s",
                     place(i).name);
    }
    call_refused(SVSM_ERR_INVALID_ADDRESS, CMD, ~UINT64_C(3), 2, 3, "vtpm/buffer-wraps");
    call_refused(SVSM_ERR_INVALID_ADDRESS, CMD, svsm_start() + 0x123, 2, 3, "vtpm/buffer-in-svsm");
    /* The head begins in a page that is there and ends in one that is not. */
    put32(PAGE_TEST(0) - 4, SVSM_VTPM_SEND_COMMAND);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CMD, PAGE_TEST(0) - 4, 2, 3, "vtpm/head-runs-out");
    request(PAGE_TEST(0) - HEADER, SVSM_VTPM_SEND_COMMAND, 0, 12);
    call_refused(SVSM_ERR_INVALID_ADDRESS, CMD, PAGE_TEST(0) - HEADER, 2, 3,
                 "vtpm/command-runs-out");
    check(list_one(ENTRY_VALIDATE(PAGE_TEST(0))), SVSM_SUCCESS, "vtpm/validate");
}

static uint64_t random_sum(uint64_t gpa)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 32; i += 8) {
        sum ^= (uint64_t)big32(gpa + 16 + i) << 32 | big32(gpa + 20 + i);
    }
    return sum;
}

static void test_random(void)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < 4; i++) {
        uint64_t gpa = PAGE_TPM + (i == 0 ? 0 : i == 1 ? 0x7ff : 0xff0 + i);
        check(command(gpa, get_random, sizeof(get_random)), 0, "vtpm/random-%u", i);
        check(get32(gpa), 44, "vtpm/random-%u-size", i);
        check(big32(gpa + 6), 44, "vtpm/random-%u-tpm-size", i);
        uint64_t now = random_sum(gpa);
        check(now != 0 && now != last, true, "vtpm/random-%u-is-new", i);
        last = now;
    }
    uint8_t wrong[sizeof(get_random)];
    for (unsigned i = 0; i < sizeof(wrong); i++) {
        wrong[i] = get_random[i];
    }
    wrong[5] = 13;
    check(command(PAGE_TPM, wrong, sizeof(wrong)), 0x142, "vtpm/command-size");
    wrong[5] = 12;
    wrong[8] = 0x7f;
    check(command(PAGE_TPM, wrong, sizeof(wrong)), 0x143, "vtpm/command-code");
}

/* Digest of the response to pcr_read: count, digest list of one. */
static uint64_t pcr_word(uint64_t gpa)
{
    return (uint64_t)big32(gpa + 34) << 32 | big32(gpa + 38);
}

static void test_pcr(void)
{
    uint8_t extend[65] = {0};

    check(command(PAGE_TPM, pcr_reset, sizeof(pcr_reset)), 0, "vtpm/pcr-reset");
    check(command(PAGE_TPM, pcr_read, sizeof(pcr_read)), 0, "vtpm/pcr-read");
    check(pcr_word(PAGE_TPM), 0, "vtpm/pcr-read-zero");
    for (unsigned i = 0; i < sizeof(pcr_extend); i++) {
        extend[i] = pcr_extend[i];
    }
    check(command(PAGE_TPM, extend, sizeof(extend)), 0, "vtpm/pcr-extend");
    check(command(PAGE_TPM, pcr_read, sizeof(pcr_read)), 0, "vtpm/pcr-read-again");
    /* SHA-256 of 64 zero bytes begins so. */
    check(pcr_word(PAGE_TPM), UINT64_C(0xf5a5fd42d16a2030), "vtpm/pcr-read-extended");
}

void test_vtpm(void)
{
    test_query_call();
    uint64_t rc = command(PAGE_TPM, startup, sizeof(startup));
    check(rc == 0 || rc == 0x100, true, "vtpm/startup");
    test_requests();
    test_places();
    test_random();
    test_pcr();
}
