/* SPDX-License-Identifier: MIT */
/*
 * The other vCPUs of VMPL0. Their save areas are made with the page tables and lie in ring 0's own
 * memory; each starts in 64-bit mode, with the final tables, on its own stack. They start when the
 * tasks are ready, because with Secure TSC it is a task that learns their TSC's scale and offset.
 */
#include <snp/ap.h>
#include <boot/boot.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <log/log.h>
#include <mm/mm.h>
#include <snp/apic_ids.h>
#include <snp/ghcb.h>
#include <snp/insn.h>
#include <snp/machine.h>
#include <snp/memory.h>
#include <snp/psp_tsc.h>
#include <snp/stop.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>
#include <task/core.h>
#include <task/port.h>

#define PATIENCE_NS UINT64_C(60000000000)
#define EFER_LMA 0x400u
#define CR4_START UINT64_C(0x60) /* PAE, MCE */
#define CODE_ATTRIB (VMSA_RESET_CODE_ATTRIB | VMSA_ATTRIB_L | VMSA_ATTRIB_G)
#define DATA_ATTRIB (VMSA_RESET_DATA_ATTRIB | VMSA_ATTRIB_DB | VMSA_ATTRIB_G)
#define OTHER_VMPL 1u /* RMPADJUST has to name a lower level; it gets no right */

extern const uint8_t ap_start[]; /* boot.S */

ROINIT static struct vmsa *areas[SVSM_VCPUS_MAX];
ROINIT static uint64_t area_pa[SVSM_VCPUS_MAX];

static void fill_registers(struct vmsa *v, uint32_t vcpu)
{
    v->efer = SNP_EFER_SVME | EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
    v->cr0 = CR0_BITS;
    v->cr3 = pages_cr3(kernel_space_root());
    v->cr4 = CR4_START;
    v->dr6 = VMSA_RESET_DR6;
    v->dr7 = VMSA_RESET_DR7;
    v->rflags = VMSA_RESET_RFLAGS;
    v->rip = (uint64_t)ap_start;
    v->rsp = VCPU_VA + (uint64_t)vcpu * VCPU_STRIDE + VCPU_STACK_END;
    v->rdi = vcpu;
    v->g_pat = VMSA_RESET_G_PAT;
    v->xcr0 = VMSA_RESET_XCR0;
    v->mxcsr = VMSA_RESET_MXCSR;
    v->x87_fcw = VMSA_RESET_X87_FCW;
    v->x87_ftw = VMSA_RESET_X87_FTW;
    v->sev_features = machine_features();
}

static void fill_segments(struct vmsa *v, uint32_t vcpu)
{
    struct tables_place t = tables_place(vcpu);
    v->cs = (struct vmsa_segment){SEL_KERNEL_CODE, CODE_ATTRIB, UINT32_MAX, 0};
    v->ss = (struct vmsa_segment){SEL_KERNEL_DATA, DATA_ATTRIB, UINT32_MAX, 0};
    v->ldtr = (struct vmsa_segment){.attrib = VMSA_RESET_LDTR_ATTRIB};
    v->gdtr = (struct vmsa_segment){.limit = t.gdt_limit, .base = t.gdt};
    v->idtr = (struct vmsa_segment){.limit = t.idt_limit, .base = t.idt};
    v->tr = (struct vmsa_segment){SEL_TSS, VMSA_RESET_TR_ATTRIB, t.tss_limit, t.tss};
}

/* Not 2 MiB aligned: an erratum of the CPU forbids that. */
static pa_t take_page(void)
{
    pa_t pa = pool_take(1);
    return pa.value % SNP_SIZE_2M == 0 ? pool_take(1) : pa;
}

/* Makes the save areas only. */
void ap_start_all(void)
{
    for (uint32_t i = 1; i < vcpu_count; i++) {
        pa_t pa = take_page();
        struct vmsa *v = boot_map(pa);
        fill_registers(v, i);
        fill_segments(v, i);
        AT(areas, i) = (struct vmsa *)kernel_space_window(pa, 1);
        AT(area_pa, i) = pa.value;
    }
}

