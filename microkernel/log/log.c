/* SPDX-License-Identifier: MIT */
/* Making records: from a task's text, and from ring 0's formats. */
#include <log/log.h>
#include <log/format.h>
#include <log/ring.h>
#include <cpu/cpu.h>
#include <task/port.h>

void log_write(uint32_t vcpu, uint32_t task, enum svsm_log_level level, const char *text,
               size_t len, uint32_t dropped)
{
    struct svsm_log_record record = {
        .time_ns = port_now_ns(),
        .task = (uint16_t)task,
        .level = (uint8_t)level,
        .vcpu = (uint8_t)vcpu,
        .len = (uint16_t)(len < SVSM_LOG_TEXT_MAX ? len : SVSM_LOG_TEXT_MAX),
        .dropped = (uint16_t)(dropped < UINT16_MAX ? dropped : UINT16_MAX),
    };
    memcpy(record.text, text, record.len);
    log_append(&record);
    console_drain(false);
}

void log_print(enum svsm_log_level level, const char *format, ...)
{
    char text[SVSM_LOG_TEXT_MAX];
    va_list args;
    va_start(args, format);
    size_t len = format_text(text, sizeof(text), format, args);
    va_end(args);
    log_write(cpu_index(), SVSM_LOG_RING0, level, text, len, 0);
}
