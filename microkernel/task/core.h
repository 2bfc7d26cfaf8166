/* SPDX-License-Identifier: MIT */
/*
 * The way into the task core. Each function is called with interrupts off on the vCPU it names,
 * works on cpu->chain and leaves in cpu->regs what is to run next.
 *
 * They return true if cpu->regs is to be resumed, false if this vCPU has nothing to run: then the
 * platform waits for an interrupt and asks core_resume() again.
 */
#pragma once
#include <cdefs.h>
#include <task/task.h>

/* Check the image's tables (image_check) and set up tasks[]. Once, on the boot CPU, before the
 * platform builds address spaces. Stops the machine with the reason if the tables are wrong. */
void core_init(const struct svsm_image_header *image);

/* The task executed SYSCALL; cpu->regs as the stub saved it. */
[[nodiscard]] bool core_syscall(struct cpu *cpu);

/* The task raised a CPU exception. cpu->regs.vector and .error are set; `address` = CR2 for #PF. */
[[nodiscard]] bool core_exception(struct cpu *cpu, uint64_t address);

/* One timer tick (TICK_NS) passed while the task ran at CPL 3. */
[[nodiscard]] bool core_tick(struct cpu *cpu);
#define TICK_NS UINT64_C(10000000)

/* Another interrupt arrived while the task ran at CPL 3: a kick, perhaps, because it was killed. */
[[nodiscard]] bool core_interrupted(struct cpu *cpu);

/* Whatever waits for this vCPU: the boot chain, events, the end of a wait. First entry after boot
 * (chain empty) and after each interrupt taken while idle. */
[[nodiscard]] bool core_resume(struct cpu *cpu);

/* ISA interrupt `irq` arrived: sets the owner's event bits. Never switches; any context. */
void core_irq(uint32_t irq);

/* Called by root code of vCPU 0 and by tests: true once every task has been initialised. */
[[nodiscard]] bool core_booted(void);
