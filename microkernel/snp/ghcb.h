/* SPDX-License-Identifier: MIT */
/*
 * What ring 0 asks of the host: the MSR protocol, and one GHCB page for each vCPU. Nothing that the
 * host answers is believed beyond its meaning: each answer is read once, and checked.
 *
 * Every function works on the GHCB of the vCPU that calls it, with interrupts off. false: the host
 * refused, or did not answer as the protocol says.
 */
#pragma once
#include <cdefs.h>

/* MSR protocol, no page needed. */
[[gnu::noreturn]] void ghcb_terminate_now(unsigned reason);
[[nodiscard]] bool ghcb_version_fits(void); /* version 2 is among those the host has */
[[nodiscard]] uint64_t ghcb_host_features(void);

/* `page` (physical, validated, mapped at `va`, private) becomes shared; a mapping without C-bit is
 * the caller's to make. */
[[nodiscard]] bool ghcb_make_shared(uint64_t page, const void *va);
/*
 * Make `page` (physical, validated, mapped at `va`, private) the GHCB of `vcpu`, which nobody uses
 * yet; its shared mapping at GHCB_VA is the caller's to make. Then, on that vCPU, register it.
 */
[[nodiscard]] bool ghcb_share(uint32_t vcpu, uint64_t page, const void *va);
[[nodiscard]] bool ghcb_register(uint32_t vcpu);
[[nodiscard]] bool ghcb_ready(void); /* on this vCPU */

[[nodiscard]] bool ghcb_port_in(uint16_t port, unsigned size, uint32_t *value);
[[nodiscard]] bool ghcb_port_out(uint16_t port, unsigned size, uint32_t value);
/* `count` bytes to a port, at most GHCB_BUFFER_SIZE. */
[[nodiscard]] bool ghcb_port_string(uint16_t port, const void *bytes, size_t count);

/* The save area at `vmsa` for a level of the vCPU with this APIC ID; `request`: GHCB_AP_*. */
[[nodiscard]] bool ghcb_vcpu_create(uint32_t apic_id, unsigned vmpl, unsigned request,
                                    uint64_t vmsa, uint64_t features);
/* `page` (shared) is the doorbell of this vCPU's VMPL0 from now on, as the host says when asked. */
[[nodiscard]] bool ghcb_doorbell(uint64_t page);
/* End of interrupt at the local APIC that the host plays. */
[[nodiscard]] bool ghcb_eoi(void);
/* The host writes its list of APIC IDs (apic_ids.h) to the page, which is shared. */
[[nodiscard]] bool ghcb_apic_ids(uint64_t page);
/* Runs a level of this vCPU; comes back when it, or the host, wants VMPL0. */
[[nodiscard]] bool ghcb_run_vmpl(unsigned vmpl);
/* Both pages shared. *status: as ghcb_request_status() of abi/ghcb.h. */
[[nodiscard]] bool ghcb_guest_request(uint64_t request, uint64_t response, uint64_t *status);
