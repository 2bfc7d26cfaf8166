/* SPDX-License-Identifier: MIT */
/*
 * The page protocol. Each event names in a table which fields it needs; what is missing is answered
 * before its handler runs. The page is read into struct ghcb_call first, and the registers and the
 * two words of the answer are written last, always and with their valid bits, as KVM does.
 */
#include "ghcb_internal.h"
#include "../wire/launch.h"
#include "rules.h"
#include <svsm/abi/launch.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/svm.h>
#include <svsm/abi/vmexit.h>
#include <stddef.h>

#define PAGE_SIZE SNP_SIZE_4K
#define VECTOR_UD 6u
#define VECTOR_GP 13u
#define EVENT_EXCEPTION (UINT64_C(3) << 8)
#define EVENT_ERROR_CODE (UINT64_C(1) << 11)
#define EVENT_VALID (UINT64_C(1) << 31)
#define MMIO_MAX 8u
#define CPUID_LEAF_XSAVE 0xdu
#define KVM_ENOSYS 1000u /* what KVM answers to a hypercall that it does not know */
#define AP_RESERVED UINT64_C(0xfff00000)
#define AP_VMPL UINT64_C(0x000f0000)
#define INJECTION (SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_ALTERNATE_INJECTION)

/* Fields that an event needs beside its three words. */
#define NEEDS_RAX 0x01u
#define NEEDS_RBX 0x02u
#define NEEDS_RCX 0x04u
#define NEEDS_RDX 0x08u
#define NEEDS_CPL 0x10u
#define NEEDS_SCRATCH 0x20u
#define NEEDS_XCR0 0x40u

static bool is_valid(const uint8_t bitmap[16], size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    return bitmap[bit / 8] >> bit % 8 & 1;
}

void ghcb_malformed(struct ghcb_call *call, unsigned error)
{
    call->out1 = GHCB_RESULT_MALFORMED;
    call->out2 = error;
}

static void raise(struct ghcb_call *call, unsigned vector)
{
    call->out1 = GHCB_RESULT_EXCEPTION;
    call->out2 = EVENT_VALID | EVENT_EXCEPTION | vector;
    if (vector == VECTOR_GP) {
        call->out2 |= EVENT_ERROR_CODE;
    }
}

void ghcb_io_result(struct ghcb_call *call, enum ghcb_io result)
{
    switch (result) {
    case GHCB_IO_OK:
        return;
    case GHCB_IO_GP:
        raise(call, VECTOR_GP);
        return;
    case GHCB_IO_UD:
        raise(call, VECTOR_UD);
        return;
    case GHCB_IO_FAIL:
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
        return;
    }
}

uint8_t *ghcb_scratch(struct ghcb_call *call, uint64_t size)
{
    uint64_t begin = call->gpa + offsetof(struct ghcb, shared_buffer);

    if (call->scratch < begin || call->scratch - begin > GHCB_BUFFER_SIZE ||
        size > GHCB_BUFFER_SIZE - (call->scratch - begin)) {
        ghcb_malformed(call, GHCB_ERROR_SCRATCH);
        return NULL;
    }
    return call->page->shared_buffer + (call->scratch - begin);
}

static void nothing(struct ghcb_call *call)
{
    (void)call;
}

static void dr7_read(struct ghcb_call *call)
{
    call->rax = call->state->dr7;
}

static void dr7_write(struct ghcb_call *call)
{
    call->state->dr7 = call->rax;
}

static void rdtsc(struct ghcb_call *call)
{
    uint64_t now = call->ops->tsc(call->machine);

    call->rax = (uint32_t)now;
    call->rdx = now >> 32;
}

static void rdtscp(struct ghcb_call *call)
{
    rdtsc(call);
    call->rcx = 0;
}

/* The machine has no counters for a guest. */
static void rdpmc(struct ghcb_call *call)
{
    raise(call, VECTOR_GP);
}

