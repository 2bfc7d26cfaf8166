/* SPDX-License-Identifier: MIT */
/* The SNP platform's seams on a machine that has neither a PSP nor a guest at another VMPL. */
#include <snp/psp.h>
#include <task/guest.h>

bool port_psp_present(void)
{
    return false;
}

bool port_psp_secure_tsc(void)
{
    return false;
}

enum psp_outcome port_psp_exchange(const struct psp_msg *request, struct psp_msg *answer)
{
    (void)request;
    (void)answer;
    return PSP_FAILED;
}

bool port_psp_key(struct snp_vmpck *key)
{
    (void)key;
    return false;
}

void port_tsc_info(const struct psp_tsc *tsc)
{
    (void)tsc;
}

enum status port_guest_read(void *dst, uint64_t gpa, size_t size)
{
    (void)dst;
    (void)gpa;
    (void)size;
    return ERR_ADDRESS;
}

enum status port_guest_write(uint64_t gpa, const void *src, size_t size)
{
    (void)gpa;
    (void)src;
    (void)size;
    return ERR_ADDRESS;
}

enum status port_guest_check(uint64_t gpa, size_t size)
{
    (void)gpa;
    (void)size;
    return ERR_ADDRESS;
}

void port_guest_answer(struct cpu *cpu, uint32_t result, unsigned mask, const uint64_t out[3])
{
    (void)cpu;
    (void)result;
    (void)mask;
    (void)out;
    CHECK(false); /* there is no guest that could have called */
}
