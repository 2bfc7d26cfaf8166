/* SPDX-License-Identifier: MIT */
/*
 * Which save areas KVM can be given. QEMU carries over a list of registers and refuses the rest
 * where it is not zero; KVM sets some bits itself and would then measure another page.
 */
#include <string.h>
#include <svsm/abi/snp.h>

#include "igvm.h"

#define CR0_REAL UINT64_C(0x30)
#define CR0_PROTECTED UINT64_C(0x31)
#define CR4_MCE UINT64_C(0x40)

static bool features_check(uint64_t wanted, uint64_t offered, struct fail *f)
{
    if ((wanted & SNP_FEATURE_SNP) == 0) {
        return fail_because(f, "the save area's SEV_FEATURES 0x%llx are without SNP",
                            (unsigned long long)wanted);
    }
    if ((wanted & ~offered) != 0) {
        return fail_with_mend(f, "--profile planes or strict offers more than upstream-6.12",
                              "the save area wants SEV_FEATURES 0x%llx, but the host offers 0x%llx",
                              (unsigned long long)wanted, (unsigned long long)offered);
    }
    return true;
}

/* The offset of the first byte that is not zero; the size if there is none. */
static size_t first_set(const struct vmsa *vmsa)
{
    const uint8_t *bytes = (const uint8_t *)vmsa;
    size_t at = 0;
    while (at < sizeof(*vmsa) && bytes[at] == 0) {
        at++;
    }
    return at;
}

static void clear(void *field, size_t size)
{
    memset(field, 0, size);
}

/* Takes out what QEMU hands on. */
static void clear_known(struct vmsa *v)
{
    clear(&v->es, offsetof(struct vmsa, pl0_ssp)); /* all segments and tables */
    v->efer = v->cr4 = v->cr3 = v->cr0 = v->dr7 = v->dr6 = 0;
    v->rflags = v->rip = v->rsp = v->rax = v->g_pat = 0;
    v->rcx = v->rdx = v->rbx = v->rbp = v->rsi = v->rdi = 0;
    clear(&v->r8, offsetof(struct vmsa, reserved_380) - offsetof(struct vmsa, r8));
    v->sev_features = v->xcr0 = 0;
    v->mxcsr = 0;
    v->x87_fcw = 0;
}

bool igvm_vmsa_check(const struct vmsa *vmsa, uint64_t features, struct fail *f)
{
    struct vmsa rest = *vmsa;
    if (!features_check(vmsa->sev_features, features, f)) {
        return false;
    }
    clear_known(&rest);
    size_t at = first_set(&rest);
    if (at != sizeof(rest)) {
        return fail_because(f, "the save area sets what QEMU does not hand on: the byte at 0x%zx",
                            at);
    }
    if (vmsa->cr0 != CR0_REAL && vmsa->cr0 != CR0_PROTECTED) {
        return fail_because(f, "the save area's CR0 is 0x%llx; KVM starts with 0x30 or 0x31 only",
                            (unsigned long long)vmsa->cr0);
    }
    if ((vmsa->efer & SNP_EFER_SVME) == 0 || (vmsa->cr4 & CR4_MCE) == 0) {
        return fail_because(f, "the save area is without EFER.SVME or CR4.MCE, which KVM sets: it "
                               "would measure another page");
    }
    return true;
}
