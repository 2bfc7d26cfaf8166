/* SPDX-License-Identifier: MIT */
/*
 * Every rule that the emulator holds a guest to, with the confidence of the fact behind it. A
 * refusal names its rule; a test counts the rules by confidence.
 */
#pragma once

enum rule_confidence { RULE_GUEST_SOURCE, RULE_HOST_SOURCE, RULE_PEER, RULE_MEMORY };

enum rule {
    RULE_NONE = 0,
#define RULE(id, name, confidence, text) RULE_##id,
#include "rules.def"
#undef RULE
    RULE_COUNT
};

struct rule_info {
    const char *name; /* lower case with dashes, for messages and filters */
    const char *text; /* one sentence: what hardware or host demands */
    enum rule_confidence confidence;
};

const struct rule_info *rule_info(unsigned rule); /* NULL: no such rule */
