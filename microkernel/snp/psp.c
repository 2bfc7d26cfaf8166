/* SPDX-License-Identifier: MIT */
/*
 * Guest messages on their way to the PSP and back: by two pages that the host sees, whose contents
 * are encrypted and authenticated by the psp task.
 */
#include <snp/psp.h>
#include <snp/ghcb.h>
#include <snp/machine.h>
#include <snp/memory.h>
#include <snp/own.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_pages.h>

static bool key_given; /* one task asks, on one vCPU at a time */

bool port_psp_present(void)
{
    return true;
}

bool port_psp_secure_tsc(void)
{
    return (machine_features() & SNP_FEATURE_SECURE_TSC) != 0;
}

/* The pages are shared: words, each once. */
static void copy_out(volatile struct psp_msg *to, const struct psp_msg *from)
{
    volatile uint64_t *t = (volatile uint64_t *)to;
    for (size_t i = 0; i < sizeof(*from) / sizeof(uint64_t); i++) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)from + i * sizeof(word), sizeof(word));
        t[i] = word;
    }
}

static void copy_in(struct psp_msg *to, const volatile struct psp_msg *from)
{
    const volatile uint64_t *f = (const volatile uint64_t *)from;
    for (size_t i = 0; i < sizeof(*to) / sizeof(uint64_t); i++) {
        uint64_t word = f[i];
        memcpy((uint8_t *)to + i * sizeof(word), &word, sizeof(word));
    }
}

enum psp_outcome port_psp_exchange(const struct psp_msg *request, struct psp_msg *answer)
{
    uint64_t request_gpa, answer_gpa, status;
    volatile struct psp_msg *to = memory_message(MESSAGE_REQUEST, &request_gpa);
    volatile struct psp_msg *from = memory_message(MESSAGE_ANSWER, &answer_gpa);
    copy_out(to, request);
    if (!ghcb_guest_request(request_gpa, answer_gpa, &status)) {
        return PSP_FAILED;
    }
    if (ghcb_request_vmm(status) == GHCB_REQUEST_VMM_BUSY) {
        return PSP_AGAIN;
    }
    copy_in(answer, from);
    return status == 0 ? PSP_ANSWERED : PSP_FAILED;
}

bool port_psp_key(struct snp_vmpck *key)
{
    struct snp_secrets_page *own = own_page(SNP_IMAGE_SECRETS);
    if (key_given) {
        return false;
    }
    *key = own->vmpck[0];
    memset(&own->vmpck[0], 0, sizeof(own->vmpck[0]));
    /* SAFETY: empty, keeps the memset. */
    asm volatile("" : : "r"(own) : "memory");
    key_given = true;
    return true;
}
