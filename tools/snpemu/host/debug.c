/* SPDX-License-Identifier: MIT */
#include "debug.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"

#define PATH_MOST 107 /* of a UNIX socket */
#define PORT_MOST 65535
#define HV_LOADED "hv.elf"    /* of 32 bits, for QEMU's loader */
#define HV_SYMBOLS "hv64.elf" /* what it was made of */

static bool is_path(const char *value)
{
    return strchr(value, '/') != NULL;
}

bool debug_is_place(const char *value)
{
    char *end;

    if (is_path(value)) {
        return strlen(value) <= PATH_MOST;
    }
    if (!isdigit((unsigned char)value[0])) {
        return false;
    }
    unsigned long port = strtoul(value, &end, 10);
    return *end == 0 && port >= 1 && port <= PORT_MOST;
}

/* QEMU ends a value at a comma, unless there are two. */
void debug_qemu(const char *place, char *out, size_t size)
{
    if (!is_path(place)) {
        snprintf(out, size, "tcp:127.0.0.1:%s", place);
        return;
    }
    size_t len = (size_t)snprintf(out, size, "unix:");
    for (const char *at = place; *at != 0; at++) {
        out[len++] = *at;
        if (*at == ',') {
            out[len++] = ',';
        }
    }
    snprintf(out + len, size - len, ",server=on,wait=off");
}

/* hv64.elf beside hv.elf, if it is there. */
static bool hypervisor_symbols(const struct options *o, char *out, size_t size)
{
    size_t len = strlen(o->hv);
    size_t name = strlen(HV_LOADED);

    if (len < name || strcmp(o->hv + len - name, HV_LOADED) != 0) {
        return false;
    }
    int wrote = snprintf(out, size, "%.*s%s", (int)(len - name), o->hv, HV_SYMBOLS);
    return wrote > 0 && (size_t)wrote < size && access(out, R_OK) == 0;
}

static void say_command(const char *command, const char *file)
{
    char text[PATH_MAX + 32];

    snprintf(text, sizeof(text), "%s %s", command, file);
    fputs(" -ex ", stderr);
    args_quote(stderr, text);
}

void debug_say(const struct options *o)
{
    char hv[PATH_MAX];
    char place[PATH_MAX];

    fputs("svsm-emu: QEMU waits for a debugger: gdb", stderr);
    if (hypervisor_symbols(o, hv, sizeof(hv))) {
        say_command("add-symbol-file", hv);
    }
    if (o->symbols != NULL) {
        say_command("add-symbol-file", o->symbols);
    }
    snprintf(place, sizeof(place), "%s%s", is_path(o->gdb) ? "" : "127.0.0.1:", o->gdb);
    say_command("target remote", place);
    fputc('\n', stderr);
}
