/* SPDX-License-Identifier: MIT */
/*
 * What VMRUN asks of a save area. The order is ours: hardware says only that it failed, so the
 * first reason here is the one that is most likely to help.
 */
#include "vmsa_check.h"
#include "rules.h"
#include <stddef.h>
#include <svsm/abi/svm.h>

#define CR0_PE (UINT64_C(1) << 0)
#define CR0_WP (UINT64_C(1) << 16)
#define CR0_NW (UINT64_C(1) << 29)
#define CR0_CD (UINT64_C(1) << 30)
#define CR0_PG (UINT64_C(1) << 31)
#define CR4_PAE (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)
#define CR4_CET (UINT64_C(1) << 23)
/* Bits 0 to 12, FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP, PKE and CET. */
#define CR4_DEFINED UINT64_C(0x00f71fff)
#define EFER_LME (UINT64_C(1) << 8)
/* SCE, LME, LMA, NXE, SVME, LMSLE, FFXSR, TCE, MCOMMIT, INTWB, UAIE, AIBRSE. */
#define EFER_DEFINED UINT64_C(0x0036fd01)
#define HIGH_HALF (~UINT64_C(0) << 32)
#define EXCEPTIONS 32u
#define VECTOR_NMI 2u
#define XCR0_X87 UINT64_C(1)
#define XCR0_SSE UINT64_C(2)
#define XCR0_AVX UINT64_C(4)

static unsigned check_page(const struct rmp_entry *entry, uint32_t asid)
{
    const uint8_t needed = RMP_ASSIGNED | RMP_VALIDATED | RMP_VMSA;

    if (!entry || (entry->flags & needed) != needed || entry->asid != asid) {
        return RULE_VMSA_PAGE;
    }
    if (entry->flags & RMP_LARGE) {
        return RULE_VMSA_LARGE;
    }
    return entry->flags & RMP_IN_USE ? RULE_VMSA_IN_USE : RULE_NONE;
}

static bool event_is_sound(uint64_t event)
{
    uint64_t type = event & SVM_EVENT_TYPE;
    uint64_t vector = event & SVM_EVENT_VECTOR;

    if (event & SVM_EVENT_RESERVED) {
        return false;
    }
    return type == SVM_EVENT_EXTERNAL || type == SVM_EVENT_NMI || type == SVM_EVENT_SOFTWARE ||
           (type == SVM_EVENT_EXCEPTION && vector < EXCEPTIONS && vector != VECTOR_NMI);
}

static unsigned check_alternate(const struct vmsa *vmsa)
{
    const uint64_t known = VMSA_VINTR_TPR | VMSA_VINTR_IRQ | VMSA_VINTR_GIF |
                           VMSA_VINTR_INT_SHADOW | VMSA_VINTR_PRIO_MASK << VMSA_VINTR_PRIO_SHIFT |
                           VMSA_VINTR_IGN_TPR | VMSA_VINTR_VECTOR_MASK << VMSA_VINTR_VECTOR_SHIFT;

    if (vmsa->vintr_ctrl & ~known) {
        return RULE_VMSA_VINTR;
    }
    bool sound = !(vmsa->event_inj & SVM_EVENT_VALID) || event_is_sound(vmsa->event_inj);
    return sound ? RULE_NONE : RULE_VMSA_EVENT_INJ;
}

static unsigned check_features(const struct vmsa *vmsa, uint64_t allowed)
{
    uint64_t features = vmsa->sev_features;

    if (!(features & SNP_FEATURE_SNP)) {
        return RULE_VMSA_SNP;
    }
    if (features & ~(allowed & ~SNP_FEATURE_ALLOWED_VALID)) {
        return RULE_VMSA_FEATURES;
    }
    if (!(features & SNP_FEATURE_ALTERNATE_INJECTION)) {
        return RULE_NONE;
    }
    if (features & (SNP_FEATURE_RESTRICTED_INJECTION | SNP_FEATURE_SECURE_AVIC)) {
        return RULE_VMSA_INJECTION;
    }
    return vmsa->vintr_ctrl & VMSA_VINTR_GUEST_BUSY ? RULE_VMSA_BUSY : check_alternate(vmsa);
}

