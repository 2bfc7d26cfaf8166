/* SPDX-License-Identifier: MIT */
#include "exit.h"
#include "../core/insn.h"
#include "../wire/tsc.h"
#include "control.h"
#include "event.h"
#include "guest.h"
#include "host.h"
#include "lies.h"
#include "log.h"
#include "nested.h"
#include "restricted.h"
#include "snp.h"
#include "statistics.h"
#include "stop.h"
#include "stopped.h"
#include "swint.h"
#include "vcpu.h"
#include <string.h>
#include <svsm/abi/vmexit.h>

#define MSR_LENGTH 2u /* of RDMSR and WRMSR */
#define MSR_XSS 0xda0u
#define CR8 8u
#define HLT_LENGTH 1u
#define RFLAGS_TF (UINT64_C(1) << 8)
#define DR7_ENABLED UINT64_C(0xff) /* any breakpoint, local or global */

static const uint8_t vmgexit[] = {0xf3, 0x0f, 0x01, 0xd9};

static void vc(struct level *level, uint64_t code)
{
    statistics_vc();
    event_vc(level, code);
}

/* QEMU has one exit for both; a prefix before them changes nothing and is not expected. */
static void wbinvd(struct level *level)
{
    static const uint8_t invd[] = {0x0f, 0x08};
    uint8_t bytes[sizeof(invd)];
    unsigned had;
    struct guest_fault fault;
    bool read = guest_instruction(level, bytes, sizeof(bytes), &had, &fault) == GUEST_OK;

    vc(level,
       read && had == sizeof(invd) && memcmp(bytes, invd, had) == 0 ? VMEXIT_INVD : VMEXIT_WBINVD);
}

static void msr_done(struct level *level, uint64_t value)
{
    level->vmsa->rax = (uint32_t)value;
    level->vmsa->rdx = value >> 32;
    event_skip(level, MSR_LENGTH);
}

/* XSS, which goes with XSAVES; no component is a supervisor's. */
static void xss(struct level *level, bool write, uint64_t value)
{
    if (!write) {
        msr_done(level, level->vmsa->xss);
    } else if (value != 0) {
        event_exception_error(level, EVENT_GP, 0);
    } else {
        event_skip(level, MSR_LENGTH);
    }
}

/*
 * The instruction behind a WRMSR of the GHCB MSR is a VMGEXIT nearly always, and this exit can
 * serve both: nothing happens between the two but an interrupt, which may as well come later. Not
 * where the guest would see each instruction end: single steps, breakpoints.
 */
static void vmgexit_behind(struct level *level)
{
    uint8_t bytes[sizeof(vmgexit)];
    unsigned had;
    struct guest_fault fault;
    struct vmsa *vmsa = level->vmsa;

    if ((vmsa->rflags & RFLAGS_TF) || (vmsa->dr7 & DR7_ENABLED) ||
        guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK ||
        had != sizeof(bytes) || memcmp(bytes, vmgexit, sizeof(bytes)) != 0) {
        return;
    }
    statistics_merged();
    event_skip(level, sizeof(vmgexit));
    host_vmgexit(level);
}

/* KVM lets a guest with Secure TSC read it, and intercepts everything else. */
static bool reads_frequency(const struct level *level, uint32_t index, bool write)
{
    return index == SNP_MSR_GUEST_TSC_FREQ && !write && level->vmsa->cpl == 0 &&
           (level->vmsa->sev_features & SNP_FEATURE_SECURE_TSC);
}

/*
 * The MSRs of SEV are the CPU's own and never intercepted, and that of XSAVES is not by KVM; QEMU's
 * CPU has none of them.
 */
static void msr(struct level *level)
{
    struct vmsa *vmsa = level->vmsa;
    bool write = level->vmcb->control.exitinfo1 == VMEXIT_MSR_WRITE;
    uint64_t value = vmsa->rdx << 32 | (uint32_t)vmsa->rax;
    uint32_t index = (uint32_t)vmsa->rcx;

    if (index == SNP_MSR_GHCB && vmsa->cpl == 0) {
        if (!write) {
            msr_done(level, level->ghcb.msr);
            return;
        }
        level->ghcb.msr = value;
        event_skip(level, MSR_LENGTH);
        vmgexit_behind(level);
    } else if (index == SNP_MSR_SEV_STATUS && vmsa->cpl == 0) {
        if (!write) {
            msr_done(level, snp_status_of(vmsa->sev_features));
            return;
        }
        event_exception_error(level, EVENT_GP, 0);
    } else if (reads_frequency(level, index, write)) {
        msr_done(level, tsc_nominal_mhz(machine.launch->tsc_khz) & SNP_GUEST_TSC_FREQ_MHZ);
    } else if (index == MSR_XSS && vmsa->cpl == 0) {
        xss(level, write, value);
    } else {
        vc(level, VMEXIT_MSR);
    }
}

/* VMMCALL and VMGEXIT are one instruction to QEMU; the prefix tells. */
static void vmmcall(struct level *level)
{
    uint8_t bytes[sizeof(vmgexit)];
    unsigned had, length;
    struct guest_fault fault;

    if (guest_executes(level, vmgexit, sizeof(vmgexit))) {
        event_skip(level, sizeof(vmgexit));
        host_vmgexit(level);
        return;
    }
    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK) {
        stop_emulator("the instruction of a VMMCALL exit cannot be read");
    }
    if (insn_decode(bytes, had, &length) == INSN_VMGEXIT) {
        event_skip(level, length);
        host_vmgexit(level);
    } else {
        vc(level, VMEXIT_VMMCALL);
    }
}

static void automatic(struct level *level, uint64_t code)
{
    level->vmsa->guest_exit_code = code;
    switch (code) {
    case VMEXIT_INTR:
    case VMEXIT_VINTR:
        vcpu_interrupted(level->vcpu);
        return;
    case VMEXIT_NMI:
    case VMEXIT_PAUSE:
        return;
    case VMEXIT_HLT:
        event_skip(level, HLT_LENGTH);
        vcpu_halt(level->vcpu, true);
        return;
    case VMEXIT_SHUTDOWN:
        stopped_by(level, "shutdown", 0, RMP_NO_FRAME);
    default:
        log_line("# exit %lx is automatic, but nothing is known to do about it", code);
        stop_emulator("an exit without a handler");
    }
}

void exit_handle(struct level *level)
{
    uint64_t code = level->vmcb->control.exitcode;

    if (restricted_exit(level, code) || code == VMEXIT_EXCEPTION + EVENT_DB) {
        lies_step(level, code);
        return; /* the emulator's own */
    }
    if (machine.launch->tlb == LAUNCH_TLB_KEEP && tlb_exit(level, code)) {
        return;
    }
    switch (code) {
    case VMEXIT_EXCEPTION + EVENT_UD:
        snp_undefined(level);
        return;
    case VMEXIT_CR0_SEL_WRITE:
        control_cr0_write(level);
        return;
    case VMEXIT_CR_WRITE + CR8:
        control_cr8_write(level);
        return;
    case VMEXIT_MSR:
        msr(level);
        return;
    case VMEXIT_VMMCALL:
        vmmcall(level);
        return;
    case VMEXIT_NPF:
        nested_fault(level);
        return;
    case VMEXIT_WBINVD:
        wbinvd(level);
        return;
    case VMEXIT_SWINT:
        swint_exit(level);
        return;
    default:
        break;
    }
    if (exit_class(code, level->vmsa->sev_features) == EXIT_VC) {
        vc(level, code);
    } else {
        automatic(level, code);
    }
}
