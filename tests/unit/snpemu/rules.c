/* SPDX-License-Identifier: MIT */
/*
 * Counts the emulator's rules by what they rest on, and checks the table: names that filters can
 * use and that are there once, a sentence each. Prints lines as of tests/README.md.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rules.h>

static bool name_is_fit(const char *name)
{
    if (!islower((unsigned char)name[0])) {
        return false;
    }
    for (const char *c = name; *c; c++) {
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-') {
            return false;
        }
    }
    return true;
}

static bool name_is_alone(unsigned rule)
{
    for (unsigned other = 1; other < rule; other++) {
        if (strcmp(rule_info(other)->name, rule_info(rule)->name) == 0) {
            return false;
        }
    }
    return true;
}

int main(void)
{
    unsigned counts[RULE_MEMORY + 1] = {0};
    bool sound = !rule_info(RULE_NONE) && !rule_info(RULE_COUNT);

    for (unsigned rule = 1; rule < RULE_COUNT; rule++) {
        const struct rule_info *info = rule_info(rule);
        counts[info->confidence]++;
        if (!name_is_fit(info->name) || !name_is_alone(rule) || strlen(info->text) < 20) {
            printf("not ok rule-%u - its name or its text is unfit\n", rule);
            sound = false;
        }
    }
    printf("# rules resting on memory alone: %u\n", counts[RULE_MEMORY]);
    printf("%s rules guest-source=%u host-source=%u peer=%u memory=%u%s\n", sound ? "ok" : "not ok",
           counts[RULE_GUEST_SOURCE], counts[RULE_HOST_SOURCE], counts[RULE_PEER],
           counts[RULE_MEMORY], sound ? "" : " - the table is not sound");
    return sound ? 0 : 1;
}