static void cpuid(struct ghcb_call *call)
{
    uint32_t eax = (uint32_t)call->rax, ebx = 0, ecx = (uint32_t)call->rcx, edx = 0;

    call->ops->cpuid(call->machine, &eax, &ebx, &ecx, &edx, call->xcr0, call->xss);
    call->rax = eax;
    call->rbx = ebx;
    call->rcx = ecx;
    call->rdx = edx;
}

static uint32_t mask_of(unsigned size)
{
    return UINT32_MAX >> (32 - 8 * size);
}

static void io_single(struct ghcb_call *call, uint16_t port, unsigned size)
{
    uint32_t value = (uint32_t)call->rax & mask_of(size);

    if (!(call->info1 & VMEXIT_IOIO_IN)) {
        ghcb_io_result(call, call->ops->port_out(call->machine, port, size, value));
        return;
    }
    enum ghcb_io result = call->ops->port_in(call->machine, port, size, &value);
    value &= mask_of(size);
    /* 32 bits clear the upper half, less leave the rest of RAX. */
    call->rax = size == 4 ? value : (call->rax & ~(uint64_t)mask_of(size)) | value;
    ghcb_io_result(call, result);
}

static enum ghcb_io io_element(const struct ghcb_call *call, uint16_t port, unsigned size,
                               uint8_t *bytes)
{
    uint32_t value = 0;
    enum ghcb_io result;

    if (!(call->info1 & VMEXIT_IOIO_IN)) {
        for (unsigned i = 0; i < size; i++) {
            value |= (uint32_t)bytes[i] << 8 * i;
        }
        return call->ops->port_out(call->machine, port, size, value);
    }
    result = call->ops->port_in(call->machine, port, size, &value);
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    return result;
}

static void io_string(struct ghcb_call *call, uint16_t port, unsigned size)
{
    uint64_t count = call->info2;
    uint8_t *bytes = count > GHCB_BUFFER_SIZE ? NULL : ghcb_scratch(call, count * size);
    enum ghcb_io result = GHCB_IO_OK;

    if (bytes == NULL) {
        ghcb_malformed(call, GHCB_ERROR_SCRATCH);
        return;
    }
    for (uint64_t i = 0; i < count && result == GHCB_IO_OK; i++) {
        result = io_element(call, port, size, bytes + i * size);
    }
    ghcb_io_result(call, result);
}

static void ioio(struct ghcb_call *call)
{
    unsigned size = vmexit_ioio_size(call->info1);
    uint16_t port = vmexit_ioio_port(call->info1);

    if (size != 1 && size != 2 && size != 4) {
        return; /* KVM does nothing, and calls it done */
    }
    if (call->info1 & VMEXIT_IOIO_STRING) {
        io_string(call, port, size);
    } else {
        io_single(call, port, size);
    }
}

static void msr(struct ghcb_call *call)
{
    uint64_t value = call->rdx << 32 | (uint32_t)call->rax;
    enum ghcb_io result;

    if (call->info1 != VMEXIT_MSR_READ) {
        ghcb_io_result(call, call->ops->msr_write(call->machine, (uint32_t)call->rcx, value));
        return;
    }
    result = call->ops->msr_read(call->machine, (uint32_t)call->rcx, &value);
    if (result == GHCB_IO_OK) {
        call->rax = (uint32_t)value;
        call->rdx = value >> 32;
    }
    ghcb_io_result(call, result);
}

static void vmmcall(struct ghcb_call *call)
{
    call->rax = ~(uint64_t)KVM_ENOSYS + 1;
}

static uint8_t *mmio_buffer(struct ghcb_call *call)
{
    if (call->info2 > MMIO_MAX) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
        return NULL;
    }
    return ghcb_scratch(call, call->info2);
}

static void mmio_read(struct ghcb_call *call)
{
    uint8_t *bytes = mmio_buffer(call);

    if (bytes != NULL && call->info2 != 0) {
        ghcb_io_result(
            call, call->ops->mmio_read(call->machine, call->info1, (unsigned)call->info2, bytes));
    }
}

