/* SPDX-License-Identifier: MIT */
/* The inside of the log: records already made, and the console that shows them. */
#pragma once
#include <cdefs.h>
#include <stdatomic.h>
#include <svsm/abi/log.h>

extern struct svsm_log_rings log_rings;

/* Number the record and store it in the ring of its task. Any vCPU, any context. */
void log_append(const struct svsm_log_record *record);

/* Show what has not been shown, unless another vCPU is at it. `force`: even then. */
void console_drain(bool force);

/* Straight to the console, past the ring and without anything that could fail. */
void console_last_words(void);

/* The platform's: uart.c, snp/console.c. */
void console_init(void);
void console_write(const char *text, size_t len);

/* One line of text from a record: "[   12.345678] NAME level text\r\n". Returns its length. */
#define CONSOLE_LINE_MAX 192
[[nodiscard]] size_t console_line(const struct svsm_log_record *record, const char *name,
                                  char out[CONSOLE_LINE_MAX]);
