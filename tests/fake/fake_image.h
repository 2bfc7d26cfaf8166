/* SPDX-License-Identifier: MIT */
/* The fake platform's memory: an image made of fake_task entries, and host memory behind it. */
#pragma once
#include "fake.h"

/* Lay the image description out in static memory. */
const struct svsm_image_header *fake_image_build(const struct fake_task *list, uint32_t count,
                                                 uint32_t boot_task, uint32_t boot_vcpus);

/* After core_init: give every area of every task memory, fill the platform members of the tasks. */
void fake_image_place(void);

/* `t` ran: set the dirty bit of every page that differs from its shadow. */
void fake_image_written(const struct task *t);

/* The memory of area `area` is this from now on (nobody frees it); zeroed memory of that size. */
void fake_image_set(const struct task *t, uint32_t area, uint8_t *memory);

/* `t` is the task that port_copy_* mean from now on. */
void fake_image_enter(struct cpu *cpu, const struct task *t);

/* Host address of a user address; aborts if there is none. */
void *fake_image_memory(const struct task *t, uint64_t va);
