/* SPDX-License-Identifier: MIT */
/* SEV_FEATURES by name. See feature.h. */
#include "feature.h"

#include <stdio.h>
#include <string.h>

#define BITS 64u

static const char *const names[] = {
    [0] = "snp",
    [1] = "vtom",
    [2] = "reflect-vc",
    [3] = "restricted-injection",
    [4] = "alternate-injection",
    [5] = "debug-swap",
    [6] = "prevent-host-ibs",
    [7] = "btb-isolation",
    [8] = "vmpl-sss",
    [9] = "secure-tsc",
    [10] = "vmgexit-parameter",
    [11] = "pmc-virtualization",
    [12] = "ibs-virtualization",
    [13] = "guest-intercept",
    [14] = "vmsa-reg-prot",
    [15] = "smt-protection",
    [16] = "secure-avic",
    [21] = "ibpb-on-entry",
};

const char *feature_name(unsigned bit)
{
    return bit < sizeof(names) / sizeof(names[0]) ? names[bit] : NULL;
}

static bool parse_one(const char *word, size_t len, uint64_t *out)
{
    for (unsigned bit = 0; bit < BITS; bit++) {
        const char *name = feature_name(bit);
        if (name != NULL && strlen(name) == len && memcmp(name, word, len) == 0) {
            *out |= UINT64_C(1) << bit;
            return true;
        }
    }
    return false;
}

bool feature_parse(const char *list, uint64_t *out)
{
    uint64_t value = 0;
    const char *at = list;
    for (;;) {
        size_t len = strcspn(at, ",");
        if (!parse_one(at, len, &value)) {
            return false;
        }
        if (at[len] == 0) {
            *out = value;
            return true;
        }
        at += len + 1;
    }
}

void feature_text(uint64_t features, char out[FEATURE_TEXT])
{
    size_t len = 0;
    snprintf(out, FEATURE_TEXT, "none");
    for (unsigned bit = 0; bit < BITS && len < FEATURE_TEXT; bit++) {
        char word[32];
        if ((features >> bit & 1) == 0) {
            continue;
        }
        if (feature_name(bit) != NULL) {
            snprintf(word, sizeof(word), "%s", feature_name(bit));
        } else {
            snprintf(word, sizeof(word), "bit-%u", bit);
        }
        len += (size_t)snprintf(out + len, FEATURE_TEXT - len, "%s%s", len == 0 ? "" : ",", word);
    }
}
