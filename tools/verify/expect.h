/* SPDX-License-Identifier: MIT */
/* What the user says that a report has to hold. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/attest.h>
#include "check.h"
#include "policy.h"
#include "tcb.h"

enum expect_field {
    EXPECT_MEASUREMENT,
    EXPECT_REPORT_DATA,
    EXPECT_HOST_DATA,
    EXPECT_ID_KEY_DIGEST,
    EXPECT_AUTHOR_KEY_DIGEST,
    EXPECT_FAMILY_ID,
    EXPECT_IMAGE_ID,
    EXPECT_CHIP_ID,
    EXPECT_FIELDS,
};

#define EXPECT_BYTES_MAX 64u

struct expect {
    struct policy policy;
    struct tcb_least least;
    bool has_vmpl, has_svn;
    uint32_t vmpl, svn;
    bool has[EXPECT_FIELDS];
    uint8_t bytes[EXPECT_FIELDS][EXPECT_BYTES_MAX];
};

/* Name as in a check; --NAME is the option. */
const char *expect_name(enum expect_field field);
/* In bytes. */
size_t expect_size(enum expect_field field);

/* Hex digits of the field's size; report data may be shorter and are then filled with zeros. */
[[nodiscard]] bool expect_parse(struct expect *expect, enum expect_field field, const char *hex);

/* Policy, and whatever else was named. */
void expect_check(struct checks *checks, const struct psp_report *report,
                  const struct expect *expect);
