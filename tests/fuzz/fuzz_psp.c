/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the emulated firmware's message handler. An input is a row of messages, most of them
 * nearly right, so that what is behind the tag is reached. After each: a refusal leaves no bytes
 * and no counter changed; an answer can be opened, bears the next number, and is only given to the
 * next authentic message; a guest is stopped only when it did use a number twice.
 */
#include "fuzz.h"
#include <psp_guest.h>
#include <openssl/sha.h>
#include <psp_internal.h>

#define MESSAGES_MAX 48u

/* What the guest sealed, as the model of numbers used twice. */
struct sealed {
    unsigned key;
    uint64_t seqno;
    uint8_t digest[SHA384_DIGEST_LENGTH];
};

static struct guest guest;
static struct psp_channel fresh[PSP_KEYS];
static struct sealed sent[MESSAGES_MAX];
static unsigned sent_count;

static void begin(void)
{
    if (guest.psp == NULL) {
        static struct psp_options options;
        psp_options_init(&options, PSP_TURIN);
        options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
        options.vlek = true;
        options.tsc.enabled = true;
        guest = guest_launch(&options);
        memcpy(fresh, guest.psp->channels, sizeof(fresh));
    }
    memcpy(guest.psp->channels, fresh, sizeof(fresh));
    memset(guest.seqno, 0, sizeof(guest.seqno));
    sent_count = 0;
}

static size_t right_size(uint8_t type, uint8_t version)
{
    static const size_t sizes[] = {[PSP_MSG_CPUID_REQ] = sizeof(struct psp_cpuid_req),
                                   [PSP_MSG_KEY_REQ] = sizeof(struct psp_key_req),
                                   [PSP_MSG_REPORT_REQ] = sizeof(struct psp_report_req),
                                   [PSP_MSG_TSC_INFO_REQ] = sizeof(struct psp_tsc_info_req)};

    if (type == PSP_MSG_KEY_REQ && version == 2) {
        return sizeof(struct psp_key_req_v2);
    }
    return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : 0;
}

static void patch(struct input *in, struct psp_msg *msg, size_t span)
{
    size_t at = input_number(in, 2) % span;

    ((uint8_t *)msg)[at] ^= input_byte(in);
}

static uint64_t choose_seqno(struct input *in, unsigned key)
{
    switch (input_byte(in) & 7) {
    case 0:
        return guest.seqno[key]; /* the last answer's */
    case 1:
        return guest.seqno[key] - 1; /* the last request's */
    case 2:
        return guest.seqno[key] + 2; /* the next answer's */
    case 3:
        return input_number(in, 8);
    default:
        return guest.seqno[key] + 1;
    }
}

/* A message, and whether it is authentic: sealed by the key that it names and not changed since. */
static struct psp_msg make(struct input *in, bool *authentic)
{
    static const uint8_t types[] = {1, 3, 5, 17, 1, 3, 5, 17};
    static uint8_t payload[PSP_PAYLOAD_MAX], before[sizeof(struct psp_msg)];
    uint8_t shape = input_byte(in), kind = input_byte(in);
    unsigned key = shape & 3, seal_key = shape & 4 ? kind & 3 : key;
    struct psp_msg msg = {.header = {.algo = 1, .hdr_version = 1, .hdr_size = 0x60}};

