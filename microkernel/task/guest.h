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
 *
 * Before the task runs, memory that another vCPU is changing just now is an answer BUSY, which has
 * no effect: stock guests repeat such a call, and give up after INVALID_ADDRESS. After the task has
 * run BUSY would be untrue.
 *
 * A call has happened once its task's state is committed. If the guest's memory is gone by then, or
 * goes while the answer is written, the guest is told INVALID_ADDRESS and the state stays: so would
 * a TPM whose answer was lost on the bus. Were it rolled back, a guest could undo what it tried
 * (a wrong authorisation that was counted) by taking its own buffer away in time.
 */
#pragma once
#include <task/task.h>

struct guest_call; /* guest/guest.h */

/*
 * The guest of this vCPU calls a service; the chain is empty. port_guest_answer() comes exactly
 * once: before this returns, or from one of core.h's functions later. true and false are as in
 * core.h: false, and the chain is empty (core_guest_may_run()): the guest was answered and may go
 * on.
 */
[[nodiscard]] bool core_guest(struct cpu *cpu, const struct guest_call *call);

/* Nothing of this vCPU waits inside a task. Asked after core.h's functions said false: a service
 * that waits (SVSM_TIMER_WAIT) keeps the guest out until it goes on. */
[[nodiscard]] static inline bool core_guest_may_run(const struct cpu *cpu)
{
    return cpu->chain.depth == 0;
}

/* Does a service answer this protocol? No longer, once it has been withdrawn. Any context. */
[[nodiscard]] bool core_guest_protocol(uint32_t protocol);

/* Platform (and fake): memory of the guest, as guest_read() and its kin; the answer. */
enum status port_guest_read(void *dst, uint64_t gpa, size_t size);
enum status port_guest_write(uint64_t gpa, const void *src, size_t size);
enum status port_guest_check(uint64_t gpa, size_t size);
void port_guest_answer(struct cpu *cpu, uint32_t result, unsigned mask, const uint64_t out[3]);
