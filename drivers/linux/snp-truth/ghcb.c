/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The kernel's GHCB, borrowed. See module.h. */
/* SAFETY: WRMSR and RDMSR of the GHCB MSR and VMGEXIT do what the protocol says with the page that
 * the MSR names, which is this CPU's own, with interrupts off; OUT to port 80h changes nothing. */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/pgtable.h>

#include "module.h"
#include "runner.h"
#include <svsm/abi/ghcb_msr.h>

#define MSR_GHCB 0xc0010130u

static u64 msr_read(void)
{
    u32 low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_GHCB));
    return (u64)high << 32 | low;
}

static void msr_write(u64 value)
{
    asm volatile("wrmsr" : : "c"(MSR_GHCB), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static void vmgexit(void)
{
    asm volatile("rep; vmmcall" : : : "memory");
}

u64 ghcb_msr(u64 value)
{
    msr_write(value);
    vmgexit();
    return msr_read();
}

void ghcb_exit(const struct ghcb_loan *loan)
{
    msr_write(loan->gpa);
    vmgexit();
}

/* The kernel has mapped it without the C-bit; anything else is not what we look for. */
static bool is_shared(unsigned long address)
{
    unsigned int level;
    pte_t *pte = lookup_address(address, &level);

    return pte != NULL && pte_present(*pte) && (pte_val(*pte) & sme_me_mask) == 0;
}

bool ghcb_borrow(struct ghcb_loan *loan)
{
    local_irq_save(loan->flags);
    /* A #VC of the kernel's own, which leaves the address of its GHCB in the MSR. */
    asm volatile("outb %%al, $0x80" : : "a"(0));
    loan->gpa = msr_read();
    loan->ghcb = NULL;
    if (loan->gpa != 0 && ghcb_msr_code(loan->gpa) == GHCB_MSR_PAGE &&
        pfn_valid(loan->gpa >> PAGE_SHIFT)) {
        loan->ghcb = __va(loan->gpa);
    }
    if (loan->ghcb == NULL || !is_shared((unsigned long)loan->ghcb)) {
        local_irq_restore(loan->flags);
        return false;
    }
    memcpy(loan->saved, loan->ghcb, sizeof(loan->saved));
    return true;
}

void ghcb_give_back(struct ghcb_loan *loan)
{
    memcpy(loan->ghcb, loan->saved, sizeof(loan->saved));
    msr_write(loan->gpa);
    local_irq_restore(loan->flags);
}
