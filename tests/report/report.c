/* SPDX-License-Identifier: MIT */
/* See report.h: one extended guest request. */
/* SAFETY: a test guest; addresses are pages of its own, which it has just made shared. */
#include "../snpemu/conform/conform.h"
#include "report.h"
#include "gcm.h"
#include <svsm/abi/psp_messages.h>

#define SECRETS UINT64_C(0x1ff000) /* of make_igvm.py, and of payload.h */
#define PAGE_REQUEST PAGE(40)
#define PAGE_ANSWER PAGE(41)
#define PAGE_CERTIFICATES PAGE(42)
#define CERTIFICATE_PAGES 4u
#define LINE_BYTES 32u

static struct psp_msg msg;

/* Between a message here and one in a page that the host sees. */
static void message_copy(volatile uint8_t *to, const volatile uint8_t *from)
{
    for (unsigned i = 0; i < sizeof(msg); i++) {
        to[i] = from[i];
    }
}

static void print_hex(const char *what, const volatile uint8_t *bytes, unsigned size)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * LINE_BYTES + 1];

    for (unsigned at = 0; at < size; at += LINE_BYTES) {
        unsigned part = size - at < LINE_BYTES ? size - at : LINE_BYTES;
        for (unsigned i = 0; i < part; i++) {
            text[2 * i] = digits[bytes[at + i] >> 4];
            text[2 * i + 1] = digits[bytes[at + i] & 15];
        }
        text[2 * part] = 0;
        print("guest %s %s\n", what, text);
    }
}

static void request_make(const struct snp_vmpck *key)
{
    struct psp_report_req *request = (struct psp_report_req *)msg.payload;

    msg.header.msg_seqno = 1;
    msg.header.algo = PSP_ALGO_AES_256_GCM;
    msg.header.hdr_version = PSP_HDR_VERSION;
    msg.header.hdr_size = PSP_HDR_SIZE;
    msg.header.msg_type = PSP_MSG_REPORT_REQ;
    msg.header.msg_version = PSP_MSG_VERSION;
    msg.header.msg_size = sizeof(*request);
    msg.header.msg_vmpck = (uint8_t)report_level;
    for (unsigned i = 0; i < sizeof(request->report_data); i++) {
        request->report_data[i] = (uint8_t)(i * 5 + 1); /* as check_report.py wants it */
    }
    request->vmpl = report_level;
    gcm_seal(key, &msg);
}

static void pages_share(void)
{
    for (unsigned i = 0; i < 2 + CERTIFICATE_PAGES; i++) {
        check(report_share(PAGE_REQUEST + i * PAGE_SIZE), true, "page-%u-shared", i);
    }
    /* Read before they are written to, where the host answers nothing. */
    volatile uint64_t *table = (volatile uint64_t *)(SHARED + PAGE_CERTIFICATES);
    for (unsigned i = 0; i < CERTIFICATE_PAGES * PAGE_SIZE / sizeof(*table); i++) {
        table[i] = 0;
    }
}

void report_run(void)
{
    const struct snp_secrets_page *secrets = (const struct snp_secrets_page *)SECRETS;
    const struct snp_vmpck key = secrets->vmpck[report_level];
    const struct psp_report_rsp *answer = (const struct psp_report_rsp *)msg.payload;

    pages_share();
    request_make(&key);
    message_copy((volatile uint8_t *)(SHARED + PAGE_REQUEST), (const uint8_t *)&msg);
    ghcb_begin();
    GHCB_SET(rax, PAGE_CERTIFICATES);
    GHCB_SET(rbx, CERTIFICATE_PAGES);
    ghcb_ask(GHCB_EVENT_EXTENDED_REQUEST, PAGE_REQUEST, PAGE_ANSWER);
    check(the_ghcb->sw_exitinfo2, 0, "request");
    message_copy((uint8_t *)&msg, (volatile uint8_t *)(SHARED + PAGE_ANSWER));
    check(msg.header.msg_seqno, 2, "answer-number");
    check(msg.header.msg_type, PSP_MSG_REPORT_RSP, "answer-type");
    check(gcm_open(&key, &msg), true, "answer-tag");
    check(answer->status, 0, "answer-status");
    check(answer->report_size, sizeof(answer->report), "answer-size");
    print_hex("report", (const uint8_t *)&answer->report, sizeof(answer->report));
    print_hex("certificates", (volatile uint8_t *)(SHARED + PAGE_CERTIFICATES),
              CERTIFICATE_PAGES * PAGE_SIZE);
    finish();
}