static void mmio_write(struct ghcb_call *call)
{
    const uint8_t *bytes = mmio_buffer(call);

    if (bytes != NULL && call->info2 != 0) {
        ghcb_io_result(
            call, call->ops->mmio_write(call->machine, call->info1, (unsigned)call->info2, bytes));
    }
}

static void nmi_complete(struct ghcb_call *call)
{
    call->ops->nmi_complete(call->machine);
}

static void reset_hold(struct ghcb_call *call)
{
    call->state->held = true;
    call->state->held_by_page = true;
    call->outcome.action = GHCB_HOLD;
}

static void jump_table(struct ghcb_call *call)
{
    if (call->info1 == 0) {
        call->state->jump_table = call->info2;
    } else if (call->info1 == 1) {
        call->out2 = call->state->jump_table;
    } else {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
    }
}

static bool is_page(uint64_t gpa)
{
    return gpa % PAGE_SIZE == 0;
}

static void request(struct ghcb_call *call)
{
    /* KVM calls wrong pages missing ones. */
    if (!is_page(call->info1) || !is_page(call->info2) || call->info1 == call->info2) {
        ghcb_malformed(call, GHCB_ERROR_MISSING_INPUT);
        return;
    }
    const void *message = call->ops->shared_page(call->machine, call->info1);
    void *answer = call->ops->shared_page(call->machine, call->info2);
    if (message == NULL || answer == NULL) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
        return;
    }
    uint32_t vmm = GHCB_REQUEST_VMM_OK;
    uint32_t firmware = call->ops->guest_request(call->machine, message, answer, &vmm);
    call->out2 = ghcb_request_status(vmm, firmware);
}

/* Only a request for a report brings certificates. */
static bool asks_for_report(const struct ghcb_call *call)
{
    const uint8_t *message = NULL;

    if (is_page(call->info1)) {
        message = call->ops->shared_page(call->machine, call->info1);
    }
    return message != NULL &&
           message[offsetof(struct psp_msg_header, msg_type)] == PSP_MSG_REPORT_REQ;
}

static void extended_request(struct ghcb_call *call)
{
    if (asks_for_report(call)) {
        if (!is_page(call->rax)) {
            ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
            return;
        }
        uint64_t needed = call->ops->certificates(call->machine, call->rax, call->rbx);
        if (needed > call->rbx) {
            call->rbx = needed;
            call->out2 = ghcb_request_status(GHCB_REQUEST_VMM_INVALID_LEN, 0);
            return;
        }
    }
    request(call);
}

static bool ap_features_good(const struct ghcb_call *call, unsigned vmpl)
{
    uint64_t mine = call->config->vm_features;

    if ((call->rax & SNP_FEATURE_SNP) == 0 || (call->rax & ~mine) != 0 ||
        ((call->rax & SNP_FEATURE_RESTRICTED_INJECTION) != 0 &&
         (ghcb_features(call->config) & GHCB_HV_RESTRICTED_INJECTION) == 0)) {
        return false;
    }
    return vmpl != 0 || (call->rax & INJECTION) == (mine & INJECTION);
}

static bool ap_request_good(const struct ghcb_call *call)
{
    unsigned what = ghcb_ap_request(call->info1), vmpl = ghcb_ap_vmpl(call->info1);
    bool levels = ghcb_features(call->config) & GHCB_HV_MULTI_VMPL;

    if (what > GHCB_AP_DESTROY || (call->info1 & AP_RESERVED) != 0 || vmpl >= SNP_VMPLS ||
        (!levels && (call->info1 & AP_VMPL) != 0)) {
        return false;
    }
    /* Some CPUs take a save area at the start of 2 MiB for one of them: KVM has none there. */
    return what == GHCB_AP_DESTROY ||
           (is_page(call->info2) && call->info2 % SNP_SIZE_2M != 0 && ap_features_good(call, vmpl));
}

static void ap_creation(struct ghcb_call *call)
{
    if (!ap_request_good(call) ||
        !call->ops->ap_create(call->machine, ghcb_ap_apic_id(call->info1),
                              (uint8_t)ghcb_ap_vmpl(call->info1), ghcb_ap_request(call->info1),
                              call->info2, call->rax)) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
    }
}