/* false: the host does not take it. */
static bool doorbell_register(uint32_t vcpu)
{
    uint64_t page;
    (void)memory_doorbell(vcpu, &page);
    return !machine_restricted() || ghcb_doorbell(page);
}

/* The others run already. The boot vCPU has its IDT, and runs on the tables that have its stacks:
 * a #HV, which may be pending, finds what it needs from now on. */
void ap_release(void)
{
    if (!doorbell_register(0)) {
        stop_because(SNP_STOP_GHCB, "the host does not take a doorbell page");
    }
}

static void start(uint32_t vcpu)
{
    struct vmsa *v = AT(areas, vcpu);
    if ((machine_features() & SNP_FEATURE_SECURE_TSC) != 0) {
        const struct psp_tsc *tsc = psp_tsc_info();
        if (!psp_tsc_is_sound(tsc)) {
            stop_because(SNP_STOP_CLOCK,
                         "no TSC_INFO: another vCPU's Secure TSC would stand still");
        }
        v->guest_tsc_scale = tsc->scale;
        v->guest_tsc_offset = tsc->offset;
    }
    if (insn_rmpadjust((uint64_t)v, SNP_PAGE_4K,
                       snp_rmpadjust(OTHER_VMPL, 0, SNP_RMPADJUST_VMSA)) != SNP_SUCCESS ||
        !ghcb_vcpu_create(AT(vcpus, vcpu).apic_id, 0, GHCB_AP_CREATE, AT(area_pa, vcpu),
                          machine_features())) {
        stop_because(SNP_STOP_VCPU, "the host does not take the save area of a vCPU");
    }
}

void ap_learn_ids(void)
{
    uint32_t ids[SVSM_VCPUS_MAX];
    bool offered = (ghcb_host_features() & GHCB_HV_APIC_IDS) != 0;
    if (offered) {
        uint64_t page;
        /* SAFETY: a page of two that are shared, and no message is under way. */
        volatile uint32_t *list = (volatile uint32_t *)memory_message(MESSAGE_ANSWER, &page);
        list[0] = 0; /* where the host writes nothing there is no list */
        if (!ghcb_apic_ids(page) || !apic_ids_take(list, vcpu_count, ids)) {
            stop_because(SNP_STOP_ANSWER, "the host's list of APIC IDs is not one of our vCPUs");
        }
    } else {
        LOG_INFO("the host has no list of APIC IDs: they are taken to go from 0 on");
    }
    for (uint32_t i = 0; i < vcpu_count; i++) {
        AT(vcpus, i).apic_id = offered ? AT(ids, i) : i;
    }
}

void ap_start_others(void)
{
    uint64_t end = port_now_ns() + PATIENCE_NS;
    for (uint32_t i = 1; i < vcpu_count; i++) {
        start(i);
    }
    for (uint32_t i = 1; i < vcpu_count; i++) {
        while (atomic_load(&AT(vcpus, i).online) == 0) {
            if (port_now_ns() > end) {
                stop_because(SNP_STOP_VCPU, "a vCPU did not start");
            }
            cpu_pause();
        }
    }
}

/* From boot.S, on the vCPU's own stack. */
[[gnu::noreturn]] void ap_main(uint32_t vcpu);
void ap_main(uint32_t vcpu)
{
    if (!ghcb_register(vcpu) || !doorbell_register(vcpu)) {
        stop_claim();
        ghcb_terminate_now(SNP_STOP_GHCB);
    }
    features_enable(vcpu);
    AT(vcpus, vcpu).wake_ns = UINT64_MAX;
    atomic_store(&AT(vcpus, vcpu).online, 1);
    vcpu_start(cpu_of(vcpu));
}
