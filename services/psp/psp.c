/* SPDX-License-Identifier: MIT */
/*
 * The psp service: what other services may ask of the SNP firmware. It alone has VMPCK0, the key
 * with which this VM speaks to the firmware as VMPL0.
 *
 * Operations (arguments: in, in_len, out, out_size; structures of svsm/abi/psp.h):
 *   0 report     in: struct psp_report_req; out: an attestation report
 *   1 key        in: struct psp_key_req; out: a derived key, 32 bytes
 *   2 tsc_info   out: struct psp_tsc_info_rsp, as the firmware gave it at boot
 *
 * Results besides those of channel.h: SVSM_ERR_PROTOCOL_BASE + the status with which the firmware
 * refused. None of them does anything that must not be done twice.
 */
#include "channel.h"

#include <string.h>

#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>
#include <svsm/service.h>

#define VMPL_MAX 3u

static uint8_t answer[PSP_PAYLOAD_MAX];
static struct psp_tsc_info_rsp tsc_info;
static bool has_tsc_info;

/* An exchange whose answer begins with the firmware's status. */
static uint32_t ask(uint8_t type, const void *request, size_t size, size_t *answer_size)
{
    uint32_t status = 0;
    uint32_t result = channel_exchange(type, request, size, answer, sizeof(answer), answer_size);
    if (result != SVSM_SUCCESS) {
        return result;
    }
    if (*answer_size < sizeof(status)) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    memcpy(&status, answer, sizeof(status));
    if (status > 0xff) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    return status == PSP_STATUS_SUCCESS ? SVSM_SUCCESS : SVSM_ERR_PROTOCOL_BASE + status;
}

/* Parameters of the secure clock, for ring 0 and whoever asks. */
static void tsc_fetch(void)
{
    static const struct psp_tsc_info_req request;
    size_t size = 0;
    uint32_t result = ask(PSP_MSG_TSC_INFO_REQ, &request, sizeof(request), &size);
    if (result != SVSM_SUCCESS || size < sizeof(tsc_info)) {
        svsm_log(SVSM_LOG_ERROR, "no TSC_INFO: result %x", result);
        return;
    }
    memcpy(&tsc_info, answer, sizeof(tsc_info));
    has_tsc_info = true;
    svsm_log(SVSM_LOG_INFO, "TSC_INFO: scale %llx, offset %llx, factor %u",
             (unsigned long long)tsc_info.guest_tsc_scale,
             (unsigned long long)tsc_info.guest_tsc_offset, tsc_info.tsc_factor);
    channel_tsc(tsc_info.guest_tsc_scale, tsc_info.guest_tsc_offset, tsc_info.tsc_factor);
}

/* A machine without a PSP, or a key that is lost, is no reason for the others not to start. */
static enum svsm_err psp_init(void)
{
    if (channel_begin() && channel_secure_tsc()) {
        tsc_fetch();
    }
    return SVSM_OK;
}

static uint32_t psp_report(struct svsm_call *call)
{
    struct psp_report_req request;
    struct psp_report_rsp head;
    size_t size = 0;
    if (call->args[1] != sizeof(request)) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    memcpy(&request, svsm_input(call, 0), sizeof(request));
    static const uint8_t zero[sizeof(request.reserved_048)];
    if (request.vmpl > VMPL_MAX || request.key_sel > PSP_KEY_SEL_VLEK ||
        memcmp(request.reserved_048, zero, sizeof(zero)) != 0) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    uint32_t result = ask(PSP_MSG_REPORT_REQ, &request, sizeof(request), &size);
    if (result != SVSM_SUCCESS) {
        return result;
    }
    size_t before = offsetof(struct psp_report_rsp, report);
    if (size < before) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    memcpy(&head, answer, before);
    if (head.report_size > size - before) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    if (head.report_size > call->args[3]) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    memcpy(svsm_output(call, 2), answer + before, head.report_size);
    svsm_reply(call, head.report_size);
    return SVSM_SUCCESS;
}

static uint32_t psp_key(struct svsm_call *call)
{
    struct psp_key_req request;
    struct psp_key_rsp response;
    size_t size = 0;
    if (call->args[1] != sizeof(request)) {
        return SVSM_ERR_INVALID_FORMAT;
    }
    memcpy(&request, svsm_input(call, 0), sizeof(request));
    if (request.vmpl > VMPL_MAX || request.reserved_004 != 0 ||
        call->args[3] < sizeof(response.derived_key)) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    uint32_t result = ask(PSP_MSG_KEY_REQ, &request, sizeof(request), &size);
    if (result == SVSM_SUCCESS && size < sizeof(response)) {
        result = SVSM_ERR_INVALID_FORMAT;
    }
    if (result == SVSM_SUCCESS) {
        memcpy(svsm_output(call, 2), answer + offsetof(struct psp_key_rsp, derived_key),
               sizeof(response.derived_key));
        svsm_reply(call, sizeof(response.derived_key));
    }
    explicit_bzero(answer, sizeof(answer));
    return result;
}

static uint32_t psp_tsc_info(struct svsm_call *call)
{
    if (!has_tsc_info) {
        return SVSM_ERR_UNSUPPORTED_CALL;
    }
    if (call->args[3] < sizeof(tsc_info)) {
        return SVSM_ERR_INVALID_PARAMETER;
    }
    memcpy(svsm_output(call, 2), &tsc_info, sizeof(tsc_info));
    svsm_reply(call, sizeof(tsc_info));
    return SVSM_SUCCESS;
}

static svsm_handler *const psp_operations[] = {psp_report, psp_key, psp_tsc_info};

const struct svsm_service svsm_service = {
    .init = psp_init,
    .endpoints = {{psp_operations, 3}},
    .endpoint_count = 1,
};
