/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "hold.h"
#include "../wire/lines.h"
#include "device.h"
#include "extended.h"
#include "hostmsr.h"
#include "lapic.h"
#include "io.h"
#include "lies.h"
#include "log.h"
#include "mailbox.h"
#include "memory.h"
#include "nested.h"
#include "port.h"
#include "record.h"
#include "stop.h"
#include "stopped.h"
#include "vcpu.h"
#include <string.h>
#include <svsm/abi/psp.h>
#include <svsm/abi/vmexit.h>

#define VGA_FIRST UINT64_C(0xa0000)
#define VGA_END UINT64_C(0xc0000)

/* All effects get the level that made the VMGEXIT as their machine. */

void *host_shared_page(uint64_t gpa)
{
    uint64_t frame = memory_frame(gpa);
    const struct rmp_entry *entry = rmp_entry_of(&machine.rmp, frame);

    if (frame == RMP_NO_FRAME || (entry != NULL && (entry->flags & RMP_ASSIGNED))) {
        return NULL;
    }
    return memory_at(frame << PAGE_SHIFT);
}

static void *shared_page(void *context, uint64_t gpa)
{
    (void)context;
    return host_shared_page(gpa);
}

static enum ghcb_io host_port_in(void *context, uint16_t port, unsigned size, uint32_t *value)
{
    (void)context;
    *value = port_in(port, size);
    return GHCB_IO_OK;
}

static enum ghcb_io host_port_out(void *context, uint16_t port, unsigned size, uint32_t value)
{
    (void)context;
    port_out(port, size, value);
    return GHCB_IO_OK;
}

/* Memory is no device: who asks the host for it has taken it for one. KVM and QEMU read it. */
static bool is_memory(uint64_t gpa)
{
    bool hole = gpa >= VGA_FIRST && gpa < VGA_END;

    return machine.launch->profile == LAUNCH_STRICT && !hole && memory_frame(gpa) != RMP_NO_FRAME;
}

/* Where nothing answers, reads give ones, as on a bus. */
static enum ghcb_io mmio_read(void *context, uint64_t gpa, unsigned size, uint8_t *bytes)
{
    uint64_t value = UINT64_MAX;

    (void)context;
    if (is_memory(gpa)) {
        return GHCB_IO_FAIL;
    }
    device_read(gpa, size, &value);
    memcpy(bytes, &value, size);
    return GHCB_IO_OK;
}

static enum ghcb_io mmio_write(void *context, uint64_t gpa, unsigned size, const uint8_t *bytes)
{
    uint64_t value = 0;

    (void)context;
    if (is_memory(gpa)) {
        return GHCB_IO_FAIL;
    }
    memcpy(&value, bytes, size);
    device_write(gpa, size, value);
    return GHCB_IO_OK;
}

static enum ghcb_io msr_in(void *context, uint32_t index, uint64_t *value)
{
    return hostmsr_read(context, index, value) ? GHCB_IO_OK : GHCB_IO_GP;
}

static enum ghcb_io msr_out(void *context, uint32_t index, uint64_t value)
{
    return hostmsr_write(context, index, value) ? GHCB_IO_OK : GHCB_IO_GP;
}

static void host_cpuid(void *context, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx,
                       uint64_t xcr0, uint64_t xss)
{
    const struct level *level = context;
    struct cpuid_regs r =
        cpuid_guest(&machine.cpuid, *eax, *ecx, xcr0, xss, level->vmsa->cr4, level->vcpu->number);

    *eax = r.eax;
    *ebx = r.ebx;
    *ecx = r.ecx;
    *edx = r.edx;
}

static uint64_t host_tsc(void *context)
{
    (void)context;
    return tsc_read() + lies_clock();
}

static bool host_page_state(void *context, uint64_t gpa, bool private, bool large)
{
    (void)context;
    return nested_page_state(gpa, private, large);
}

static bool host_psmash(void *context, uint64_t gpa)
{
    (void)context;
    return nested_psmash(gpa);
}

/* What the host passes on is a copy of its own: behind the wait for the mailbox, in which others
 * run, the request may be something else. */
static const void *pass_on(void *context, const void *copy, uint32_t *firmware, uint32_t *vmm_error)
{
    const struct level *level = context;
    struct mailbox_request head = {.vcpu = level->vcpu->number, .vmpl = level->vmpl};
    const void *parts[2] = {&head, copy};
    const uint32_t sizes[2] = {sizeof(head), PAGE_SIZE};
    static struct {
        struct mailbox_response head;
        uint8_t page[PAGE_SIZE];
    } answer;

    *vmm_error = GHCB_REQUEST_VMM_OK;
    if (mailbox_ask(MAILBOX_GUEST_REQUEST, parts, sizes, &answer, sizeof(answer)) <
        sizeof(answer)) {
        stop_emulator("the answer to a guest request is too short");
    }
    if (answer.head.stop != 0) {
        stopped_by(level, "psp", 0, RMP_NO_FRAME);
    }
    *firmware = answer.head.status;
    return answer.page;
}