static void doorbell(struct ghcb_call *call)
{
    switch (call->info1) {
    case GHCB_DOORBELL_GET:
        call->out2 = GHCB_DOORBELL_NONE;
        return;
    case GHCB_DOORBELL_SET:
        call->state->doorbell = GHCB_DOORBELL_NONE;
        if (!is_page(call->info2) || call->ops->shared_page(call->machine, call->info2) == NULL) {
            ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
            return;
        }
        call->state->doorbell = call->info2;
        call->out2 = call->info2;
        return;
    case GHCB_DOORBELL_QUERY:
        call->out2 = call->state->doorbell;
        return;
    case GHCB_DOORBELL_CLEAR:
        call->state->doorbell = GHCB_DOORBELL_NONE;
        return;
    default:
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
    }
}

static void ipi(struct ghcb_call *call)
{
    ghcb_io_result(call, call->ops->ipi(call->machine, call->info1));
}

static void apic_ids(struct ghcb_call *call)
{
    uint64_t pages =
        (sizeof(uint32_t) * (call->config->vcpus + UINT64_C(1)) + PAGE_SIZE - 1) / PAGE_SIZE;

    if (call->rax < pages) {
        call->rax = pages;
        return;
    }
    /* The list of 1023 vCPUs fills a page; there are never so many. */
    uint32_t *list =
        is_page(call->info1) ? call->ops->shared_page(call->machine, call->info1) : NULL;
    if (list == NULL || pages > 1) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
        return;
    }
    list[0] = call->config->vcpus;
    for (uint32_t i = 0; i < call->config->vcpus; i++) {
        list[1 + i] = i;
    }
}

static void run_vmpl(struct ghcb_call *call)
{
    if (call->info1 >= SNP_VMPLS) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_INPUT);
        return;
    }
    call->outcome.action = GHCB_RUN_VMPL;
    call->outcome.target = (uint8_t)call->info1;
}

static void features(struct ghcb_call *call)
{
    call->out2 = ghcb_features(call->config);
}

static void terminate(struct ghcb_call *call)
{
    call->outcome = (struct ghcb_outcome){
        .action = GHCB_TERMINATED,
        .term_set = ghcb_terminate_set(call->info1),
        .term_reason = ghcb_terminate_reason(call->info1),
        .detail = call->info2,
        .rule = RULE_GHCB_TERMINATED,
    };
}

static void unsupported(struct ghcb_call *call)
{
    call->outcome = (struct ghcb_outcome){
        .action = GHCB_STOPPED, .detail = call->info1, .rule = RULE_GHCB_UNSUPPORTED};
}

