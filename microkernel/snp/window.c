/* SPDX-License-Identifier: MIT */
/*
 * Ring 0's windows on the guest's memory: for each vCPU one of 4 KiB and one of 2 MiB, for each
 * registered save area one. A GiB of the kernel half is theirs alone, so its directory and the
 * table of the small ones can be mapped for writing without anything else being within reach.
 *
 * A vCPU uses its own windows only, so a change of one is flushed on that vCPU only. Save areas are
 * used by any vCPU: each flushes before its first access.
 */
#include <snp/snp.h>
#include <cpu/cpu.h>
#include <cpu/io.h>
#include <mm/mm.h>
#include <snp/access.h>
#include <snp/stop.h>
#include <snp/window.h>
#include <stdatomic.h>

#define KERNEL_SLOT 511 /* of a PML4 */
#define GUEST_SLOT 509  /* of the kernel's PDPT */
#define SMALL_TABLE_VA (TABLES_VA + 0x2000)
#define VMSA_FIRST 64u /* entries of the table; those below are of the vCPUs */
#define FLAGS (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX)

/* Operands of INVLPGB: of this guest, at every level, global ones too. */
#define INVLPGB_ASID 0x4u
#define INVLPGB_GLOBAL 0x8u

void window_init(void)
{
    const uint64_t flags = PTE_WRITE | PTE_NX;
    kernel_space_map(GUEST_SMALL_VA, (pa_t){0}, flags); /* makes the tables */
    const struct table *pml4 = boot_map(kernel_space_root());
    const struct table *pdpt = boot_map(pages_pa(pml4->entries[KERNEL_SLOT]));
    pa_t directory = pages_pa(pdpt->entries[GUEST_SLOT]);
    const struct table *pd = boot_map(directory);
    pa_t small = pages_pa(pd->entries[0]);
    *pages_entry(kernel_space_root(), GUEST_SMALL_VA) = 0;
    kernel_space_map(TABLES_VA, directory, flags);
    kernel_space_map(SMALL_TABLE_VA, small, flags);
}

/* SAFETY: drops a translation of ring 0's own. */
static void invlpg(uint64_t va)
{
    asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* SAFETY: window_init() has mapped both tables; what is mapped by an entry is a page of the guest,
 * which ring 0 looks at through access.S only, or a save area, which the guest cannot write: the
 * host can take that away, and then the machine ends. */
static uint64_t small_set(uint32_t entry, uint64_t page)
{
    struct table *t = (struct table *)SMALL_TABLE_VA;
    uint64_t va = GUEST_SMALL_VA + entry * SVSM_PAGE_SIZE;
    CHECK((page & (~PTE_ADDRESS | pages_private)) == 0);
    AT(t->entries, entry) = page | pages_private | FLAGS;
    invlpg(va);
    return va;
}

static uint64_t large_set(uint64_t page)
{
    struct table *t = (struct table *)TABLES_VA;
    uint32_t vcpu = cpu_index();
    uint64_t va = GUEST_LARGE_VA + vcpu * SNP_SIZE_2M;
    CHECK((page & (~PTE_ADDRESS | pages_private | (SNP_SIZE_2M - 1))) == 0);
    AT(t->entries, GUEST_LARGE_FIRST + vcpu) = page | pages_private | FLAGS | PTE_LARGE;
    invlpg(va);
    return va;
}

/* A window of this vCPU on the page. Every other entry is a guard. */
static uint64_t open(uint64_t page, unsigned size)
{
    return size == SNP_PAGE_2M ? large_set(page) : small_set(2 * cpu_index(), page);
}

static void *open_at(gpa_t at, size_t size)
{
    uint64_t offset = at.value % SVSM_PAGE_SIZE;
    CHECK(size <= SVSM_PAGE_SIZE - offset);
    /* SAFETY: see small_set(). */
    return (void *)(open(at.value - offset, SNP_PAGE_4K) + offset);
}

uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged)
{
    return access_pvalidate(open(page.value, size), size, validate, unchanged);
}

uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx)
{
    return access_rmpadjust(open(page.value, size), size, rdx);
}

bool snp_read(void *dst, gpa_t src, size_t size)
{
    return access_move(dst, open_at(src, size), size);
}

bool snp_write(gpa_t dst, const void *src, size_t size)
{
    return access_move(open_at(dst, size), src, size);
}

/* Every byte is written, which is more than a CPU without COHERENCY_SFW_NO asks for. */
bool snp_clear(gpa_t page, unsigned size)
{
    uint64_t bytes = size == SNP_PAGE_2M ? SNP_SIZE_2M : SNP_SIZE_4K;
    /* SAFETY: see small_set(). */
    return access_clear((void *)open(page.value, size), bytes / 8);
}

bool snp_exchange_byte(gpa_t at, uint8_t value, uint8_t *old)
{
    return access_exchange(open_at(at, 1), value, old);
}

/* A host can take the instructions away again: then this is the end, for what was to be flushed is
 * to be looked at next. */
void snp_flush_guests(void)
{
    if (!access_flush(INVLPGB_ASID | INVLPGB_GLOBAL)) {
        stop_because(SNP_STOP_FEATURE, "the host lacks INVLPGB: a guest's TLB cannot be flushed");
    }
}

struct vmsa *snp_vmsa_map(uint32_t slot, gpa_t page)
{
    CHECK(slot < SNP_VMSA_SLOTS);
    /* SAFETY: see small_set(); no other level may write the page. */
    return (struct vmsa *)small_set(VMSA_FIRST + 2 * slot, page.value);
}

void snp_vmsa_unmap(uint32_t slot)
{
    /* SAFETY: as in small_set(). */
    struct table *t = (struct table *)SMALL_TABLE_VA;
    CHECK(slot < SNP_VMSA_SLOTS);
    AT(t->entries, VMSA_FIRST + 2 * slot) = 0;
    invlpg(GUEST_SMALL_VA + (VMSA_FIRST + 2 * slot) * SVSM_PAGE_SIZE);
}

static _Atomic uint64_t *efer_of(struct vmsa *vmsa)
{
    invlpg((uint64_t)vmsa); /* the slot may have had another page when this vCPU last used it */
    return (_Atomic uint64_t *)&vmsa->efer;
}

bool snp_vmsa_stop(struct vmsa *vmsa)
{
    _Atomic uint64_t *efer = efer_of(vmsa);
    uint64_t old = atomic_load(efer);
    return (old & SNP_EFER_SVME) == 0 ||
           atomic_compare_exchange_strong(efer, &old, old & ~SNP_EFER_SVME);
}

void snp_vmsa_start(struct vmsa *vmsa)
{
    atomic_fetch_or(efer_of(vmsa), SNP_EFER_SVME);
}

bool snp_vcpu_of_apic(uint32_t apic_id, uint32_t *vcpu)
{
    for (uint32_t i = 0; i < vcpu_count; i++) {
        if (AT(vcpus, i).apic_id == apic_id) {
            *vcpu = i;
            return true;
        }
    }
    return false;
}

/* Nothing to do: who registers a save area for a vCPU tells the host of it, and the host lets that
 * vCPU go on. See snp/run.c. */
void snp_kick(uint32_t vcpu)
{
    (void)vcpu;
}
