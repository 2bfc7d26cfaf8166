/* SPDX-License-Identifier: MIT */
/* Guest requests: a page goes to the firmware, a page comes back. */
#include "ghcb_call.h"
#include "../wire/launch.h"
#include <svsm/abi/psp.h>
#include <svsm/abi/snp.h>

#define CERTIFICATE_TABLE_END 24u /* an empty GUID, offset and length */

struct request {
    const void *request;
    void *response;
};

/* The two pages. KVM calls addresses that are not fit missing, and gives up if one is not shared.
 */
static bool pages_find(struct ghcb_call *call, struct request *request)
{
    uint64_t from = call->in[FIELD_INFO1];
    uint64_t to = call->in[FIELD_INFO2];

    if (from % SNP_SIZE_4K != 0 || to % SNP_SIZE_4K != 0 || from == to) {
        ghcb_call_malformed(call, GHCB_ERROR_MISSING_INPUT, RULE_REQUEST_PAGES);
        return false;
    }
    request->request = call->ops->shared_page(call->machine, from);
    request->response = call->ops->shared_page(call->machine, to);
    if (request->request && request->response) {
        return true;
    }
    if (ghcb_call_is_strict(call)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_SHARED);
    } else {
        ghcb_call_stop(call, RULE_REQUEST_SHARED);
    }
    return false;
}

/* What firmware says about a message is the message's affair: for the GHCB it is a success. */
static void ask(struct ghcb_call *call, const struct request *request)
{
    uint32_t vmm = GHCB_REQUEST_VMM_OK;
    uint32_t firmware =
        call->ops->guest_request(call->machine, request->request, request->response, &vmm);

    call->out[FIELD_INFO2] = ghcb_request_status(vmm, firmware);
}

void ghcb_request(struct ghcb_call *call)
{
    struct request request;

    if (pages_find(call, &request)) {
        ask(call, &request);
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
static bool table_is_shared(const struct ghcb_call *call, uint64_t pages)
{
    for (uint64_t i = 0; i < pages; i++) {
        if (!call->ops->shared_page(call->machine, call->in[FIELD_RAX] + i * SNP_SIZE_4K)) {
            return false;
        }
    }
    return true;
}

/* True: the certificates are in place, and the message may go. */
static bool certificates(struct ghcb_call *call)
{
    uint64_t pages = call->in[FIELD_RBX];

    if (call->in[FIELD_RAX] % SNP_SIZE_4K != 0) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_TABLE);
        return false;
    }
    if (call->config->profile == LAUNCH_UPSTREAM_6_12) {
        return pages == 0 || table_end(call);
    }
    uint64_t needed = call->ops->certificates(call->machine, call->in[FIELD_RAX], 0);
    if (needed > pages) {
        ghcb_call_return(call, FIELD_RBX, needed);
        call->out[FIELD_INFO2] = ghcb_request_status(GHCB_REQUEST_VMM_INVALID_LEN, 0);
        return false;
    }
    if (!table_is_shared(call, needed)) {
        ghcb_call_malformed(call, GHCB_ERROR_INVALID_INPUT, RULE_REQUEST_SHARED);
        return false;
    }
    (void)call->ops->certificates(call->machine, call->in[FIELD_RAX], pages);
    return true;
}

void ghcb_request_extended(struct ghcb_call *call)
{
    struct request request;

    if (ghcb_call_is_strict(call) &&
        !ghcb_call_has(call, UINT32_C(1) << FIELD_RAX | UINT32_C(1) << FIELD_RBX)) {
        return;
    }
    if (!pages_find(call, &request)) {
        return;
    }
    const volatile uint8_t *header = request.request;
    if (header[offsetof(struct psp_msg_header, msg_type)] == PSP_MSG_REPORT_REQ &&
        !certificates(call)) {
        return;
    }
    ask(call, &request);
}
