/* SPDX-License-Identifier: MIT */
#include "ghcb_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/snp.h>

#define AT(member) offsetof(struct ghcb, member)

struct fixture fixture;

__attribute__((format(printf, 1, 2))) static void journal(const char *format, ...)
{
    size_t used = strlen(fixture.journal);
    va_list arguments;

    if (used > sizeof(fixture.journal) - 3) {
        return; /* full, which the longest strings of ports do */
    }
    va_start(arguments, format);
    if (used > 0) {
        used += (size_t)snprintf(fixture.journal + used, sizeof(fixture.journal) - used, "; ");
    }
    vsnprintf(fixture.journal + used, sizeof(fixture.journal) - used, format, arguments);
    va_end(arguments);
}

static void *shared_page(void *machine, uint64_t gpa)
{
    assert_ptr_equal(machine, &fixture);
    assert_int_equal(gpa % 4096, 0);
    if (gpa == fixture.gone) {
        return NULL;
    }
    if (gpa == GHCB_GPA) {
        return fixture.page;
    }
    if (gpa < SHARED_GPA || gpa >= SHARED_GPA + SHARED_PAGES * UINT64_C(4096)) {
        return NULL;
    }
    return fixture.shared[(gpa - SHARED_GPA) / 4096];
}

static enum ghcb_io port_in(void *machine, uint16_t port, unsigned size, uint32_t *value)
{
    (void)machine;
    journal("in %x/%u", port, size);
    *value = UINT32_C(0xa1b2c3d4);
    return fixture.io;
}

static enum ghcb_io port_out(void *machine, uint16_t port, unsigned size, uint32_t value)
{
    (void)machine;
    journal("out %x/%u %x", port, size, value);
    return fixture.io;
}

static enum ghcb_io mmio_read(void *machine, uint64_t gpa, unsigned size, uint8_t *bytes)
{
    (void)machine;
    journal("load %llx/%u", (unsigned long long)gpa, size);
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(0x10 + i);
    }
    return fixture.io;
}

static enum ghcb_io mmio_write(void *machine, uint64_t gpa, unsigned size, const uint8_t *bytes)
{
    (void)machine;
    journal("store %llx/%u %02x..%02x", (unsigned long long)gpa, size, bytes[0], bytes[size - 1]);
    return fixture.io;
}

static enum ghcb_io msr_read(void *machine, uint32_t index, uint64_t *value)
{
    (void)machine;
    journal("rdmsr %x", index);
    *value = UINT64_C(0x1122334455667788);
    return fixture.io;
}

static enum ghcb_io msr_write(void *machine, uint32_t index, uint64_t value)
{
    (void)machine;
    journal("wrmsr %x %llx", index, (unsigned long long)value);
    return fixture.io;
}

static void cpuid(void *machine, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx,
                  uint64_t xcr0, uint64_t xss)
{
    (void)machine;
    journal("cpuid %x/%x xcr0=%llx xss=%llx", *eax, *ecx, (unsigned long long)xcr0,
            (unsigned long long)xss);
    *eax = 0xa;
    *ebx = 0xb;
    *ecx = 0xc;
    *edx = 0xd;
}

static uint64_t tsc(void *machine)
{
    (void)machine;
    return UINT64_C(0x0123456789abcdef);
}

static bool page_state(void *machine, uint64_t gpa, bool private, bool large)
{
    (void)machine;
    if ((large && fixture.large_refused) || gpa == fixture.refused_gpa) {
        return false;
    }
    journal("%s%s %llx", private ? "private" : "shared", large ? "2m" : "",
            (unsigned long long)gpa);
    return true;
}

static bool psmash(void *machine, uint64_t gpa)
{
    (void)machine;
    journal("psmash %llx", (unsigned long long)gpa);
    return !fixture.smash_refused;
}

/* Others have run: a page may be shared no longer. */
static void meanwhile(void)
{
    fixture.gone = fixture.goes;
}

static const void *guest_request(void *machine, const void *request, uint32_t *firmware,
                                 uint32_t *vmm_error)
{
    static uint8_t answer[4096];

    (void)machine;
    journal("request %02x", *(const uint8_t *)request);
    memset(answer, 0x77, sizeof(answer));
    *firmware = fixture.firmware;
    *vmm_error = fixture.vmm;
    meanwhile();
    return fixture.silent ? NULL : answer;
}

static const void *certificates(void *machine, uint64_t *pages, uint64_t *said)
{
    static uint8_t table[SHARED_PAGES * 4096];

    (void)machine;
    for (uint64_t i = 0; i < SHARED_PAGES; i++) {
        memset(table + i * 4096, (int)(0x90 + i), 4096);
    }
    *pages = fixture.certificates;
    *said = fixture.said ? fixture.said : *pages;
    meanwhile();
    return table;
}

static bool ap_create(void *machine, uint32_t apic_id, uint8_t vmpl, unsigned request,
                      uint64_t vmsa_gpa, uint64_t features)
{
    (void)machine;
    journal("ap %u.%u request=%u vmsa=%llx features=%llx", apic_id, vmpl, request,
            (unsigned long long)vmsa_gpa, (unsigned long long)features);
    return !fixture.create_refused;
}

