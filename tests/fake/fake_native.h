/* SPDX-License-Identifier: MIT */
/* Native tasks of the fake platform (fake.h): their memory, and what they see of their arguments.
 */
#pragma once
#include "fake.h"

/* After core_init(): give every task its memory and tell the core where it is. */
void fake_native_place(const struct svsm_image_header *header, const struct fake_native *natives);

/* No task is native any more. */
void fake_native_forget(void);

/* The stack of an activation, or NULL if the task is not native. */
uint8_t *fake_native_stack(const struct task *t, uint32_t activation, size_t *size);

/* Windows' addresses (layout.h) in the arguments of `f` become their host addresses. */
void fake_native_args(const struct frame *f, uint64_t args[SVSM_ARGS]);

/* While the task of `f` runs, the rest of its windows behind the call's buffers is off limits. */
void fake_native_guard(const struct frame *f, bool on);