    msg.header.msg_type = shape & 8 ? input_byte(in) : types[kind & 7];
    msg.header.msg_version = kind & 0x40 ? 2 : 1;
    msg.header.msg_vmpck = (uint8_t)key;
    msg.header.msg_seqno = choose_seqno(in, key);
    msg.header.msg_size =
        (uint16_t)(shape & 0x10 ? input_number(in, 2) % (PSP_PAYLOAD_MAX + 1)
                                : right_size(msg.header.msg_type, msg.header.msg_version));
    if ((shape & 0x20) != 0) {
        patch(in, &msg, PSP_HDR_SIZE);
    }
    memset(payload, 0, sizeof(payload));
    for (unsigned i = 0, n = input_byte(in) & 0x7f; i < n; i++) {
        payload[i] = input_byte(in);
    }
    guest_seal(&guest, &msg, seal_key, payload);
    memcpy(before, &msg, sizeof(msg));
    if ((shape & 0x40) != 0) {
        patch(in, &msg, sizeof(msg));
    }
    /* Bytes 16 to 31 and 40 to 47 are not authenticated, nor those behind the text. */
    *authentic = msg.header.msg_vmpck == seal_key && msg.header.msg_size <= PSP_PAYLOAD_MAX &&
                 memcmp(before, &msg, PSP_TAG_SIZE) == 0 &&
                 memcmp(before + 0x20, (uint8_t *)&msg + 0x20, 8) == 0 &&
                 memcmp(before + 0x30, (uint8_t *)&msg + 0x30, 0x30 + msg.header.msg_size) == 0;
    return msg;
}

/* Remembers an authentic message; was its number in use for something else? */
static bool reuses(const struct psp_msg *msg)
{
    struct sealed now = {.key = msg->header.msg_vmpck, .seqno = msg->header.msg_seqno};
    uint64_t last = guest.seqno[now.key];
    bool reused = now.seqno % 2 == 0 && now.seqno <= last && now.seqno != 0;

    SHA384((const uint8_t *)msg + 0x30, 0x30 + msg->header.msg_size, now.digest);
    for (unsigned i = 0; i < sent_count; i++) {
        const struct sealed *old = &sent[i];
        bool other = memcmp(old->digest, now.digest, sizeof(now.digest)) != 0;
        reused = reused || (old->key == now.key && old->seqno == now.seqno && other);
        reused =
            reused || (old->key == now.key && old->seqno == now.seqno + 1 && now.seqno == last + 1);
    }
    sent[sent_count++] = now;
    return reused;
}

static void check_answer(const struct psp_msg *request, const struct psp_msg *response)
{
    static uint8_t payload[PSP_PAYLOAD_MAX];
    const struct psp_msg_header *q = &request->header, *a = &response->header;
    uint32_t status;

    require(guest_open(&guest, response, q->msg_vmpck, payload), "an answer cannot be opened");
    require(a->msg_seqno == q->msg_seqno + 1, "an answer has another number");
    require(a->msg_type == q->msg_type + 1 && a->msg_vmpck == q->msg_vmpck &&
                a->msg_version == q->msg_version && a->algo == 1 && a->hdr_size == 0x60,
            "an answer's header");
    memcpy(&status, payload, sizeof(status));
    require(status == 0 || status == 0x16 || status == 0x27, "an unknown status");
    if (a->msg_type == PSP_MSG_REPORT_RSP && status == 0) {
        uint32_t vmpl;
        memcpy(&vmpl, payload + 0x20 + 0x30, sizeof(vmpl));
        require(vmpl >= q->msg_vmpck && vmpl <= 3, "a report for a higher VMPL");
    }
}

static void exchange(struct input *in)
{
    static const struct psp_msg zero;
    struct psp_msg response;
    bool authentic;
    struct psp_msg request = make(in, &authentic);
    bool reused = authentic && reuses(&request);
    struct psp_result result = psp_request(guest.psp, &request, &response);

    require(!result.stop || reused, "a guest is stopped that did nothing");
    require(result.stop || !reused || result.status != 0, "a number used twice is not noticed");
    if (result.status == 0) {
        unsigned key = request.header.msg_vmpck;
        require(authentic, "an answer to a message that is not authentic");
        require(request.header.msg_seqno == guest.seqno[key] + 1, "an answer out of turn");
        check_answer(&request, &response);
        guest.seqno[key] += 2;
    } else {
        require(result.why != NULL, "a refusal without a reason");
        require(memcmp(&response, &zero, sizeof(zero)) == 0, "a refusal with bytes");
    }
    for (unsigned i = 0; i < PSP_KEYS; i++) {
        require(guest.psp->channels[i].seqno == guest.seqno[i], "a counter moved");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};

    begin();
    for (unsigned i = 0; i < MESSAGES_MAX && in.at != in.end; i++) {
        exchange(&in);
    }
    return 0;
}
