/* SPDX-License-Identifier: MIT */
/* MSG_CPUID_REQ: the check of a CPUID table at run time, and MSG_TSC_INFO_REQ. */
#include <string.h>
#include "../core/cpuid_check.h"
#include "psp_internal.h"

size_t psp_cpuid_answer(const struct psp *psp, const struct psp_cpuid_req *request,
                        struct psp_cpuid_rsp *response)
{
    if (request->count == 0 || request->count > SNP_CPUID_ENTRIES || request->reserved_004 != 0 ||
        request->reserved_008 != 0) {
        response->status = PSP_STATUS_INVALID_PARAM;
        return sizeof(*response);
    }
    response->count = request->count;
    for (uint32_t i = 0; i < request->count; i++) {
        response->entries[i] = cpuid_check_entry(psp->options.cpuid, &request->entries[i]);
        if (memcmp(&response->entries[i], &request->entries[i], sizeof(request->entries[i])) != 0) {
            response->status = PSP_STATUS_INVALID_PARAM;
        }
    }
    return sizeof(*response);
}

size_t psp_tsc_answer(const struct psp *psp, const struct psp_tsc_info_req *request,
                      struct psp_tsc_info_rsp *response)
{
    static const struct psp_tsc_info_req zero;
    const struct psp_tsc *tsc = &psp->options.tsc;

    if (!tsc->enabled || memcmp(request, &zero, sizeof(zero)) != 0) {
        response->status = PSP_STATUS_INVALID_PARAM;
        return sizeof(*response);
    }
    response->guest_tsc_scale = tsc->scale;
    response->guest_tsc_offset = tsc->offset;
    response->tsc_factor = tsc->factor;
    return sizeof(*response);
}
