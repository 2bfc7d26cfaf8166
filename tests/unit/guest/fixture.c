/* SPDX-License-Identifier: MIT */
/* See fixture.h. */
#include "fixture.h"
#include <guest/page.h>
#include <guest/ram.h>
#include <guest/registry.h>
#include <stdio.h>
#include <stdlib.h>
#include <svsm/abi/vmexit.h>

struct snp_image_launch launch;
uint8_t table[FAKE_SNP_PAGES];
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

void fixture_start(void)
{
    gpa_t where = {0};

    fake_snp_reset();
    memset(table, 0, sizeof(table));
    fixture_area(SNP_IMAGE_GUEST_VMSA);
    guest_init(&launch, table, SNP_IMAGE_BASE, SNP_IMAGE_BASE + FAKE_SNP_OWN * SNP_SIZE_4K);
    if (guest_launch_memory(&where) != OK || guest_launch_vcpu() != OK) {
        fprintf(stderr, "the fixture does not boot\n");
        abort();
    }
}

void fixture_boot(void)
{
    fixture_launch();
    fixture_start();
}

struct vmsa fixture_vmsa(uint64_t gpa)
{
    struct vmsa vmsa;

    memcpy(&vmsa, fake_snp_page(gpa)->bytes, sizeof(vmsa));
    return vmsa;
}

bool fixture_active(unsigned vcpu, uint64_t *area, uint64_t *ca)
{
    struct registry_vcpu *r = registry_lock(vcpu);
    bool any = r->active != REGISTRY_NONE;

    if (any) {
        *area = atomic_load(&r->areas[r->active].taken) & ~UINT64_C(1);
        *ca = r->areas[r->active].ca.value;
    }
    registry_unlock(r);
    return any;
}

static void put(uint64_t area, size_t offset, uint64_t value)
{
    fake_snp_poke(area + offset, &value, sizeof(value));
}

static uint64_t get(uint64_t area, size_t offset)
{
    uint64_t value = 0;

    for (unsigned i = sizeof(value); i-- > 0;) {
        value = value << 8 | fake_snp_peek(area + offset + i);
    }
    return value;
}

uint64_t fixture_prepare(unsigned vcpu, const struct registers *in)
{
    static const uint8_t pending = 1;
    struct guest_vcpu entered;
    uint64_t area = 0;
    uint64_t ca = 0;

    if (!guest_enter(vcpu, &entered) || !fixture_active(vcpu, &area, &ca)) {
        return 0;
    }
    put(area, offsetof(struct vmsa, rax), in->rax);
    put(area, offsetof(struct vmsa, rcx), in->rcx);
    put(area, offsetof(struct vmsa, rdx), in->rdx);
    put(area, offsetof(struct vmsa, r8), in->r8);
    put(area, offsetof(struct vmsa, r9), in->r9);
    put(area, offsetof(struct vmsa, guest_exit_code), VMEXIT_VMGEXIT);
    fake_snp_poke(ca, &pending, 1);
    return area;
}

uint32_t fixture_core(unsigned vcpu, uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8)
{
    struct registers in = {svsm_call_rax(SVSM_PROTOCOL_CORE, call), rcx, rdx, r8, 0};
    struct guest_call taken;
    uint64_t area = fixture_prepare(vcpu, &in);
    uint64_t rax = 0;

    if (guest_request(vcpu, &taken) == GUEST_IDLE || area == 0) {
        return UINT32_MAX;
    }
    rax = get(area, offsetof(struct vmsa, rax));
    return rax == in.rax && call != 0 ? UINT32_MAX : (uint32_t)rax;
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
    return fixture_core(by, SVSM_CORE_CREATE_VCPU, vmsa, ca, (uint64_t)vcpu * 2);
}

static const char *check_page(uint8_t byte, const struct fake_snp_page *p)
{
    bool valid = byte == PAGE_VALID || byte == PAGE_CA;

    if (byte == PAGE_DEAD) {
        return "a page was given up";
    }
    if ((byte & PAGE_PINS) != 0) {
        return "somebody still holds a page";
    }
    if (p->validated != (byte != PAGE_INVALID) || p->vmsa != (byte == PAGE_VMSA)) {
        return "the table says something else than the machine";
    }
    if (p->perms[SNP_IMAGE_GUEST_VMPL] != (valid               ? SNP_PERM_ALL
                                           : byte == PAGE_VMSA ? SNP_PERM_READ
                                                               : 0)) {
        return "rights that do not fit the state";
    }
    return NULL;
}

const char *fixture_check(void)
{
    const char *wrong = NULL;

    fake_snp_check();
    wrong = fake_snp_breach();
    for (size_t i = 0; i < FAKE_SNP_PAGES && wrong == NULL; i++) {
        size_t index = 0;
        if (ram_index(PAGE(i), 1, &index)) {
            wrong = check_page(table[index], fake_snp_page(PAGE(i)));
        }
    }
    return wrong;
}
