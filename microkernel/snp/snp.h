/* SPDX-License-Identifier: MIT */
/*
 * The platform seam: what microkernel/guest/ and task/ ask of an SNP machine. Implementations: the
 * instructions themselves (microkernel/snp/, on hardware and in the emulator) and
 * tests/fake/fake_snp (host unit tests, fuzzers, proofs).
 *
 * Addresses of the guest are gpa_t: never dereferenced outside the implementation. Every function
 * may be called on any vCPU at once; who needs more (a claim on a page) says so.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/image.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmsa.h>

typedef struct {
    uint64_t value;
} gpa_t; /* guest physical, without C-bit */

/* Instead of a code of PVALIDATE or RMPADJUST: the instruction ended in "page not validated" (#VC),
 * because the host took the page just now. */
#define SNP_GONE UINT32_C(0x100)

/* RAX of the instruction: SNP_SUCCESS ... or another value it gave, or SNP_GONE. `unchanged`: CF,
 * valid with SNP_SUCCESS only. `size`: SNP_PAGE_*. The page is one of the guest's, aligned to its
 * size. */
[[nodiscard]] uint32_t snp_pvalidate(gpa_t page, unsigned size, bool validate, bool *unchanged);

/* RAX of RMPADJUST, or SNP_GONE. `rdx`: snp_rmpadjust() of abi/snp.h. */
[[nodiscard]] uint32_t snp_adjust(gpa_t page, unsigned size, uint64_t rdx);

/*
 * Copies between ring 0 and memory of the guest; the range stays in one 4 KiB page. false: the page
 * is not there (the host took it, or nobody validated it): nothing is known to have been copied.
 */
[[nodiscard]] bool snp_read(void *dst, gpa_t src, size_t size);
[[nodiscard]] bool snp_write(gpa_t dst, const void *src, size_t size);
/* Zero a page of `size` (SNP_PAGE_*), and touch it as COHERENCY_SFW_NO asks. false: as above. */
[[nodiscard]] bool snp_clear(gpa_t page, unsigned size);
/* Atomically: old value of the byte, which becomes `value`. */
[[nodiscard]] bool snp_exchange_byte(gpa_t at, uint8_t value, uint8_t *old);

/* Every translation that any vCPU at any VMPL may hold of guest memory is gone on return
 * (INVLPGB and TLBSYNC). Where the host does not let us have them the machine stops:
 * decisions/0006. */
void snp_flush_guests(void);

/*
 * A save area of the guest, mapped for ring 0 for as long as it is registered. The guest's level
 * may read the page and write nothing of it (RIGHTS_VMSA of guest/rights.h). `slot`: 0 ..
 * SNP_VMSA_SLOTS - 1, chosen by the caller.
 */
#define SNP_VMSA_SLOTS (4 * SVSM_VCPUS_MAX)
[[nodiscard]] struct vmsa *snp_vmsa_map(uint32_t slot, gpa_t page);
void snp_vmsa_unmap(uint32_t slot);
/* EFER.SVME of a mapped save area by compare-and-swap. Clearing fails (false) while a CPU runs it.
 */
[[nodiscard]] bool snp_vmsa_stop(struct vmsa *vmsa);
void snp_vmsa_start(struct vmsa *vmsa);

/* The APIC ID of one of our vCPUs, and back; false: there is none such. */
[[nodiscard]] bool snp_vcpu_of_apic(uint32_t apic_id, uint32_t *vcpu);

/* Make `vcpu` look again at what it is to run: it may be idle because it had no save area. */
void snp_kick(uint32_t vcpu);
