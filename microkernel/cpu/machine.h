/* SPDX-License-Identifier: MIT */
/*
 * What the platforms do in their own way, beside task/port.h: native in cpu/ and boot/, SNP in
 * snp/. The build's file lists choose.
 */
#pragma once
#include <cdefs.h>
#include <cpu/io.h>
#include <task/task.h>

/* As the CPU says it, or whom ring 0 believes instead: on SNP the firmware's page. */
[[nodiscard]] struct cpuid machine_cpuid(uint32_t leaf, uint32_t sub);

/* The CPU lacks SMEP, SMAP or UMIP. Comes back where that is bearable. */
void machine_undefended(void);

/* An interrupt (never an exception) arrived. true: it was one tick of the timer. */
[[nodiscard]] bool machine_interrupt(uint64_t vector);

/* An exception on an IST stack that was expected where it happened: *r leads on from there. */
[[nodiscard]] bool machine_recovers(struct regs *r);
/* Is a #VC at CPL 3 the task's doing? The host's ends the machine. */
[[nodiscard]] bool machine_vc_of_task(const struct regs *r);

/* The end: no other vCPU goes on; this one does not either. */
void machine_stop_others(void);
[[gnu::noreturn]] void machine_leave(uint32_t code);

/* The timer that the PIT's calibration times beside the TSC: ticks since it began; 0: none. */
void machine_timer_begin(void);
[[nodiscard]] uint32_t machine_timer_end(void);
