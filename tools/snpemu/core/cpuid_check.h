/* SPDX-License-Identifier: MIT */
/* What firmware makes of a table of CPUID: at launch of the page, at run time of a message. */
#pragma once
#include <svsm/abi/snp_pages.h>

/* The entry as firmware accepts it. most: what the machine permits; NULL: whatever is asked. */
struct snp_cpuid_entry cpuid_check_entry(const struct snp_cpuid_page *most,
                                         const struct snp_cpuid_entry *asked);

/* The page at launch: RULE_NONE where each entry is accepted as it is, else the rule against it. */
unsigned cpuid_check_page(const struct snp_cpuid_page *most, const struct snp_cpuid_page *asked);
