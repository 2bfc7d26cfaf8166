/* SPDX-License-Identifier: MIT */
/*
 * SNP_GUEST_REQUEST: one page in, one page out. Decode: the header's fields in their order, then
 * number, then tag, each with the status that firmware gives. Commit: the message is answered and
 * the counter goes on by two; only then. What no public source says, and is decided here:
 *   - a wrong number is INVALID_PARAM; AEAD_OFLOW only says that the counter is at its end [unsure]
 *   - types 7 to 10h are UNSUPPORTED, all others that are no requests INVALID_PARAM [unsure]
 *   - a size that is not the type's is INVALID_PARAM of the command, not of the message [unsure]
 *
 * Two authentic messages of a guest under one number, or one under a number of ours, mean that the
 * guest used an IV twice: whoever listens can then forge messages. Silicon does not notice. Here it
 * stops a strict run, since it is the worst fault that a guest's driver can have.
 */
#include <string.h>
#include <openssl/crypto.h>
#include "psp_internal.h"

union payload {
    uint8_t bytes[PSP_PAYLOAD_MAX];
    struct psp_report_req report;
    struct psp_key_req_v2 key;
    struct psp_tsc_info_req tsc;
    struct psp_cpuid_req cpuid;
};

union answer {
    struct psp_report_rsp report;
    struct psp_key_rsp key;
    struct psp_tsc_info_rsp tsc;
    struct psp_cpuid_rsp cpuid;
};

static struct psp_result refuse(uint32_t status, const char *why)
{
    return (struct psp_result){.status = status, .why = why};
}

static struct psp_result invalid(const char *why)
{
    return refuse(PSP_STATUS_INVALID_PARAM, why);
}

static bool is_zero(const void *bytes, size_t size)
{
    const uint8_t *b = bytes;
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++) {
        any |= b[i];
    }
    return any == 0;
}

/* Payload of a request of this type and version; 0: there is no such request. */
static size_t request_size(uint8_t type, uint8_t version)
{
    if (type == PSP_MSG_KEY_REQ && version == PSP_MSG_VERSION_2) {
        return sizeof(struct psp_key_req_v2);
    }
    if (version != PSP_MSG_VERSION) {
        return 0;
    }
    switch (type) {
    case PSP_MSG_CPUID_REQ:
        return sizeof(struct psp_cpuid_req);
    case PSP_MSG_KEY_REQ:
        return sizeof(struct psp_key_req);
    case PSP_MSG_REPORT_REQ:
        return sizeof(struct psp_report_req);
    case PSP_MSG_TSC_INFO_REQ:
        return sizeof(struct psp_tsc_info_req);
    default:
        return 0;
    }
}

static bool is_migration(uint8_t type)
{
    return type >= PSP_MSG_EXPORT_REQ && type <= PSP_MSG_ABSORB_NOMA_RSP;
}

/* Type, version and size, which belong together. */
static struct psp_result check_kind(const struct psp *psp, const struct psp_msg_header *h)
{
    if (is_migration(h->msg_type)) {
        return refuse(PSP_STATUS_UNSUPPORTED, "message: of a migration agent");
    }
    if (request_size(h->msg_type, PSP_MSG_VERSION) == 0) {
        return invalid("message: its type is not a request");
    }
    if (request_size(h->msg_type, h->msg_version) == 0 ||
        (h->msg_version == PSP_MSG_VERSION_2 &&
         psp->options.report_version < PSP_REPORT_VERSION_MITIGATIONS)) {
        return invalid("message: its type has no such version");
    }
    if (h->msg_size != request_size(h->msg_type, h->msg_version)) {
        return invalid("message: its size is not that of its type");
    }
    return refuse(PSP_STATUS_SUCCESS, NULL);
}

static struct psp_result check_header(const struct psp *psp, const struct psp_msg_header *h)
{
    if (!is_zero(h->authtag + PSP_TAG_SIZE, sizeof(h->authtag) - PSP_TAG_SIZE)) {
        return invalid("header: bytes behind the tag are not zero");
    }
    if (h->msg_seqno == 0) {
        return invalid("header: number 0");
    }
    if (h->reserved_028 != 0) {
        return invalid("header: reserved bytes at 28h are not zero");
    }
    if (h->algo != PSP_ALGO_AES_256_GCM) {
        return invalid("header: the algorithm is not AES-256-GCM");
    }
    if (h->hdr_version != PSP_HDR_VERSION) {
        return invalid("header: its version is not 1");
    }
    if (h->hdr_size != PSP_HDR_SIZE) {
        return invalid("header: its size is not 60h");
    }
    struct psp_result kind = check_kind(psp, h);
    if (kind.status != PSP_STATUS_SUCCESS) {
        return kind;
    }
    if (h->reserved_038 != 0) {
        return invalid("header: reserved bytes at 38h are not zero");
    }
    if (h->msg_vmpck >= PSP_KEYS) {
        return invalid("header: there is no such VMPCK");
    }
    if (!is_zero(h->reserved_03d, sizeof(h->reserved_03d))) {
        return invalid("header: reserved bytes at 3Dh are not zero");
    }
    return refuse(PSP_STATUS_SUCCESS, NULL);
}

static struct psp_result check_number(const struct psp_channel *channel, uint64_t seqno)
{
    if (channel->seqno >= UINT64_MAX - 1) {
        return refuse(PSP_STATUS_AEAD_OFLOW, "message: the key's numbers are used up");
    }
    if (seqno != channel->seqno + 1) {
        return invalid("message: not the next number");
    }
    return refuse(PSP_STATUS_SUCCESS, NULL);
}

