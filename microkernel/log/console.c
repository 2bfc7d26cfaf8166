/* SPDX-License-Identifier: MIT */
/*
 * The console of a development image. One vCPU at a time copies records from the rings to it, the
 * one that was written first of the next ones of all rings; the others leave theirs to it and go
 * on.
 */
#include <log/ring.h>
#include <log/log.h>
#include <task/task.h>

static atomic_bool busy;
/* Of each ring the number of the last record on the console, ring 0's first; written by the holder.
 */
static atomic_ullong shown[SVSM_LOG_RINGS];

void console_last_words(void)
{
    static const char text[] = "\r\nsvsm: failed again while telling why it stops\r\n";
    console_write(text, sizeof(text) - 1);
}

/* The next record. false: all have been shown. */
static bool next(struct svsm_log_record *out)
{
    struct svsm_log_record r;
    bool any = false;
    for (uint32_t ring = 0; ring <= task_count; ring++) {
        uint32_t task = ring == 0 ? SVSM_LOG_RING0 : ring - 1;
        if (log_read(task, atomic_load(&AT(shown, ring)), &r) && (!any || r.order < out->order)) {
            *out = r;
            any = true;
        }
    }
    return any;
}

static void drain(void)
{
    struct svsm_log_record record;
    char line[CONSOLE_LINE_MAX];
    while (next(&record)) {
        const char *name = "ring0";
        uint32_t ring = 0;
        if (record.task < task_count) {
            name = AT(tasks, record.task).image->name;
            ring = record.task + 1u;
        }
        console_write(line, console_line(&record, name, line));
        atomic_store(&AT(shown, ring), record.sequence);
    }
}

void console_drain(bool force)
{
    struct svsm_log_record record;
    do {
        if (atomic_exchange(&busy, true) && !force) {
            return; /* who holds it looks again below */
        }
        drain();
        atomic_store(&busy, false);
    } while (next(&record));
}
