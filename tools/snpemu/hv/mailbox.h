/* SPDX-License-Identifier: MIT */
/* The host program, which plays the PSP, behind the second serial port. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "../wire/mailbox.h"

/*
 * Sends one request and waits for its answer, at most answer_size bytes of which are kept. Returns
 * how many there were; stops the emulator if nobody answers.
 */
uint32_t mailbox_ask(enum mailbox_type type, const void *parts[2], const uint32_t sizes[2],
                     void *answer, uint32_t answer_size);