/* Events that a host has only with these of its features; 0: every host. */
static const struct event {
    uint64_t code;
    void (*handle)(struct ghcb_call *call);
    unsigned needs;
    uint64_t host;
    const char *name;
} events[] = {
    {VMEXIT_DR7_READ, dr7_read, 0, 0, "dr7-read"},
    {VMEXIT_DR7_WRITE, dr7_write, NEEDS_RAX, 0, "dr7-write"},
    {VMEXIT_RDTSC, rdtsc, 0, 0, "rdtsc"},
    {VMEXIT_RDPMC, rdpmc, NEEDS_RCX, 0, "rdpmc"},
    {VMEXIT_CPUID, cpuid, NEEDS_RAX | NEEDS_RCX, 0, "cpuid"},
    {VMEXIT_INVD, nothing, 0, 0, "invd"},
    {VMEXIT_IOIO, ioio, 0, 0, "ioio"},
    {VMEXIT_MSR, msr, NEEDS_RCX, 0, "msr"},
    {VMEXIT_VMMCALL, vmmcall, NEEDS_RAX | NEEDS_CPL, 0, "vmmcall"},
    {VMEXIT_RDTSCP, rdtscp, 0, 0, "rdtscp"},
    {VMEXIT_WBINVD, nothing, 0, 0, "wbinvd"},
    {VMEXIT_MONITOR, nothing, NEEDS_RAX | NEEDS_RCX | NEEDS_RDX, 0, "monitor"},
    {VMEXIT_MWAIT, nothing, NEEDS_RAX | NEEDS_RCX, 0, "mwait"},
    {GHCB_EVENT_MMIO_READ, mmio_read, NEEDS_SCRATCH, 0, "mmio-read"},
    {GHCB_EVENT_MMIO_WRITE, mmio_write, NEEDS_SCRATCH, 0, "mmio-write"},
    {GHCB_EVENT_NMI_COMPLETE, nmi_complete, 0, 0, "nmi-complete"},
    {GHCB_EVENT_AP_RESET_HOLD, reset_hold, 0, 0, "ap-reset-hold"},
    {GHCB_EVENT_AP_JUMP_TABLE, jump_table, 0, 0, "ap-jump-table"},
    {GHCB_EVENT_PSC, ghcb_page_state_change, NEEDS_SCRATCH, 0, "page-state-change"},
    {GHCB_EVENT_GUEST_REQUEST, request, 0, 0, "guest-request"},
    {GHCB_EVENT_EXTENDED_REQUEST, extended_request, NEEDS_RAX | NEEDS_RBX, 0, "extended-request"},
    {GHCB_EVENT_AP_CREATION, ap_creation, 0, GHCB_HV_AP_CREATION, "ap-creation"},
    {GHCB_EVENT_DOORBELL, doorbell, 0, GHCB_HV_RESTRICTED_INJECTION, "doorbell"},
    {GHCB_EVENT_IPI, ipi, 0, GHCB_HV_RESTRICTED_INJECTION, "ipi"},
    {GHCB_EVENT_APIC_IDS, apic_ids, NEEDS_RAX, GHCB_HV_APIC_IDS, "apic-ids"},
    {GHCB_EVENT_RUN_VMPL, run_vmpl, 0, GHCB_HV_MULTI_VMPL, "run-vmpl"},
    {GHCB_EVENT_FEATURES, features, 0, 0, "features"},
    {GHCB_EVENT_TERMINATE, terminate, 0, 0, "terminate"},
    {GHCB_EVENT_UNSUPPORTED, unsupported, 0, 0, "unsupported"},
};

static const struct event *event_of(uint64_t code)
{
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i].code == code) {
            return &events[i];
        }
    }
    return NULL;
}

const char *ghcb_event_name(uint64_t code)
{
    const struct event *event = event_of(code);

    return event == NULL ? NULL : event->name;
}

/* Needs that depend on the words of the request. */
static unsigned needs_of(const struct event *event, const struct ghcb_call *call)
{
    unsigned needs = event->needs;

    if (event->code == VMEXIT_CPUID && (uint32_t)call->rax == CPUID_LEAF_XSAVE) {
        needs |= NEEDS_XCR0;
    } else if (event->code == VMEXIT_IOIO && (call->info1 & VMEXIT_IOIO_STRING)) {
        needs |= NEEDS_SCRATCH;
    } else if (event->code == VMEXIT_IOIO && !(call->info1 & VMEXIT_IOIO_IN)) {
        needs |= NEEDS_RAX;
    } else if (event->code == VMEXIT_MSR && call->info1 != VMEXIT_MSR_READ) {
        needs |= NEEDS_RAX | NEEDS_RDX;
    } else if (event->code == GHCB_EVENT_AP_CREATION &&
               ghcb_ap_request(call->info1) != GHCB_AP_DESTROY) {
        needs |= NEEDS_RAX;
    }
    return needs;
}