static enum ghcb_io ipi(void *machine, uint64_t icr)
{
    (void)machine;
    journal("ipi %llx", (unsigned long long)icr);
    return fixture.io;
}

static void nmi_complete(void *machine)
{
    (void)machine;
    journal("nmi");
}

static bool alternate_end(void *machine, uint8_t vmpl, uint8_t tpr)
{
    (void)machine;
    journal("alternate-end %u tpr=%x", vmpl, tpr);
    return !fixture.create_refused;
}

static bool specific_eoi(void *machine, uint8_t vmpl, uint8_t vector)
{
    (void)machine;
    journal("eoi %u.%x", vmpl, vector);
    return !fixture.create_refused;
}

static void note(void *machine, const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    size_t used = strlen(fixture.notes);

    (void)machine;
    (void)a;
    (void)b;
    (void)c;
    snprintf(fixture.notes + used, sizeof(fixture.notes) - used, "%s ", what);
}

const struct ghcb_ops fixture_ops = {
    .shared_page = shared_page,
    .port_in = port_in,
    .port_out = port_out,
    .mmio_read = mmio_read,
    .mmio_write = mmio_write,
    .msr_read = msr_read,
    .msr_write = msr_write,
    .cpuid = cpuid,
    .tsc = tsc,
    .page_state = page_state,
    .psmash = psmash,
    .guest_request = guest_request,
    .certificates = certificates,
    .ap_create = ap_create,
    .ipi = ipi,
    .nmi_complete = nmi_complete,
    .alternate_end = alternate_end,
    .specific_eoi = specific_eoi,
    .note = note,
};

/* Each page is an allocation of its own, so that the sanitizer sees what leaves it. */
static void *page_new(void)
{
    void *page = aligned_alloc(4096, 4096);

    assert_non_null(page);
    memset(page, 0, 4096);
    return page;
}

void fixture_start(enum launch_profile profile)
{
    fixture_end(NULL);
    fixture.config = (struct ghcb_config){
        .profile = profile,
        .cbit = CBIT,
        .hv_features = GHCB_HV_SNP | GHCB_HV_AP_CREATION,
        .vm_features = SNP_FEATURE_SNP,
        .vcpus = 4,
    };
    if (profile != LAUNCH_UPSTREAM_6_12) {
        fixture.config.hv_features |=
            GHCB_HV_RESTRICTED_INJECTION | GHCB_HV_APIC_IDS | GHCB_HV_MULTI_VMPL;
    }
    fixture.page = page_new();
    for (unsigned i = 0; i < SHARED_PAGES; i++) {
        fixture.shared[i] = page_new();
    }
    ghcb_reset(&fixture.state, &fixture.config);
    fixture.state.registered = GHCB_GPA;
    fixture.state.msr = GHCB_GPA;
}

int fixture_end(void **unused)
{
    (void)unused;
    free(fixture.page);
    for (unsigned i = 0; i < SHARED_PAGES; i++) {
        free(fixture.shared[i]);
    }
    memset(&fixture, 0, sizeof(fixture));
    return 0;
}

void fixture_set(size_t offset, uint64_t value)
{
    unsigned bit = ghcb_valid_bit(offset);

    memcpy((uint8_t *)fixture.page + offset, &value, sizeof(value));
    fixture.page->valid_bitmap[bit / 8] |= (uint8_t)(1u << bit % 8);
}

bool fixture_valid(size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return fixture.page->valid_bitmap[bit / 8] >> bit % 8 & 1;
}

uint64_t fixture_get(size_t offset)
{
    uint64_t value;

    memcpy(&value, (uint8_t *)fixture.page + offset, sizeof(value));
    return value;
}

void fixture_event(uint64_t code, uint64_t info1, uint64_t info2)
{
    memset(fixture.page->valid_bitmap, 0, sizeof(fixture.page->valid_bitmap));
    fixture.page->protocol_version = GHCB_VERSION_MAX;
    fixture_set(AT(sw_exitcode), code);
    fixture_set(AT(sw_exitinfo1), info1);
    fixture_set(AT(sw_exitinfo2), info2);
}

struct ghcb_outcome fixture_exit(void)
{
    fixture.journal[0] = 0;
    fixture.notes[0] = 0;
    return ghcb_vmgexit(&fixture.state, &fixture.config, &fixture_ops, &fixture, 0);
}

void fixture_expect(struct ghcb_outcome got, uint64_t info1, uint64_t info2, unsigned rule,
                    const char *text)
{
    assert_int_equal(got.action, GHCB_RESUME);
    assert_int_equal(fixture_get(AT(sw_exitinfo1)), info1);
    assert_int_equal(fixture_get(AT(sw_exitinfo2)), info2);
    assert_true(fixture_valid(AT(sw_exitinfo1)));
    assert_true(fixture_valid(AT(sw_exitinfo2)));
    assert_string_equal(fixture.journal, text);
    assert_int_equal(got.rule, rule);
}