static const struct psp_iv *find_iv(const struct psp_channel *channel, uint64_t seqno)
{
    for (unsigned i = 0; seqno != 0 && i < PSP_IV_HISTORY; i++) {
        if (channel->history[i].seqno == seqno) {
            return &channel->history[i];
        }
    }
    return NULL;
}

/*
 * Remembers an authentic message. True: its IV was used for something else before, or is used for
 * the answer. Of numbers that have left the history nothing is known, and nothing is said.
 */
static bool reuses_iv(struct psp_channel *channel, const struct psp_msg *msg, uint64_t *pairs)
{
    uint64_t seqno = msg->header.msg_seqno;
    struct psp_iv now = {.seqno = seqno};

    /* Only what is authenticated: the rest the host may change without the guest's doing. */
    psp_crypto_sha384((const uint8_t *)msg + PSP_AAD_OFFSET, PSP_AAD_SIZE + msg->header.msg_size,
                      now.digest);
    bool ours = seqno != 0 && seqno % 2 == 0 && seqno <= channel->seqno;
    if (ours || (seqno == channel->seqno + 1 && find_iv(channel, seqno + 1) != NULL)) {
        return true; /* even numbers are those of answers */
    }
    const struct psp_iv *before = find_iv(channel, seqno);
    if (before != NULL) {
        return memcmp(before->digest, now.digest, sizeof(now.digest)) != 0;
    }
    ++*pairs;
    channel->history[channel->history_next] = now;
    channel->history_next = (channel->history_next + 1) % PSP_IV_HISTORY;
    return false;
}

/* Decrypts whatever can be. True: authentic. */
static bool open_message(const struct psp *psp, const struct psp_msg *msg, union payload *payload)
{
    return msg->header.msg_vmpck < PSP_KEYS && msg->header.msg_size <= PSP_PAYLOAD_MAX &&
           psp_crypto_open(psp->channels[msg->header.msg_vmpck].key, msg, payload->bytes);
}

static size_t answer(const struct psp *psp, const struct psp_msg_header *h,
                     const union payload *payload, union answer *out)
{
    switch (h->msg_type) {
    case PSP_MSG_CPUID_REQ:
        return psp_cpuid_answer(psp, &payload->cpuid, &out->cpuid);
    case PSP_MSG_KEY_REQ:
        return psp_derive_answer(psp, h->msg_vmpck, &payload->key,
                                 h->msg_version == PSP_MSG_VERSION_2, &out->key);
    case PSP_MSG_REPORT_REQ:
        return psp_report_answer(psp, h->msg_vmpck, &payload->report, &out->report);
    default: /* check_kind() lets no other through */
        return psp_tsc_answer(psp, &payload->tsc, &out->tsc);
    }
}

static bool seal(const struct psp_channel *channel, const struct psp_msg_header *request,
                 const union answer *payload, size_t size, struct psp_msg *response)
{
    response->header = (struct psp_msg_header){
        .msg_seqno = request->msg_seqno + 1,
        .algo = PSP_ALGO_AES_256_GCM,
        .hdr_version = PSP_HDR_VERSION,
        .hdr_size = PSP_HDR_SIZE,
        .msg_type = request->msg_type + 1,
        .msg_version = request->msg_version,
        .msg_size = (uint16_t)size,
        .msg_vmpck = request->msg_vmpck,
    };
    return psp_crypto_seal(channel->key, response, payload, size);
}

/* The whole of a request but for the copy: `in` and `response` do not overlap. */
static struct psp_result serve(struct psp *psp, const struct psp_msg *in, union payload *payload,
                               union answer *out, struct psp_msg *response)
{
    bool authentic = open_message(psp, in, payload);

    psp->count.requests++;
    if (authentic && reuses_iv(&psp->channels[in->header.msg_vmpck], in, &psp->count.pairs)) {
        psp->count.reused++;
        return (struct psp_result){.status = PSP_STATUS_INVALID_PARAM,
                                   .stop = true,
                                   .why = "message: the guest used one number for two messages"};
    }
    struct psp_result result = check_header(psp, &in->header);
    if (result.status != PSP_STATUS_SUCCESS) {
        return result;
    }
    struct psp_channel *channel = &psp->channels[in->header.msg_vmpck];
    result = check_number(channel, in->header.msg_seqno);
    if (result.status != PSP_STATUS_SUCCESS) {
        return result;
    }
    if (!authentic) {
        return refuse(PSP_STATUS_BAD_MEASUREMENT, "message: its tag is wrong");
    }
    size_t size = answer(psp, &in->header, payload, out);
    if (size == 0 || !seal(channel, &in->header, out, size, response)) {
        return refuse(PSP_STATUS_RESOURCE_LIMIT, "out of memory");
    }
    channel->seqno += 2; /* commit */
    psp->count.pairs++;  /* the response's */
    return refuse(PSP_STATUS_SUCCESS, NULL);
}

struct psp_count psp_counted(const struct psp *psp)
{
    return psp->count;
}

struct psp_result psp_request(struct psp *psp, const struct psp_msg *request,
                              struct psp_msg *response)
{
    struct psp_msg in = *request, page = {0};
    union payload payload = {0};
    union answer out = {0};
    struct psp_result result = serve(psp, &in, &payload, &out, &page);

    if (result.status != PSP_STATUS_SUCCESS) {
        memset(&page, 0, sizeof(page));
    }
    *response = page;
    OPENSSL_cleanse(&payload, sizeof(payload));
    OPENSSL_cleanse(&out, sizeof(out));
    return result;
}
