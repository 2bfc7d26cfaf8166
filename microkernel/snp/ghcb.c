/* SPDX-License-Identifier: MIT */
/* See ghcb.h. The page is written and read through volatile accesses, a member at a time. */
#include <snp/ghcb.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <snp/insn.h>
#include <snp/stop.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

#define PAGE_SHIFT 12
#define MSR_X2APIC_EOI UINT64_C(0x80b)
#define MEMBER(name) offsetof(struct ghcb, name)

/* GPA of each vCPU's page; 0: not registered. Each vCPU writes its own. */
static uint64_t pages[SVSM_VCPUS_MAX];
static uint64_t shared[SVSM_VCPUS_MAX]; /* not yet registered */

static uint64_t msr_ask(uint64_t request)
{
    msr_write(SNP_MSR_GHCB, request);
    insn_vmgexit();
    uint64_t answer = msr_read(SNP_MSR_GHCB);
    uint64_t page = AT(pages, cpu_index());
    if (page != 0) {
        msr_write(SNP_MSR_GHCB, page);
    }
    return answer;
}

void ghcb_terminate_now(unsigned reason)
{
    for (;;) {
        (void)msr_ask(ghcb_msr_terminate(SNP_STOP_SET, reason));
    }
}

bool ghcb_version_fits(void)
{
    uint64_t answer = msr_ask(ghcb_msr_value(GHCB_MSR_SEV_INFO_REQUEST, 0));
    return ghcb_msr_code(answer) == GHCB_MSR_SEV_INFO_RESPONSE &&
           ghcb_msr_version_min(answer) <= GHCB_VERSION_MAX &&
           ghcb_msr_version_max(answer) >= GHCB_VERSION_MAX;
}

uint64_t ghcb_host_features(void)
{
    uint64_t answer = msr_ask(ghcb_msr_value(GHCB_MSR_FEATURES_REQUEST, 0));
    return ghcb_msr_code(answer) == GHCB_MSR_FEATURES_RESPONSE ? ghcb_msr_data(answer) : 0;
}

bool ghcb_make_shared(uint64_t page, const void *va)
{
    bool unchanged;
    if (insn_pvalidate((uint64_t)va, SNP_PAGE_4K, SNP_PVALIDATE_RESCIND, &unchanged) !=
            SNP_SUCCESS ||
        unchanged) {
        return false;
    }
    uint64_t answer = msr_ask(ghcb_msr_psc(GHCB_MSR_PSC_SHARED, page >> PAGE_SHIFT));
    return answer == ghcb_msr_status(GHCB_MSR_PSC_RESPONSE, 0);
}

bool ghcb_share(uint32_t vcpu, uint64_t page, const void *va)
{
    AT(shared, vcpu) = page;
    return ghcb_make_shared(page, va);
}

bool ghcb_register(uint32_t vcpu)
{
    uint64_t page = AT(shared, vcpu);
    uint64_t gfn = page >> PAGE_SHIFT;
    uint64_t answer = msr_ask(ghcb_msr_value(GHCB_MSR_REGISTER_REQUEST, gfn));
    if (answer != ghcb_msr_value(GHCB_MSR_REGISTER_RESPONSE, gfn)) {
        return false;
    }
    msr_write(SNP_MSR_GHCB, page);
    AT(pages, vcpu) = page;
    return true;
}

bool ghcb_ready(void)
{
    return AT(pages, cpu_index()) != 0;
}

/* SAFETY: GHCB_VA maps a page for each vCPU; the host may change it at any time, hence volatile,
 * and believes nothing of it, hence no pointer into it leaves this file. */
static volatile struct ghcb *mine(void)
{
    return (volatile struct ghcb *)(GHCB_VA + (uint64_t)cpu_index() * GHCB_STRIDE);
}

/* A quadword of the page and its valid bit. `offset`: MEMBER() of one below GHCB_VALID_LIMIT. */
static void put(volatile struct ghcb *g, size_t offset, uint64_t value)
{
    unsigned bit = ghcb_valid_bit(offset);
    ((volatile uint64_t *)g)[offset / 8] = value;
    AT(g->valid_bitmap, bit / 8) |= (uint8_t)(1u << bit % 8);
}

/* false: the bit is clear, so the host has taken the value away and given none. A host that touches
 * nothing leaves what was put there, marked as valid: what is there is an answer only in form. */
static bool take(volatile struct ghcb *g, size_t offset, uint64_t *value)
{
    unsigned bit = ghcb_valid_bit(offset);
    *value = ((volatile uint64_t *)g)[offset / 8];
    return (AT(g->valid_bitmap, bit / 8) >> bit % 8 & 1) != 0;
}