static bool has(const uint8_t bitmap[16], unsigned needs)
{
    static const struct {
        unsigned need;
        size_t offset;
    } fields[] = {
        {NEEDS_RAX, offsetof(struct ghcb, rax)},
        {NEEDS_RBX, offsetof(struct ghcb, rbx)},
        {NEEDS_RCX, offsetof(struct ghcb, rcx)},
        {NEEDS_RDX, offsetof(struct ghcb, rdx)},
        {NEEDS_CPL, offsetof(struct ghcb, cpl)},
        {NEEDS_SCRATCH, offsetof(struct ghcb, sw_scratch)},
        {NEEDS_XCR0, offsetof(struct ghcb, xcr0)},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if ((needs & fields[i].need) && !is_valid(bitmap, fields[i].offset)) {
            return false;
        }
    }
    return true;
}

static uint64_t take(const uint8_t bitmap[16], size_t offset, uint64_t value)
{
    return is_valid(bitmap, offset) ? value : 0;
}

#define TAKE(member) take(bitmap, offsetof(struct ghcb, member), page->member)

/* Reads the page once. Its valid bits are gone afterwards, so none of them can be left over. */
static void read_page(struct ghcb_call *call, uint8_t bitmap[16], uint32_t *usage)
{
    volatile struct ghcb *page = call->page;

    *usage = page->usage;
    for (unsigned i = 0; i < sizeof(page->valid_bitmap); i++) {
        bitmap[i] = page->valid_bitmap[i];
        page->valid_bitmap[i] = 0;
    }
    call->code = TAKE(sw_exitcode);
    call->info1 = TAKE(sw_exitinfo1);
    call->info2 = TAKE(sw_exitinfo2);
    call->scratch = TAKE(sw_scratch);
    call->rax = TAKE(rax);
    call->rbx = TAKE(rbx);
    call->rcx = TAKE(rcx);
    call->rdx = TAKE(rdx);
    call->xcr0 = TAKE(xcr0);
    call->xss = TAKE(xss);
}

static void mark(volatile struct ghcb *page, size_t offset)
{
    unsigned bit = ghcb_valid_bit(offset);

    page->valid_bitmap[bit / 8] = (uint8_t)(page->valid_bitmap[bit / 8] | 1u << bit % 8);
}

#define GIVE(member, value)                                                                        \
    do {                                                                                           \
        page->member = (value);                                                                    \
        mark(page, offsetof(struct ghcb, member));                                                 \
    } while (0)

static void write_page(const struct ghcb_call *call)
{
    volatile struct ghcb *page = call->page;

    GIVE(rax, call->rax);
    GIVE(rbx, call->rbx);
    GIVE(rcx, call->rcx);
    GIVE(rdx, call->rdx);
    GIVE(sw_exitinfo1, call->out1);
    GIVE(sw_exitinfo2, call->out2);
}

static void serve(struct ghcb_call *call, const uint8_t bitmap[16], uint32_t usage)
{
    bool words = is_valid(bitmap, offsetof(struct ghcb, sw_exitcode)) &&
                 is_valid(bitmap, offsetof(struct ghcb, sw_exitinfo1)) &&
                 is_valid(bitmap, offsetof(struct ghcb, sw_exitinfo2));
    const struct event *event = event_of(call->code);

    if (usage != GHCB_USAGE_STANDARD) {
        ghcb_malformed(call, GHCB_ERROR_USAGE);
    } else if (!words) {
        ghcb_malformed(call, GHCB_ERROR_MISSING_INPUT);
    } else if (event == NULL || (event->host & ~ghcb_features(call->config)) != 0) {
        ghcb_malformed(call, GHCB_ERROR_INVALID_EVENT);
    } else if (!has(bitmap, needs_of(event, call))) {
        ghcb_malformed(call, GHCB_ERROR_MISSING_INPUT);
    } else {
        event->handle(call);
    }
}

struct ghcb_outcome ghcb_event(struct ghcb_call *call)
{
    uint8_t bitmap[16];
    uint32_t usage;
    const char *name;

    read_page(call, bitmap, &usage);
    name = ghcb_event_name(call->code);
    call->ops->note(call->machine, name == NULL ? "unknown" : name, call->code, call->info1,
                    call->info2);
    call->outcome = (struct ghcb_outcome){.action = GHCB_RESUME};
    serve(call, bitmap, usage);
    write_page(call);
    return call->outcome;
}