/* EFER.LMA itself is not looked at. */
static bool is_long(const struct vmsa *vmsa)
{
    return (vmsa->efer & EFER_LME) && (vmsa->cr0 & CR0_PG);
}

static bool long_mode_is_sound(const struct vmsa *vmsa)
{
    const uint16_t both = VMSA_ATTRIB_L | VMSA_ATTRIB_DB;

    return !is_long(vmsa) ||
           ((vmsa->cr4 & CR4_PAE) && (vmsa->cr0 & CR0_PE) && (vmsa->cs.attrib & both) != both);
}

static bool tsc_is_sound(const struct vmsa *vmsa, const struct vmsa_limits *limits)
{
    return !(vmsa->sev_features & SNP_FEATURE_SECURE_TSC) ||
           (vmsa->guest_tsc_scale == limits->tsc_scale &&
            vmsa->guest_tsc_offset == limits->tsc_offset);
}

static unsigned check_registers(const struct vmsa *vmsa, const struct vmsa_limits *limits)
{
    const uint8_t phys_bits = limits->phys_bits;

    if ((vmsa->efer & ~EFER_DEFINED) || !long_mode_is_sound(vmsa)) {
        return RULE_VMSA_EFER;
    }
    if ((vmsa->cr0 & HIGH_HALF) || (vmsa->cr0 & (CR0_CD | CR0_NW)) == CR0_NW) {
        return RULE_VMSA_CR0;
    }
    if (is_long(vmsa) && phys_bits < 64 && vmsa->cr3 >> phys_bits) {
        return RULE_VMSA_CR3;
    }
    if ((vmsa->cr4 & ~CR4_DEFINED) || ((vmsa->cr4 & CR4_LA57) && !limits->la57)) {
        return RULE_VMSA_CR4;
    }
    if ((vmsa->cr4 & CR4_CET) && !(vmsa->cr0 & CR0_WP)) {
        return RULE_VMSA_CET;
    }
    if ((vmsa->dr6 & HIGH_HALF) || (vmsa->dr7 & HIGH_HALF)) {
        return RULE_VMSA_DR;
    }
    if (!(vmsa->xcr0 & XCR0_X87) || (vmsa->xcr0 & (XCR0_AVX | XCR0_SSE)) == XCR0_AVX) {
        return RULE_VMSA_XCR0;
    }
    return RULE_NONE;
}

unsigned vmsa_check(const struct vmsa *vmsa, const struct rmp_entry *entry, uint8_t vmpl,
                    const struct vmsa_limits *limits)
{
    unsigned rule = check_page(entry, limits->asid);

    if (rule != RULE_NONE) {
        return rule;
    }
    if (!(vmsa->efer & SNP_EFER_SVME)) {
        return RULE_VMSA_SVME;
    }
    if (vmsa->vmpl >= SNP_VMPLS || vmsa->vmpl != vmpl) {
        return RULE_VMSA_LEVEL;
    }
    rule = check_features(vmsa, limits->allowed_features);
    if (rule == RULE_NONE && !tsc_is_sound(vmsa, limits)) {
        rule = RULE_VMSA_TSC;
    }
    return rule != RULE_NONE ? rule : check_registers(vmsa, limits);
}

unsigned vmsa_check_event(const struct vmsa *vmsa, uint64_t event)
{
    const uint64_t hv = svm_event(SVM_EVENT_EXCEPTION, SNP_VECTOR_HV);

    if (!(vmsa->sev_features & SNP_FEATURE_RESTRICTED_INJECTION) || !(event & SVM_EVENT_VALID)) {
        return RULE_NONE;
    }
    return event == hv ? RULE_NONE : RULE_VMSA_EVENT;
}
