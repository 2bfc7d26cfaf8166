/* SPDX-License-Identifier: MIT */
/* The embedded authorities' keys in libcrypto's form. */
#pragma once
#include <openssl/evp.h>
#include "psp_test_keys.h"

/* With its private half; NULL: out of memory. */
[[nodiscard]] EVP_PKEY *psp_chain_key(enum psp_test_key which);
