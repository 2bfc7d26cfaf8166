/* SPDX-License-Identifier: MIT */
/* A report's ECDSA signature, and the fields that say who made it. */
#pragma once
#include <openssl/x509.h>
#include <svsm/abi/attest.h>
#include "check.h"
#include "vek.h"

/* Which algorithm and key the report names, and whether the certificate is of such a key. */
void signature_check_key(struct checks *checks, const struct psp_report *report,
                         const struct vek *vek);

/* The signature itself. */
void signature_check(struct checks *checks, const struct psp_report *report, X509 *cert);
