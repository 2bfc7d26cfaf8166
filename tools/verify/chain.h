/* SPDX-License-Identifier: MIT */
/*
 * The certificates behind a report: ARK (AMD's root, which the user gives and so trusts), ASK or
 * ASVK, and the key's own. Checked one by one rather than by libcrypto's path builder, so that each
 * fault has its own sentence.
 */
#pragma once
#include <stdbool.h>
#include <time.h>
#include <openssl/x509.h>
#include "check.h"

struct chain {
    X509 *ark, *ask, *vek; /* none is NULL when it is checked */
    X509_CRL *crl;         /* the ARK's list of what it revoked, or NULL */
};

struct chain_rules {
    bool allow_test_root;
    time_t at; /* when the certificates have to be valid */
};

void chain_check(struct checks *checks, const struct chain *chain, const struct chain_rules *rules);
