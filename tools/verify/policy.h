/* SPDX-License-Identifier: MIT */
/* What a guest policy has to be: --policy's words, and what is wrong with a policy. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy {
    bool exact;
    uint64_t value;      /* of exact */
    uint64_t set, clear; /* bits that have to be so */
    uint64_t named;      /* bits of which something was said */
    unsigned abi;        /* least version, major << 8 | minor */
};

/*
 * Adds words with commas between them: a number (exactly this policy), NAME (bit set), no-NAME (bit
 * clear), abi=MAJOR.MINOR. False: `text` has another one.
 */
[[nodiscard]] bool policy_parse(struct policy *policy, const char *text);

/* Words of policy_parse(), for messages. */
void policy_words(char *out, size_t size);

/*
 * NULL when `value` is as demanded; else the reason, in `why`. What was not said: debugging, a
 * migration agent and bits of unknown meaning are refused.
 */
[[nodiscard]] const char *policy_fault(const struct policy *policy, uint64_t value, char *why,
                                       size_t size);