static volatile struct ghcb *begin(void)
{
    volatile struct ghcb *g = mine();
    for (size_t i = 0; i < sizeof(g->valid_bitmap); i++) {
        AT(g->valid_bitmap, i) = 0;
    }
    g->protocol_version = GHCB_VERSION_MAX;
    g->usage = GHCB_USAGE_STANDARD;
    return g;
}

/* The event itself. An exception that the host wants raised is a refusal like any other. */
static bool ask(volatile struct ghcb *g, uint64_t code, uint64_t info1, uint64_t info2)
{
    uint64_t result;
    put(g, MEMBER(sw_exitcode), code);
    put(g, MEMBER(sw_exitinfo1), info1);
    put(g, MEMBER(sw_exitinfo2), info2);
    insn_vmgexit();
    return take(g, MEMBER(sw_exitinfo1), &result) && (uint32_t)result == GHCB_RESULT_OK;
}

bool ghcb_port_in(uint16_t port, unsigned size, uint32_t *value)
{
    volatile struct ghcb *g = begin();
    uint64_t rax;
    put(g, MEMBER(rax), 0);
    if (!ask(g, VMEXIT_IOIO, vmexit_ioio(port, size, VMEXIT_IOIO_IN), 0) ||
        !take(g, MEMBER(rax), &rax)) {
        return false;
    }
    *value = (uint32_t)rax & (uint32_t)(UINT64_C(0xffffffff) >> (32 - 8 * size));
    return true;
}

bool ghcb_port_out(uint16_t port, unsigned size, uint32_t value)
{
    volatile struct ghcb *g = begin();
    put(g, MEMBER(rax), value);
    return ask(g, VMEXIT_IOIO, vmexit_ioio(port, size, 0), 0);
}

bool ghcb_port_string(uint16_t port, const void *bytes, size_t count)
{
    volatile struct ghcb *g = begin();
    const uint8_t *from = bytes;
    const uint32_t flags = VMEXIT_IOIO_STRING | VMEXIT_IOIO_REP | VMEXIT_IOIO_ADDRESS_64;
    if (count > GHCB_BUFFER_SIZE) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        AT(g->shared_buffer, i) = from[i];
    }
    put(g, MEMBER(sw_scratch), AT(pages, cpu_index()) + MEMBER(shared_buffer));
    return ask(g, VMEXIT_IOIO, vmexit_ioio(port, 1, flags), count);
}

bool ghcb_vcpu_create(uint32_t apic_id, unsigned vmpl, unsigned request, uint64_t vmsa,
                      uint64_t features)
{
    volatile struct ghcb *g = begin();
    put(g, MEMBER(rax), features);
    return ask(g, GHCB_EVENT_AP_CREATION, ghcb_ap_creation(apic_id, vmpl, request), vmsa);
}

static bool doorbell(unsigned request, uint64_t page)
{
    volatile struct ghcb *g = begin();
    uint64_t answer;
    return ask(g, GHCB_EVENT_DOORBELL, request, request == GHCB_DOORBELL_SET ? page : 0) &&
           take(g, MEMBER(sw_exitinfo2), &answer) && answer == page;
}

bool ghcb_doorbell(uint64_t page)
{
    return doorbell(GHCB_DOORBELL_SET, page) && doorbell(GHCB_DOORBELL_QUERY, page);
}

bool ghcb_eoi(void)
{
    volatile struct ghcb *g = begin();
    put(g, MEMBER(rcx), MSR_X2APIC_EOI);
    put(g, MEMBER(rax), 0);
    put(g, MEMBER(rdx), 0);
    return ask(g, VMEXIT_MSR, VMEXIT_MSR_WRITE, 0);
}

bool ghcb_apic_ids(uint64_t page)
{
    volatile struct ghcb *g = begin();
    uint64_t needed;
    put(g, MEMBER(rax), 1);
    return ask(g, GHCB_EVENT_APIC_IDS, page, 0) && take(g, MEMBER(rax), &needed) && needed == 1;
}

bool ghcb_run_vmpl(unsigned vmpl)
{
    return ask(begin(), GHCB_EVENT_RUN_VMPL, vmpl, 0);
}

bool ghcb_guest_request(uint64_t request, uint64_t response, uint64_t *status)
{
    volatile struct ghcb *g = begin();
    return ask(g, GHCB_EVENT_GUEST_REQUEST, request, response) &&
           take(g, MEMBER(sw_exitinfo2), status);
}
