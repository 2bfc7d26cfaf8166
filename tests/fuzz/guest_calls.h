/* SPDX-License-Identifier: MIT */
/*
 * The guest's part of fuzz_syscalls.c: calls of its vCPUs to the tasks, and what must hold of them.
 * A call is answered once, with a result that AMD's protocols have; memory of the guest changes
 * only where a call under way has a buffer; pages may vanish at any access.
 */
#pragma once
#include "fuzz.h"
#include <fake.h>

void guest_calls_start(void);
/* The vCPU calls, if nothing is under way on it; or the host takes a page or gives it back. */
void guest_calls_one(struct input *in, uint32_t vcpu);
void guest_calls_check(void); /* after each step */
void guest_calls_rest(void);  /* nothing runs any more */
