/* SPDX-License-Identifier: MIT */
/* See fixture.h. */
#include "fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <svsm/abi/vmexit.h>

struct snp_image_launch launch;
uint8_t table[FAKE_SNP_PAGES];
uint64_t areas[FAKE_SNP_VCPUS];
uint64_t calling_areas[FAKE_SNP_VCPUS];
uint32_t known_protocol = SVSM_PROTOCOL_VTPM;

void check_failed(const char *what, const char *file, unsigned line)
{
    fprintf(stderr, "%s:%u: %s\n", file, line, what);
    abort();
}

bool guest_protocol_exists(uint32_t protocol)
{
    return protocol == known_protocol;
}

void fixture_launch(void)
{
    launch = (struct snp_image_launch){
        .magic = SNP_IMAGE_LAUNCH_MAGIC,
        .version = SNP_IMAGE_VERSION,
        .vcpu_count = FAKE_SNP_VCPUS,
        .ram_count = 4,
        .guest_caa = FIRST_CA,
        .guest_features = FEATURES,
        .ram = {{LOW, VALID - LOW, SNP_IMAGE_RAM_LEAVE, 0},
                {VALID, LARGE - VALID, SNP_IMAGE_RAM_VALIDATE, 0},
                {LARGE, HOLE - LARGE, SNP_IMAGE_RAM_LEAVE, 0},
                {HIGH, END - HIGH, SNP_IMAGE_RAM_VALIDATE, 0}},
    };
}

static struct vmsa good_area(void)
{
    return (struct vmsa){
        .vmpl = SNP_IMAGE_GUEST_VMPL, .efer = SNP_EFER_SVME, .sev_features = FEATURES};
}

void fixture_area(uint64_t gpa)
{
    struct vmsa vmsa = good_area();

    fake_snp_poke(gpa, &vmsa, sizeof(vmsa));
}

void fixture_boot(void)
{
    gpa_t where = {0};

    fake_snp_reset();
    fixture_launch();
    memset(table, 0, sizeof(table));
    fixture_area(SNP_IMAGE_GUEST_VMSA);
    guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + FAKE_SNP_OWN * SNP_SIZE_4K);
    if (guest_launch_memory(&where) != OK || guest_launch_vcpu() != OK) {
        fprintf(stderr, "the fixture does not boot\n");
        abort();
    }
    memset(areas, 0, sizeof(areas));
    memset(calling_areas, 0, sizeof(calling_areas));
    areas[0] = SNP_IMAGE_GUEST_VMSA;
    calling_areas[0] = FIRST_CA;
}

struct vmsa fixture_vmsa(uint64_t gpa)
{
    struct vmsa vmsa;

    memcpy(&vmsa, fake_snp_page(gpa)->bytes, sizeof(vmsa));
    return vmsa;
}

void fixture_prepare(unsigned vcpu, const struct registers *in)
{
    static const uint8_t pending = 1;
    struct guest_vcpu entered;
    struct vmsa vmsa;

    if (!guest_enter(vcpu, &entered)) {
        return;
    }
    vmsa = fixture_vmsa(areas[vcpu]);
    vmsa.rax = in->rax;
    vmsa.rcx = in->rcx;
    vmsa.rdx = in->rdx;
    vmsa.r8 = in->r8;
    vmsa.r9 = in->r9;
    vmsa.guest_exit_code = VMEXIT_VMGEXIT;
    fake_snp_poke(areas[vcpu], &vmsa, sizeof(vmsa));
    fake_snp_poke(calling_areas[vcpu], &pending, 1);
}

uint32_t fixture_core(unsigned vcpu, uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct registers in = {svsm_call_rax(SVSM_PROTOCOL_CORE, call) | UINT64_C(0), rcx, rdx, r8, 0};
    struct guest_call taken;
    uint64_t area = areas[vcpu];

    fixture_prepare(vcpu, &in);
    (void)guest_request(vcpu, &taken);
    return (uint32_t)fixture_vmsa(area).rax;
}

void fixture_list(uint64_t at, uint16_t count, uint16_t next, const uint64_t *entries)
{
    struct svsm_page_list head = {count, next, 0};

    fake_snp_poke(at, &head, sizeof(head));
    fake_snp_poke(at + sizeof(head), entries, count * sizeof(entries[0]));
}

uint16_t fixture_next(uint64_t at)
{
    return (uint16_t)(fake_snp_peek(at + 2) | fake_snp_peek(at + 3) << 8);
}

uint32_t fixture_pvalidate(uint64_t entry)
{
    fixture_list(LIST, 1, 0, &entry);
    return fixture_core(0, SVSM_CORE_PVALIDATE, LIST, 0, 0);
}

uint32_t fixture_create(unsigned by, unsigned vcpu, uint64_t vmsa, uint64_t ca)
{
    uint32_t result = fixture_core(by, SVSM_CORE_CREATE_VCPU, vmsa, ca, (uint64_t)vcpu * 2);

    if (result == SVSM_SUCCESS) {
        areas[vcpu] = vmsa;
        calling_areas[vcpu] = ca;
    }
    return result;
}
