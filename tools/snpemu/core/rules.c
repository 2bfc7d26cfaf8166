/* SPDX-License-Identifier: MIT */
/* The table behind rules.def. */
#include "rules.h"
#include <stddef.h>

static const struct rule_info rules[RULE_COUNT] = {
#define RULE(id, label, sureness, sentence)                                                        \
    [RULE_##id] = {.name = (label), .text = (sentence), .confidence = (sureness)},
#include "rules.def"
#undef RULE
};

const struct rule_info *rule_info(unsigned rule)
{
    return rule == RULE_NONE || rule >= RULE_COUNT ? NULL : &rules[rule];
}