static const void *guest_request(void *context, const void *request, uint32_t *firmware,
                                 uint32_t *vmm_error)
{
    const struct level *level = context;
    static uint8_t copies[MACHINE_VCPUS_MAX][PAGE_SIZE];
    uint8_t *copy = copies[level->vcpu->number];

    memcpy(copy, request, PAGE_SIZE);
    return lies_request(context, copy, firmware, vmm_error, pass_on);
}

static const void *certificates(void *context, uint64_t *pages, uint64_t *said)
{
    static uint8_t table[MAILBOX_PAYLOAD_MAX];
    const void *parts[2] = {table, table};
    const uint32_t sizes[2] = {0, 0};

    *pages = mailbox_ask(MAILBOX_CERTIFICATES, parts, sizes, table, sizeof(table)) / PAGE_SIZE;
    *said = lies_certificates(context, *pages);
    return table;
}

/*
 * A save area for another level or another vCPU, or none any more. Its vCPU puts it in place; a
 * VMPL0 runs from then on, a lower level when somebody asks for it.
 */
static bool ap_create(void *context, uint32_t apic_id, uint8_t vmpl, unsigned request,
                      uint64_t vmsa_gpa, uint64_t features)
{
    const struct level *level = context;
    enum wanted wanted = request == GHCB_AP_DESTROY          ? WANTED_DESTRUCTION
                         : request == GHCB_AP_CREATE_ON_INIT ? WANTED_CREATION_ON_INIT
                                                             : WANTED_CREATION;

    (void)features;
    if (apic_id >= machine.launch->vcpu_count || vmpl >= SNP_VMPLS ||
        (apic_id == level->vcpu->number && vmpl == level->vmpl) ||
        (wanted != WANTED_DESTRUCTION && memory_frame(vmsa_gpa) == RMP_NO_FRAME)) {
        return false;
    }
    struct level *target = &machine.vcpus[apic_id].levels[vmpl];
    if (wanted == WANTED_CREATION) {
        hold_finish(target, level, vmsa_gpa);
    } else {
        hold_cancel(target);
    }
    vcpu_want(target, wanted, vmsa_gpa);
    return true;
}

static enum ghcb_io ipi(void *context, uint64_t icr)
{
    return lapic_write(context, APIC_ICR, icr) ? GHCB_IO_OK : GHCB_IO_GP;
}

static void nmi_complete(void *context)
{
    (void)context;
}

static bool alternate_end(void *context, uint8_t vmpl, uint8_t tpr)
{
    return extended_end(context, vmpl, tpr);
}

static bool specific_eoi(void *context, uint8_t vmpl, uint8_t vector)
{
    return extended_eoi(context, vmpl, vector);
}

static void note(void *context, const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    const struct level *level = context;

    /* A request has become its response by now, and neither looks like the address of a page. */
    bool page = ghcb_msr_code(level->ghcb.msr) == GHCB_MSR_PAGE;

    if (machine_traces(page ? LAUNCH_TRACE_GHCB : LAUNCH_TRACE_MSR)) {
        log_line(LINES_TRACE " %s vcpu=%u vmpl=%u what=%s a=%lx b=%lx c=%lx", page ? "ghcb" : "msr",
                 level->vcpu->number, (unsigned)level->vmpl, what, a, b, c);
    }
}

static const struct ghcb_ops ops = {
    .shared_page = shared_page,
    .port_in = host_port_in,
    .port_out = host_port_out,
    .mmio_read = mmio_read,
    .mmio_write = mmio_write,
    .msr_read = msr_in,
    .msr_write = msr_out,
    .cpuid = host_cpuid,
    .tsc = host_tsc,
    .page_state = host_page_state,
    .psmash = host_psmash,
    .guest_request = guest_request,
    .certificates = certificates,
    .ap_create = ap_create,
    .ipi = ipi,
    .nmi_complete = nmi_complete,
    .alternate_end = alternate_end,
    .specific_eoi = specific_eoi,
    .note = note,
    .record = record_event,
};

void host_wake(struct level *level, bool sipi)
{
    ghcb_wake(&level->ghcb, &ops, level, sipi);
}

const struct ghcb_ops *host_ops(void)
{
    return &ops;
}

void host_vmgexit(struct level *level)
{
    if (hold_is_over(level)) {
        return;
    }
    level->vmsa->guest_exit_code = VMEXIT_VMGEXIT;
    uint64_t request = level->ghcb.msr;
    struct ghcb_outcome outcome =
        ghcb_vmgexit(&level->ghcb, &machine.ghcb, &ops, level, level->vmpl);
    record_msr(level, request, level->ghcb.msr);

    switch (outcome.action) {
    case GHCB_RESUME:
        return;
    case GHCB_RUN_VMPL:
        if (level->vcpu->levels[outcome.target].dropped) {
            vcpu_halt(level->vcpu, false);
            return;
        }
        if (level->vcpu->levels[outcome.target].page == NULL) {
            stopped_by(level, "vmpl", outcome.rule, RMP_NO_FRAME);
        }
        vcpu_switch(level->vcpu, outcome.target);
        return;
    case GHCB_HOLD:
        vcpu_halt(level->vcpu, false);
        return;
    case GHCB_TERMINATED:
        stopped_terminated(level, &outcome);
    case GHCB_STOPPED:
        stopped_by(level, "ghcb", outcome.rule, RMP_NO_FRAME);
    }
}
