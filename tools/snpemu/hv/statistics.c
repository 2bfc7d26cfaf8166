/* SPDX-License-Identifier: MIT */
#include "statistics.h"
#include "../wire/lines.h"
#include "log.h"
#include "machine.h"

/* Codes below 100h each, then NPF to "not restartable", the rest together. */
#define CODES 0x100u
#define HIGH_FIRST 0x400u
#define HIGH_COUNT 8u

static uint64_t low[CODES], high[HIGH_COUNT], other, delivered;

void statistics_exit(uint64_t code)
{
    if (code < CODES) {
        low[code]++;
    } else if (code >= HIGH_FIRST && code < HIGH_FIRST + HIGH_COUNT) {
        high[code - HIGH_FIRST]++;
    } else {
        other++;
    }
}

void statistics_vc(void)
{
    delivered++;
}

static void print(uint64_t code, uint64_t count)
{
    const char *name = exit_name(code);

    if (count != 0) {
        log_line(LINES_STATS " exit=%lx name=%s count=%lu", code, name != NULL ? name : "-", count);
    }
}

void statistics_print(void)
{
    if (!machine.launch->stats) {
        return;
    }
    for (uint64_t i = 0; i < CODES; i++) {
        print(i, low[i]);
    }
    for (uint64_t i = 0; i < HIGH_COUNT; i++) {
        print(HIGH_FIRST + i, high[i]);
    }
    log_line(LINES_STATS " other=%lu vc=%lu", other, delivered);
}
