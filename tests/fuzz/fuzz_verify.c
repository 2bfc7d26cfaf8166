/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: svsm-verify's readers. An input changes bytes of a good report or of a good table of
 * certificates, or is itself a table, a certificate, or a command line's value. Nothing but the
 * good report's signed bytes may ever be called good.
 */
#include "fuzz.h"
#include <expect.h>
#include <psp_guest.h>
#include <load.h>
#include <svsm/abi/psp_messages.h>
#include <verify.h>

#define AT 1760000000 /* a time at which the test certificates are valid */

static struct psp_report good;
static uint8_t good_table[PSP_CERTIFICATES_MAX];
static size_t good_table_size;
static struct chain good_chain;

static void begin(void)
{
    struct psp_options options;
    static uint8_t answer[PSP_PAYLOAD_MAX];
    const struct psp_report_req request = {0};

    psp_options_init(&options, PSP_GENOA);
    options.policy = PSP_POLICY_SMT | PSP_POLICY_ONE;
    struct guest guest = guest_launch(&options);
    require(guest_exchange(&guest, 0, PSP_MSG_REPORT_REQ, &request, sizeof(request), answer) ==
                sizeof(struct psp_report_rsp),
            "no report");
    memcpy(&good, answer + offsetof(struct psp_report_rsp, report), sizeof(good));
    good_table_size = psp_certificates(guest.psp, good_table, sizeof(good_table));
    require(load_table(good_table, good_table_size, &good_chain) == NULL && good_chain.vek != NULL,
            "a good table");
    guest_end(&guest);
}

static void judge(const void *report, size_t size, const struct chain *chain,
                  const struct expect *expect, bool may_be_good)
{
    const struct chain_rules rules = {.allow_test_root = true, .at = AT};
    struct checks checks = {.count = 0};
    struct psp_report out;

    verify(&checks, report, size, chain, &rules, expect, &out);
    require(!check_all_good(&checks) || may_be_good, "a bad report is called good");
}

/* Pairs of offset and value, to the end of the input. */
static void patch(struct input *in, uint8_t *bytes, size_t size)
{
    while (in->at != in->end) {
        size_t at = input_number(in, 2) % size;
        bytes[at] = input_byte(in);
    }
}

static void changed_report(struct input *in)
{
    static const struct expect expect;
    struct psp_report report = good;

    patch(in, (uint8_t *)&report, sizeof(report));
    judge(&report, sizeof(report), &good_chain, &expect,
          memcmp(&report, &good, PSP_REPORT_SIGNED_SIZE) == 0);
}

static void whole_report(struct input *in)
{
    static const struct expect expect;

    judge(in->at, (size_t)(in->end - in->at), &good_chain, &expect, false);
}

/* Certificates from a table; those that it lacks are the good ones. */
static void any_table(const uint8_t *bytes, size_t size)
{
    static const struct expect expect;
    struct chain chain = {0};

    if (load_table(bytes, size, &chain) == NULL) {
        struct chain use = {.ark = chain.ark != NULL ? chain.ark : good_chain.ark,
                            .ask = chain.ask != NULL ? chain.ask : good_chain.ask,
                            .vek = chain.vek != NULL ? chain.vek : good_chain.vek,
                            .crl = chain.crl};
        judge(&good, sizeof(good), &use, &expect, true);
    }
    load_free(&chain);
}

static void changed_table(struct input *in)
{
    static uint8_t table[PSP_CERTIFICATES_MAX];

    memcpy(table, good_table, good_table_size);
    patch(in, table, 5000); /* what the certificates and their entries fill */
    any_table(table, good_table_size);
}

static void certificate(struct input *in)
{
    struct chain pair = {0};
    size_t size = (size_t)(in->end - in->at);

    X509_free(load_certificate(in->at, size));
    X509_CRL_free(load_crl(in->at, size));
    (void)load_cert_chain(in->at, size, &pair);
    load_free(&pair);
}

/* A value of the command line, into each reader; a wish can only make a report worse. */
static void value(struct input *in)
{
    struct expect expect = {0};
    char text[160] = "";
    unsigned kind = input_byte(in);

    for (size_t i = 0; i + 1 < sizeof(text) && in->at != in->end; i++) {
        text[i] = (char)input_byte(in);
    }
    bool taken = kind == 200   ? policy_parse(&expect.policy, text)
                 : kind == 201 ? tcb_parse(&expect.least, text)
                               : expect_parse(&expect, kind % EXPECT_FIELDS, text);
    if (taken) {
        judge(&good, sizeof(good), &good_chain, &expect, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};

    if (good_table_size == 0) {
        begin();
    }
    switch (input_byte(&in) & 7) {
    case 0:
        changed_report(&in);
        break;
    case 1:
        whole_report(&in);
        break;
    case 2:
        changed_table(&in);
        break;
    case 3:
        any_table(in.at, (size_t)(in.end - in.at));
        break;
    case 4:
        certificate(&in);
        break;
    default:
        value(&in);
        break;
    }
    return 0;
}
