/* SPDX-License-Identifier: MIT */
/*
 * Exceptions for the guest. #VC is delivered here, frame and all, since QEMU pushes no error code
 * for vector 29; all others go through EVENTINJ.
 */
#pragma once
#include "machine.h"

#define EVENT_DB 1u
#define EVENT_UD 6u
#define EVENT_DF 8u
#define EVENT_NP 11u
#define EVENT_GP 13u
#define EVENT_PF 14u

void event_vc(struct level *level, uint64_t code);
void event_exception(struct level *level, uint8_t vector);
void event_exception_error(struct level *level, uint8_t vector, uint32_t error);

/* Skips an instruction that the emulator has done for the CPU. */
void event_skip(struct level *level, unsigned length);

/*
 * A software interrupt, by an instruction that RIP must be moved behind; its delivery does not move
 * it. False: the gate is refused, and the fault for that is to be delivered with RIP as it is.
 */
bool event_software(struct level *level, uint8_t vector);
