/* SPDX-License-Identifier: MIT */
/* See rights.h. */
#include <guest/rights.h>
#include <svsm/abi/svsm_protocol.h>

#define EAX_MAX 0xfu /* what the protocol can pass on */

uint32_t rights_result(uint32_t eax)
{
    if (eax == SNP_SUCCESS) {
        return SVSM_SUCCESS;
    }
    if (eax == SNP_GONE) {
        return SVSM_ERR_INVALID_ADDRESS;
    }
    return eax <= EAX_MAX ? SVSM_ERR_PROTOCOL_BASE + eax : SVSM_ERR_CORE_UNEXPECTED;
}

uint32_t rights_revoke(gpa_t page, unsigned size)
{
    uint32_t eax = SNP_SUCCESS;

    /* A level may have passed its rights on to the ones below it. */
    for (unsigned vmpl = SNP_IMAGE_GUEST_VMPL; vmpl < SNP_VMPLS && eax == SNP_SUCCESS; vmpl++) {
        eax = snp_adjust(page, size, snp_rmpadjust(vmpl, 0, 0));
    }
    return eax;
}

/* Clear and grant. What the host put there must not be read: it may be a page that was ours. */
static uint32_t hand_over(gpa_t page, unsigned size, bool known)
{
    uint32_t eax = known ? rights_revoke(page, size) : SNP_SUCCESS;

    if (eax == SNP_SUCCESS && !snp_clear(page, size)) {
        eax = SNP_GONE;
    }
    if (eax == SNP_SUCCESS) {
        eax = snp_adjust(page, size, RIGHTS_ALL);
    }
    return eax;
}

uint32_t rights_validate(gpa_t page, unsigned size, bool ignore, enum page_state *state)
{
    bool unchanged = false;
    uint32_t result = SVSM_ERR_CORE_UNCHANGED;
    uint32_t eax = snp_pvalidate(page, size, true, &unchanged);

    if (eax != SNP_SUCCESS) {
        return rights_result(eax);
    }
    if (*state == PAGE_VALID && !unchanged) {
        /* The host put another page in the place of one that it was told to keep, and that one may
         * be there still. Nothing tells which of the two a rescinding would meet. */
        *state = PAGE_DEAD;
        return SVSM_ERR_CORE_UNEXPECTED;
    }
    if (!unchanged || ignore) {
        eax = hand_over(page, size, unchanged);
        if (eax == SNP_SUCCESS) {
            *state = PAGE_VALID;
            return SVSM_SUCCESS;
        }
        result = rights_result(eax);
    }
    /* After half of it, or of a page that we know nothing of. The host can make this fail, too. */
    *state = rights_rescind(page, size) == SVSM_SUCCESS ? PAGE_INVALID : PAGE_DEAD;
    return result;
}

uint32_t rights_rescind(gpa_t page, unsigned size)
{
    bool unchanged = false;
    uint32_t eax = rights_revoke(page, size);

    if (eax == SNP_SUCCESS) {
        eax = snp_pvalidate(page, size, false, &unchanged);
    }
    if (eax != SNP_SUCCESS) {
        return rights_result(eax);
    }
    /* It was validated: if the CPU knows nothing of that, it is another page. */
    return unchanged ? SVSM_ERR_CORE_UNCHANGED : SVSM_SUCCESS;
}
