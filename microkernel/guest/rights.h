/* SPDX-License-Identifier: MIT */
/*
 * What is done to a page with the instructions: validate, clear and grant as one; revoke and
 * rescind as one. Whoever calls has claimed the page, or is alone (boot), and writes down in the
 * owner table what state it is in then (page.h has the invariant). Sizes: SNP_PAGE_*. Results:
 * those of 58019 (SVSM_*), of which this is the one place that makes them of an instruction's.
 */
#pragma once
#include <cdefs.h>
#include <guest/page.h>
#include <snp/snp.h>
#include <svsm/abi/snp_image.h>

/* The RDX of RMPADJUST that the guest's level gets: all of a page, or the page as a save area. It
 * may read that: stock guests take SEV_FEATURES from it once more, after they handed it over. */
#define RIGHTS_ALL snp_rmpadjust(SNP_IMAGE_GUEST_VMPL, SNP_PERM_ALL, 0)
#define RIGHTS_VMSA snp_rmpadjust(SNP_IMAGE_GUEST_VMPL, SNP_PERM_READ, SNP_RMPADJUST_VMSA)

/* The result for what PVALIDATE or RMPADJUST left in EAX. */
[[nodiscard]] uint32_t rights_result(uint32_t eax);

/*
 * Validate, clear, grant. *state: PAGE_INVALID, or PAGE_VALID where the guest has said that it does
 * not mind (`ignore`); then what it has become. With an error that is PAGE_INVALID where the page
 * could be taken back (or is as it was), PAGE_VALID where it is as it was, and PAGE_DEAD otherwise.
 */
[[nodiscard]] uint32_t rights_validate(gpa_t page, unsigned size, bool ignore,
                                       enum page_state *state);
/* Revoke, rescind. Who calls has every vCPU flush before the guest hears of it. With an error the
 * page that was validated still is, unless the host took it; perhaps with no rights. */
[[nodiscard]] uint32_t rights_rescind(gpa_t page, unsigned size);

/* No right to the page for any level below ours; EAX. */
[[nodiscard]] uint32_t rights_revoke(gpa_t page, unsigned size);
