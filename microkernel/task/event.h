/* SPDX-License-Identifier: MIT */
/* Event words, timers, and the root that delivers them when no task runs on a vCPU. */
#pragma once
#include <task/task.h>

/* Nobody idle, nothing initialised: as it is at boot. */
void event_init(void);

/* Set bits in a task's event word and wake somebody who can deliver them. Any context. */
void event_post(struct task *t, uint64_t bits);

/* Somebody idle should look for undelivered events. */
void event_kick(void);

/* The chain of this vCPU is empty: find the next upcall. */
enum next event_root(struct cpu *cpu);

/* SVSM_SYS_TIMER_SET of the running task, and the end of its wait. */
enum next event_timer_set(struct cpu *cpu);
enum next event_wait_poll(struct cpu *cpu);

/* The frame on top no longer waits for bits of `t`; another activation's wait stays. */
void event_waiter_clear(const struct cpu *cpu, struct task *t);
