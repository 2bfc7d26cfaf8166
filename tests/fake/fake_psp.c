/* SPDX-License-Identifier: MIT */
/* The fake platform's way to a PSP that the test plays. See fake.h. */
#include "fake.h"

#include <snp/psp.h>

#include <string.h>

struct fake_psp fake_psp;

bool port_psp_present(void)
{
    return fake_psp.exchange != NULL;
}

bool port_psp_secure_tsc(void)
{
    return fake_psp.secure_tsc;
}

enum psp_outcome port_psp_exchange(const struct psp_msg *request, struct psp_msg *answer)
{
    if (fake_psp.exchange == NULL) {
        return PSP_FAILED;
    }
    switch (fake_psp.exchange(request, answer)) {
    case 0:
        return PSP_ANSWERED;
    case 1:
        return PSP_AGAIN;
    default:
        return PSP_FAILED;
    }
}

bool port_psp_key(struct snp_vmpck *key)
{
    if (fake_psp.exchange == NULL || fake_psp.key_given) {
        return false;
    }
    memcpy(key->key, fake_psp.key, sizeof(key->key));
    fake_psp.key_given = true;
    return true;
}

void port_tsc_info(const struct psp_tsc *tsc)
{
    fake_psp.scale = tsc->scale;
    fake_psp.offset = tsc->offset;
    fake_psp.factor = tsc->factor;
}
