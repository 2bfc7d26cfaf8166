/* SPDX-License-Identifier: MIT */
/*
 * Calls of the guest to services: frame 0 of a chain is then the guest, which has no address space
 * of a task. An endpoint with a protocol number (svsm_image_endpoint.protocol) is what the guest
 * reaches; call n of the protocol is the endpoint's operation n.
 *
 * Arguments 0 to 3 of the operation are RCX, RDX, R8, R9. A buffer that the operation declares at
 * an argument is guest memory at that guest-physical address: windows are copied in before the task
 * runs and out after it returned; leases reach it by ring 0's copies. The task never sees an
 * address.
 *
 * What the task returns: its result code, results 0 to 2 for RCX, RDX, R8, and in result 3 the mask
 * (SVSM_GUEST_*) of those that the guest is to see. Without the mask the registers stay as they
 * were.
 */
#pragma once
#include <task/task.h>

struct guest_call; /* guest/guest.h */

/* The guest of this vCPU calls a service; the chain is empty. true: cpu->regs is to be resumed, and
 * port_guest_answer() comes when the service has returned or crashed; false: answered already. */
[[nodiscard]] bool core_guest(struct cpu *cpu, const struct guest_call *call);

/* Platform (and fake): memory of the guest, as guest_read() and its kin; the answer. */
[[nodiscard]] bool port_guest_read(void *dst, uint64_t gpa, size_t size);
[[nodiscard]] bool port_guest_write(uint64_t gpa, const void *src, size_t size);
[[nodiscard]] bool port_guest_check(uint64_t gpa, size_t size);
void port_guest_answer(struct cpu *cpu, uint32_t result, unsigned mask, const uint64_t out[3]);
