/* SPDX-License-Identifier: MIT */
/* Guest requests: a page goes to the firmware, a page comes back. */
#include "ghcb_call.h"
#include "../wire/launch.h"
#include <string.h>
#include <svsm/abi/ghcb_host.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>
#include <svsm/abi/snp.h>

#define CERTIFICATE_TABLE_END 24u /* an empty GUID, offset and length */

static void not_shared(struct ghcb_call *call)
{
    if (ghcb_call_is_strict(call)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_SHARED);
    } else {
        ghcb_call_stop(call, RULE_REQUEST_SHARED);
    }
}

/* The request's page, if both are fit and shared now. KVM calls addresses that are not fit missing,
 * and gives up if one is not shared. */
static const void *request_page(struct ghcb_call *call)
{
    uint64_t from = call->in[FIELD_INFO1];
    uint64_t to = call->in[FIELD_INFO2];

    if (from % SNP_SIZE_4K != 0 || to % SNP_SIZE_4K != 0 || from == to) {
        ghcb_call_malformed(call, GHCB_ERROR_MISSING_INPUT, RULE_REQUEST_PAGES);
        return NULL;
    }
    const void *request = call->ops->shared_page(call->machine, from);
    if (!request || !call->ops->shared_page(call->machine, to)) {
        not_shared(call);
        return NULL;
    }
    return request;
}

/*
 * What firmware says about a message is the message's affair: for the GHCB it is a success. Other
 * vCPUs have run meanwhile, and may have made private what was shared.
 */
static void ask(struct ghcb_call *call, const void *request)
{
    uint32_t vmm = GHCB_REQUEST_VMM_OK;
    uint32_t firmware = 0;
    const void *answer = call->ops->guest_request(call->machine, request, &firmware, &vmm);

    if (!ghcb_call_again(call)) {
        return;
    }
    void *response = call->ops->shared_page(call->machine, call->in[FIELD_INFO2]);
    if (!response) {
        not_shared(call);
        return;
    }
    if (answer) {
        memcpy(response, answer, SNP_SIZE_4K);
    }
    call->out[FIELD_INFO2] = ghcb_request_status(vmm, firmware);
}

void ghcb_request(struct ghcb_call *call)
{
    const void *request = request_page(call);

    if (request) {
        ask(call, request);
    }
}

/* KVM 6.12 has no certificates: it ends the table at once. */
static bool table_end(struct ghcb_call *call)
{
    volatile uint8_t *table = call->ops->shared_page(call->machine, call->in[FIELD_RAX]);

    if (!table) {
        ghcb_call_stop(call, RULE_REQUEST_SHARED);
        return false;
    }
    for (unsigned i = 0; i < CERTIFICATE_TABLE_END; i++) {
        table[i] = 0;
    }
    return true;
}

/* All pages of the table must be there before any is written to. */
static bool table_write(struct ghcb_call *call, const uint8_t *table, uint64_t pages)
{
    uint64_t gpa = call->in[FIELD_RAX];

    for (uint64_t i = 0; i < pages; i++) {
        if (!call->ops->shared_page(call->machine, gpa + i * SNP_SIZE_4K)) {
            ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_SHARED);
            return false;
        }
    }
    for (uint64_t i = 0; i < pages; i++) {
        memcpy(call->ops->shared_page(call->machine, gpa + i * SNP_SIZE_4K),
               table + i * SNP_SIZE_4K, SNP_SIZE_4K);
    }
    return true;
}

/* True: the certificates are in place, and the message may go. */
static bool certificates(struct ghcb_call *call)
{
    uint64_t pages = call->in[FIELD_RBX], there = 0, needed = 0;

    if (call->in[FIELD_RAX] % SNP_SIZE_4K != 0) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_TABLE);
        return false;
    }
    if (call->config->profile == LAUNCH_UPSTREAM_6_12) {
        return pages == 0 || table_end(call);
    }
    const void *table = call->ops->certificates(call->machine, &there, &needed);
    if (!ghcb_call_again(call)) {
        return false;
    }
    if (needed > pages) {
        ghcb_call_return(call, FIELD_RBX, needed);
        call->out[FIELD_INFO2] = ghcb_request_status(GHCB_REQUEST_VMM_INVALID_LEN, 0);
        return false;
    }
    return table_write(call, table, needed < there ? needed : there);
}

void ghcb_request_extended(struct ghcb_call *call)
{
    if (ghcb_call_is_strict(call) &&
        !ghcb_call_has(call, UINT32_C(1) << FIELD_RAX | UINT32_C(1) << FIELD_RBX)) {
        return;
    }
    const volatile uint8_t *header = request_page(call);
    if (!header || (header[offsetof(struct psp_msg_header, msg_type)] == PSP_MSG_REPORT_REQ &&
                    !certificates(call))) {
        return;
    }
    ghcb_request(call); /* where the pages are, has to be found again */
}
