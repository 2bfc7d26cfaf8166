/* SPDX-License-Identifier: MIT */
/*
 * The log: records of a fixed size, written by any vCPU in any context without a lock. Each task
 * has a ring of its own, which it alone may read (with the log handle); what others write pushes
 * nothing out of it. Development images copy each record to the console.
 */
#pragma once
#include <cdefs.h>
#include <svsm/abi/log.h>

/* Share out the slots of the tasks. Before any of them writes. */
void log_init(uint32_t tasks);

/* Append one record; text is cut at SVSM_LOG_TEXT_MAX. `task` may be SVSM_LOG_RING0. */
void log_write(uint32_t vcpu, uint32_t task, enum svsm_log_level level, const char *text,
               size_t len, uint32_t dropped);

/* printf for ring 0: %s %c %u %x %p, with l and a width of zeros (%016lx). No floating point. */
[[gnu::format(printf, 2, 3)]] void log_print(enum svsm_log_level level, const char *format, ...);

#define LOG_ERROR(...) log_print(SVSM_LOG_ERROR, __VA_ARGS__)
#define LOG_WARNING(...) log_print(SVSM_LOG_WARNING, __VA_ARGS__)
#define LOG_INFO(...) log_print(SVSM_LOG_INFO, __VA_ARGS__)

/* Copy the oldest record of this task (or SVSM_LOG_RING0) with a sequence above `after`. false:
 * none yet. */
[[nodiscard]] bool log_read(uint32_t task, uint64_t after, struct svsm_log_record *out);
