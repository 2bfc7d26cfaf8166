/* SPDX-License-Identifier: MIT */
/* The call PVALIDATE: a list of pages of the guest to validate or to rescind. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/svsm_protocol.h>

/* After so many pages of 4 KiB a call is "incomplete": the guest repeats it at once, and VMPL0 gets
 * a moment for itself. A list of small pages is never cut. */
#define PVALIDATE_PAGES_MAX 1024u

struct pvalidate_entry {
    uint64_t gpa;   /* aligned to the size */
    uint64_t pages; /* of 4 KiB */
    unsigned size;  /* SNP_PAGE_* */
    bool validate;
    bool ignore; /* that it is in that state already */
};

/* Pure. May `head` stand at the GPA `list`: it is aligned, and there is something to do that lies
 * in its page. */
[[nodiscard]] bool pvalidate_head_ok(uint64_t list, const struct svsm_page_list *head);
/* Pure. false: reserved bits, no such size, not aligned. */
[[nodiscard]] bool pvalidate_decode(uint64_t raw, struct pvalidate_entry *entry);

/* The call, with RCX. */
[[nodiscard]] uint32_t pvalidate_call(uint64_t list);
