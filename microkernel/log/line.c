/* SPDX-License-Identifier: MIT */
/* How a log record looks on the console. Pure: host tests compile the same file. */
#include <log/ring.h>
#include <log/format.h>

static const char level_names[SVSM_LOG_LEVELS][8] = {"error", "warning", "info", "debug"};

/* What a task writes must not steer the terminal, nor look like another line. */
static uint8_t printable(uint8_t c)
{
    return c >= 0x20 && c < 0x7f ? c : '.';
}

size_t console_line(const struct svsm_log_record *record, const char *name,
                    char out[CONSOLE_LINE_MAX])
{
    uint64_t us = record->time_ns / 1000;
    const char *level = record->level < SVSM_LOG_LEVELS ? level_names[record->level] : "?";
    size_t len = format_into(out, CONSOLE_LINE_MAX, "[%5lu.%06lu] %s %s ", us / 1000000,
                             us % 1000000, name, level);
    if (record->dropped != 0) {
        len += format_into(out + len, CONSOLE_LINE_MAX - len, "(%u dropped) ", record->dropped);
    }
    size_t text = record->len < SVSM_LOG_TEXT_MAX ? record->len : SVSM_LOG_TEXT_MAX;
    for (size_t i = 0; i < text && len < CONSOLE_LINE_MAX - 2; i++, len++) {
        out[len] = (char)printable(record->text[i]);
    }
    out[len] = '\r';
    out[len + 1] = '\n';
    return len + 2;
}
