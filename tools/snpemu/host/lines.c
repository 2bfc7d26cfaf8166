/* SPDX-License-Identifier: MIT */
/* What hv says on the debug console. See lines.h. */
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "symbols.h"

#define STATUS_MASK 0xff

_Static_assert(LIE_MAX <= 32, "a bit each in lines.told");

void lines_init(struct lines *l, const struct symbols *symbols, struct record *record)
{
    *l = (struct lines){.symbols = symbols, .record = record};
}

const char *lines_value(const char *line, const char *key)
{
    size_t len = strlen(key);
    for (const char *at = strchr(line, ' '); at != NULL; at = strchr(at, ' ')) {
        at++;
        if (strncmp(at, key, len) == 0 && at[len] == '=') {
            return at + len + 1;
        }
    }
    return NULL;
}

static unsigned long number(const char *line, const char *key, int base)
{
    const char *at = lines_value(line, key);
    return at == NULL ? 0 : strtoul(at, NULL, base);
}

/* Is this the line's first word? */
static bool is(const char *line, const char *word)
{
    size_t len = strlen(word);
    return strncmp(line, word, len) == 0 && (line[len] == 0 || line[len] == ' ');
}

/* " in vCPU 0, VMPL 2, at ffff… (function+0x12)" */
static void where(struct lines *l, const char *line, char *out, size_t size)
{
    char *name = l->symbol;
    const char *rip = lines_value(line, "rip");
    out[0] = 0;
    if (rip == NULL) {
        return;
    }
    if (l->symbols != NULL) {
        symbols_name(l->symbols, strtoull(rip, NULL, 16), name, sizeof(l->symbol));
    }
    snprintf(out, size, " in vCPU %lu, VMPL %lu, at %.*s%s%s%s", number(line, "vcpu", 10),
             number(line, "vmpl", 10), (int)strcspn(rip, " "), rip, name[0] == 0 ? "" : " (", name,
             name[0] == 0 ? "" : ")");
}

static void end(struct lines *l, int code)
{
    l->ended = true;
    l->code = code;
    memcpy(l->last, l->line, l->len + 1);
}

static void on_stop(struct lines *l)
{
    char place[256];
    const char *rule = lines_value(l->line, "rule");
    const char *gpa = lines_value(l->line, "gpa");
    const char *why = lines_value(l->line, "why");
    if (is(l->line + strlen(LINES_STOP) + 1, LINES_STOP_EMULATOR)) {
        snprintf(l->why, sizeof(l->why), "the emulator cannot go on: %s", why == NULL ? "-" : why);
        end(l, 1);
        return;
    }
    where(l, l->line, place, sizeof(place));
    snprintf(l->why, sizeof(l->why), "refused by the rule %.*s%s%s%.*s",
             rule == NULL ? 1 : (int)strcspn(rule, " "), rule == NULL ? "-" : rule, place,
             gpa == NULL ? "" : ", guest address ", gpa == NULL ? 0 : (int)strcspn(gpa, " "),
             gpa == NULL ? "" : gpa);
    end(l, LINES_CODE_REFUSED);
}

static void on_terminate(struct lines *l)
{
    char place[256];
    const char *name = lines_value(l->line, "name");
    where(l, l->line, place, sizeof(place));
    snprintf(l->why, sizeof(l->why), "the guest terminated itself%s: set %lu, reason %lu%s%s",
             place, number(l->line, "set", 10), number(l->line, "reason", 10),
             name == NULL || strcmp(name, "-") == 0 ? "" : ", ",
             name == NULL || strcmp(name, "-") == 0 ? "" : name);
    end(l, LINES_CODE_TERMINATED);
}

/* "stats exit=7b name=IOIO count=5", "stats lie=set told=1", or the last with four figures. */
static void on_stats(struct lines *l)
{
    const char *name = lines_value(l->line, "name");
    const char *lie = lines_value(l->line, "lie");
    l->counted = true;
    if (lie != NULL) {
        if (l->lie_count < LIE_KINDS) {
            struct lines_lie *e = &l->lies[l->lie_count++];
            e->told = number(l->line, "told", 10);
            snprintf(e->name, sizeof(e->name), "%.*s", (int)strcspn(lie, " "), lie);
        }
    } else if (name == NULL) {
        l->vc = number(l->line, "vc", 10);
        l->merged = number(l->line, "merged", 10);
        l->stale = number(l->line, "stale", 10);
        l->other = number(l->line, "other", 10);
    } else if (l->exit_count < LINES_EXITS_MAX) {
        struct lines_exit *e = &l->exits[l->exit_count++];
        e->code = number(l->line, "exit", 16);
        e->count = number(l->line, "count", 10);
        snprintf(e->name, sizeof(e->name), "%.*s", (int)strcspn(name, " "), name);
    }
}

static void on_line(struct lines *l)
{
    l->line[l->len] = 0;
    if (is(l->line, LINES_RECORD)) {
        record_line(l->record, l->line);
        return;
    }
    if (is(l->line, LINES_TOLD)) {
        unsigned long lie = number(l->line, "lie", 10);
        l->told |= lie < LIE_MAX ? UINT32_C(1) << lie : 0;
        return;
    }
    fprintf(stderr, "%s\n", l->line);
    if (l->ended) {
        return; /* vCPUs that stopped at the same time */
    }
    if (is(l->line, LINES_EXIT)) {
        end(l, (int)(number(l->line, "code", 10) & STATUS_MASK));
    } else if (is(l->line, LINES_STATS)) {
        on_stats(l);
    } else if (is(l->line, LINES_OFF)) {
        end(l, 0);
    } else if (is(l->line, LINES_RESET)) {
        snprintf(l->why, sizeof(l->why), "the guest reset the machine");
        end(l, 1);
    } else if (is(l->line, LINES_STOP) && l->line[strlen(LINES_STOP)] == ' ') {
        on_stop(l);
    } else if (is(l->line, LINES_TERMINATE)) {
        on_terminate(l);
    }
}

void lines_feed(struct lines *l, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            on_line(l);
            l->len = 0;
        } else if (l->len < sizeof(l->line) - 1) {
            l->line[l->len] = '?'; /* it may quote a guest */
            if (bytes[i] >= ' ' && bytes[i] < 0x7f) {
                l->line[l->len] = bytes[i];
            }
            l->len++;
        }
    }
}
