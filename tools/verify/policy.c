/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/attest.h>

#define WORD_MAX 40u

static const struct {
    const char *name;
    uint64_t bit;
} bits[] = {
    {"smt", PSP_POLICY_SMT},
    {"migration", PSP_POLICY_MIGRATE_MA},
    {"debug", PSP_POLICY_DEBUG},
    {"single-socket", PSP_POLICY_SINGLE_SOCKET},
    {"cxl", PSP_POLICY_CXL},
    {"aes-256-xts", PSP_POLICY_AES_256_XTS},
    {"rapl-disabled", PSP_POLICY_RAPL_DISABLED},
    {"ciphertext-hiding", PSP_POLICY_CIPHERTEXT_HIDING},
    {"page-swap-disabled", PSP_POLICY_PAGE_SWAP_DISABLED},
};
#define BITS (sizeof(bits) / sizeof(bits[0]))

/* Never wanted unless somebody says so. */
#define DANGEROUS (PSP_POLICY_DEBUG | PSP_POLICY_MIGRATE_MA)

static uint64_t bit_of(const char *name)
{
    for (size_t i = 0; i < BITS; i++) {
        if (strcmp(bits[i].name, name) == 0) {
            return bits[i].bit;
        }
    }
    return 0;
}

static bool parse_abi(struct policy *policy, const char *text)
{
    char *end;
    unsigned long major = strtoul(text, &end, 10);

    if (end == text || *end != '.') {
        return false;
    }
    const char *rest = end + 1;
    unsigned long minor = strtoul(rest, &end, 10);
    if (end == rest || *end != 0 || major > UINT8_MAX || minor > UINT8_MAX) {
        return false;
    }
    policy->abi = (unsigned)(major << 8 | minor);
    return true;
}

static bool parse_number(struct policy *policy, const char *word)
{
    char *end;
    unsigned long long value = strtoull(word, &end, 0);

    if (*end != 0) {
        return false;
    }
    policy->exact = true;
    policy->value = value;
    return true;
}

static bool parse_word(struct policy *policy, const char *word)
{
    if (word[0] >= '0' && word[0] <= '9') {
        return parse_number(policy, word);
    }
    if (strncmp(word, "abi=", 4) == 0) {
        return parse_abi(policy, word + 4);
    }
    bool clear = strncmp(word, "no-", 3) == 0;
    uint64_t bit = bit_of(clear ? word + 3 : word);
    policy->set |= clear ? 0 : bit;
    policy->clear |= clear ? bit : 0;
    policy->named |= bit;
    return bit != 0;
}

bool policy_parse(struct policy *policy, const char *text)
{
    char word[WORD_MAX];

    do {
        size_t len = strcspn(text, ",");
        if (len == 0 || len >= sizeof(word)) {
            return false;
        }
        memcpy(word, text, len);
        word[len] = 0;
        if (!parse_word(policy, word)) {
            return false;
        }
        text += len;
    } while (*text++ == ',');
    return true;
}

void policy_words(char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < BITS && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", bits[i].name);
    }
}

static const char *name_of(uint64_t bit)
{
    for (size_t i = 0; i < BITS; i++) {
        if ((bits[i].bit & bit) != 0) {
            return bits[i].name;
        }
    }
    return "?";
}

static uint64_t lowest(uint64_t value)
{
    return value & (~value + 1);
}

const char *policy_fault(const struct policy *policy, uint64_t value, char *why, size_t size)
{
    uint64_t missing = policy->set & ~value;
    uint64_t extra = value & (policy->clear | (DANGEROUS & ~policy->named));
    unsigned abi = value & 0xffff;

    if (policy->exact && value != policy->value) {
        (void)snprintf(why, size, "the policy is %#llx, not %#llx", (unsigned long long)value,
                       (unsigned long long)policy->value);
    } else if (policy->exact) {
        return NULL; /* this policy and no other: whatever it allows is wanted */
    } else if ((value & PSP_POLICY_RESERVED) != 0 || (value & PSP_POLICY_ONE) == 0) {
        (void)snprintf(why, size, "the policy %#llx has bits of unknown meaning",
                       (unsigned long long)value);
    } else if (missing != 0) {
        (void)snprintf(why, size, "the policy lacks %s", name_of(lowest(missing)));
    } else if (extra != 0) {
        (void)snprintf(why, size, "the policy allows %s", name_of(lowest(extra)));
    } else if (abi < policy->abi) {
        (void)snprintf(why, size, "the policy asks for ABI %u.%u only", abi >> 8, abi & 0xff);
    } else {
        return NULL;
    }
    return why;
}
