/* SPDX-License-Identifier: MIT */
#include "state.h"
#include "intercept.h"
#include "io.h"
#include "memory.h"
#include "stop.h"
#include "vector.h"
#include <string.h>

#define MSR_EFER 0xc0000080u
#define MSR_PAT 0x277u
#define MSR_TSC_AUX 0xc0000103u
#define EFER_SVME (UINT64_C(1) << 12)

/*
 * The save area of a VMCB and a VMSA agree in all that both have, and what only a VMSA has lies
 * where a VMCB is reserved (and QEMU leaves it alone). So a VMSA works as the save area of a VMCB.
 * run.S has some offsets as numbers.
 */
_Static_assert(offsetof(struct vmsa, rcx) == 0x308 && offsetof(struct vmsa, rdi) == 0x338 &&
                   offsetof(struct vmsa, r8) == 0x340 && offsetof(struct vmsa, r15) == 0x378,
               "run.S");
_Static_assert(offsetof(struct vmsa, tr) == offsetof(struct vmcb_save, tr) &&
                   offsetof(struct vmsa, cpl) == offsetof(struct vmcb_save, cpl) &&
                   offsetof(struct vmsa, efer) == offsetof(struct vmcb_save, efer) &&
                   offsetof(struct vmsa, cr4) == offsetof(struct vmcb_save, cr4) &&
                   offsetof(struct vmsa, rip) == offsetof(struct vmcb_save, rip) &&
                   offsetof(struct vmsa, rsp) == offsetof(struct vmcb_save, rsp) &&
                   offsetof(struct vmsa, cr2) == offsetof(struct vmcb_save, cr2),
               "APM2-B2, APM2-B4");
#define USED_SIZE offsetof(struct vmsa, reserved_7c8)
_Static_assert(USED_SIZE <= sizeof(struct vmcb_save), "a VMSA's used part fits into a VMCB");

static bool has_tsc_aux;

void state_init(void)
{
    struct io_cpuid features = io_cpuid(0x80000001, 0);
    struct io_cpuid svm = io_cpuid(SVM_CPUID_LEAF, 0);

    if (!(features.ecx & 1u << 2) || !(svm.edx & SVM_CPUID_NP)) {
        stop_emulator("the CPU lacks SVM with nested paging; use -cpu max or EPYC-Milan");
    }
    has_tsc_aux = features.edx & 1u << 27;
    vector_init();
    intercept_init();
}

void state_init_cpu(struct vcpu *vcpu)
{
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SVME);
    msr_write(SVM_MSR_VM_HSAVE_PA, memory_pages(1));
    vcpu->host_pa = memory_pages(1);
    vector_init_cpu();
    /* SAFETY: writes the page at host_pa; our own segments and MSRs never change. */
    asm volatile("vmsave" : : "a"(vcpu->host_pa) : "memory");
}

void state_create(struct level *level)
{
    if (level->vmcb == NULL) {
        level->vmcb = memory_at(memory_pages(1));
        level->vmsa = (struct vmsa *)&level->vmcb->save;
        level->xsave = memory_at(memory_pages(vector_pages()));
        npt_create(&level->tables);
        npt_create(&level->flat);
    }
    memset(level->vmcb, 0, sizeof(*level->vmcb));
    vector_reset(level->xsave);
    intercept_set(&level->vmcb->control);
    level->vmcb->control.guest_asid = 1; /* one guest on this machine; everything is flushed */
    level->vmcb->control.tlb_control = SVM_TLB_FLUSH_ALL;
    level->vmcb->control.nested_ctl = SVM_NESTED_NP;
}

/*
 * Entries without paging, and those of 32 bits, have no C-bit: hardware takes all of the guest's
 * memory for private then.
 */
static bool has_cbit(const struct vmsa *vmsa)
{
    return (vmsa->cr0 & STATE_CR0_PG) && (vmsa->cr4 & STATE_CR4_PAE);
}

void state_enter(struct level *level)
{
    const struct vmsa *vmsa = level->vmsa;
    struct vmcb_control *control = &level->vmcb->control;

    control->n_cr3 = has_cbit(vmsa) ? level->tables.root : level->flat.root;
    (void)tlb_enter(level);
    control->eventinj = level->event;
    control->vintr_ctrl =
        (control->vintr_ctrl & ~SVM_VINTR_TPR) | (uint32_t)(vmsa->vintr_ctrl & VMSA_VINTR_TPR);
    level->event = 0;
}

void state_leave(struct level *level)
{
    struct vmsa *vmsa = level->vmsa;
    const struct vmcb_control *control = &level->vmcb->control;

    vmsa->vintr_ctrl = (vmsa->vintr_ctrl & ~VMSA_VINTR_TPR) | (control->vintr_ctrl & SVM_VINTR_TPR);
}

static void swap_debug(const struct vmsa *vmsa)
{
    /* SAFETY: the hypervisor uses no breakpoints; DR7 is the guest's only while it runs. */
    asm volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2; mov %3, %%dr3"
                 :
                 : "r"(vmsa->dr0), "r"(vmsa->dr1), "r"(vmsa->dr2), "r"(vmsa->dr3));
}

static void keep_debug(struct vmsa *vmsa)
{
    uint64_t dr[4];

    /* SAFETY: reads only. */
    asm volatile("mov %%dr0, %0; mov %%dr1, %1; mov %%dr2, %2; mov %%dr3, %3"
                 : "=r"(dr[0]), "=r"(dr[1]), "=r"(dr[2]), "=r"(dr[3]));
    vmsa->dr0 = dr[0];
    vmsa->dr1 = dr[1];
    vmsa->dr2 = dr[2];
    vmsa->dr3 = dr[3];
}

void state_read(struct level *level)
{
    memcpy(level->vmsa, level->page, USED_SIZE);
}

void state_load(struct level *level)
{
    const struct vmsa *vmsa = level->vmsa;

    intercept_debug(&level->vmcb->control, vmsa->sev_features & SNP_FEATURE_DEBUG_SWAP);
    vector_load(level->xsave, vmsa);
    msr_write(MSR_PAT, vmsa->g_pat);
    if (has_tsc_aux) {
        msr_write(MSR_TSC_AUX, vmsa->tsc_aux);
    }
    if (vmsa->sev_features & SNP_FEATURE_DEBUG_SWAP) {
        swap_debug(vmsa);
    }
    level->loaded = true;
}

void state_unload(struct level *level)
{
    struct vmsa *vmsa = level->vmsa;

    if (!level->loaded) {
        return;
    }
    vector_save(level->xsave, vmsa);
    vmsa->g_pat = msr_read(MSR_PAT);
    if (has_tsc_aux) {
        vmsa->tsc_aux = (uint32_t)msr_read(MSR_TSC_AUX);
    }
    if (vmsa->sev_features & SNP_FEATURE_DEBUG_SWAP) {
        keep_debug(vmsa);
    }
    memcpy(level->page, vmsa, USED_SIZE);
    level->loaded = false;
}
