/* SPDX-License-Identifier: MIT */
/*
 * The console of a development image. One vCPU at a time copies records from the ring to it; the
 * others leave theirs to it and go on.
 */
#include <log/ring.h>
#include <log/log.h>
#include <task/task.h>

static atomic_bool busy;
static atomic_ullong shown; /* number of the last record on the console; written by the holder */

void console_last_words(void)
{
    static const char text[] = "\r\nsvsm: failed again while telling why it stops\r\n";
    console_write(text, sizeof(text) - 1);
}

static void drain(void)
{
    struct svsm_log_record record;
    char line[CONSOLE_LINE_MAX];
    while (log_read(atomic_load(&shown), &record)) {
        const char *name = "ring0";
        if (record.task < task_count) {
            name = AT(tasks, record.task).image->name;
        }
        console_write(line, console_line(&record, name, line));
        atomic_store(&shown, record.sequence);
    }
}

void console_drain(bool force)
{
    struct svsm_log_record next;
    do {
        if (atomic_exchange(&busy, true) && !force) {
            return; /* who holds it looks again below */
        }
        drain();
        atomic_store(&busy, false);
    } while (log_read(atomic_load(&shown), &next));
}
