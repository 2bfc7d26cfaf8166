/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define HEX_SHOWN 8u /* first bytes of a field in a message: enough to tell two apart */

static const struct {
    const char *name;
    size_t offset, size;
} fields[EXPECT_FIELDS] = {
    [EXPECT_MEASUREMENT] = {"measurement", offsetof(struct psp_report, measurement), 48},
    [EXPECT_REPORT_DATA] = {"report-data", offsetof(struct psp_report, report_data), 64},
    [EXPECT_HOST_DATA] = {"host-data", offsetof(struct psp_report, host_data), 32},
    [EXPECT_ID_KEY_DIGEST] = {"id-key-digest", offsetof(struct psp_report, id_key_digest), 48},
    [EXPECT_AUTHOR_KEY_DIGEST] = {"author-key-digest",
                                  offsetof(struct psp_report, author_key_digest), 48},
    [EXPECT_FAMILY_ID] = {"family-id", offsetof(struct psp_report, family_id), 16},
    [EXPECT_IMAGE_ID] = {"image-id", offsetof(struct psp_report, image_id), 16},
    [EXPECT_CHIP_ID] = {"chip-id", offsetof(struct psp_report, chip_id), 64},
};

const char *expect_name(enum expect_field field)
{
    return fields[field].name;
}

size_t expect_size(enum expect_field field)
{
    return fields[field].size;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool expect_parse(struct expect *expect, enum expect_field field, const char *hex)
{
    size_t digits = strlen(hex), size = fields[field].size;

    if (digits == 0 || digits % 2 != 0 || digits > 2 * size ||
        (digits != 2 * size && field != EXPECT_REPORT_DATA)) {
        return false;
    }
    memset(expect->bytes[field], 0, EXPECT_BYTES_MAX);
    for (size_t i = 0; i < digits; i++) {
        int value = digit(hex[i]);
        if (value < 0) {
            return false;
        }
        expect->bytes[field][i / 2] |= (uint8_t)(i % 2 == 0 ? value << 4 : value);
    }
    expect->has[field] = true;
    return true;
}

static void show(const uint8_t *bytes, char out[2 * HEX_SHOWN + 1])
{
    for (size_t i = 0; i < HEX_SHOWN; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void check_field(struct checks *checks, const struct psp_report *report,
                        const struct expect *expect, enum expect_field field)
{
    const uint8_t *is = (const uint8_t *)report + fields[field].offset;
    const uint8_t *want = expect->bytes[field];
    char is_hex[2 * HEX_SHOWN + 1], want_hex[2 * HEX_SHOWN + 1];

    if (memcmp(is, want, fields[field].size) == 0) {
        check_add(checks, CHECK_OK, fields[field].name, "as expected");
        return;
    }
    show(is, is_hex);
    show(want, want_hex);
    check_add(checks, CHECK_FAILED, fields[field].name,
              "it begins with %s in the report, with %s where expected", is_hex, want_hex);
}

static void check_policy(struct checks *checks, const struct psp_report *report,
                         const struct expect *expect)
{
    char why[CHECK_WHY_MAX];
    const char *fault = policy_fault(&expect->policy, report->policy, why, sizeof(why));

    if (fault != NULL) {
        check_add(checks, CHECK_FAILED, "policy", "%s", fault);
    } else {
        check_add(checks, CHECK_OK, "policy", "%#llx", (unsigned long long)report->policy);
    }
}

static void check_numbers(struct checks *checks, const struct psp_report *report,
                          const struct expect *expect)
{
    if (expect->has_vmpl) {
        bool good = report->vmpl == expect->vmpl;
        check_add(checks, good ? CHECK_OK : CHECK_FAILED, "vmpl",
                  "the report is for VMPL %u, expected is %u", report->vmpl, expect->vmpl);
    }
    if (expect->has_svn) {
        bool good = report->guest_svn >= expect->svn;
        check_add(checks, good ? CHECK_OK : CHECK_FAILED, "min-svn",
                  "the guest's SVN is %u, the least is %u", report->guest_svn, expect->svn);
    }
}

void expect_check(struct checks *checks, const struct psp_report *report,
                  const struct expect *expect)
{
    check_policy(checks, report, expect);
    check_numbers(checks, report, expect);
    for (unsigned i = 0; i < EXPECT_FIELDS; i++) {
        if (expect->has[i]) {
            check_field(checks, report, expect, i);
        }
    }
    if (!expect->has[EXPECT_MEASUREMENT] && !expect->has[EXPECT_REPORT_DATA]) {
        check_add(
            checks, CHECK_NOTE, "expected",
            "it may be any guest's, at any time: neither measurement nor report data is given");
    }
}
