/* SPDX-License-Identifier: MIT */
/*
 * The command line of svsm-run. Defaults are found from where this program lies: the build's
 * tools/run/ folder.
 */
#include "options.h"

#include <ctype.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage_text[] =
#include "usage.inc"
    ;

void options_usage(void)
{
    fputs(usage_text, stdout);
}

#define MEMORY_LEAST 4u /* MiB */
#define MEMORY_STEP 2u  /* MiB */

static enum exit_code wrong(const char *option, const char *value, const char *expected)
{
    return say_error(EXIT_USAGE, "tools/svsm run --help shows the options", "%s: '%s' is not %s",
                     option, value, expected);
}

static bool number(const char *text, unsigned least, unsigned most, unsigned *out)
{
    char *end;
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    unsigned long value = strtoul(text, &end, 10);
    if (*end != 0 || value < least || value > most) {
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* Digits, then M, G or nothing: QEMU takes the text as it is, and would read more into it. */
static bool memory_size(const char *text, size_t digits_max, unsigned long *mib)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    bool giga = strcmp(unit, "G") == 0;
    if (digits == 0 || digits > digits_max || !(giga || strcmp(unit, "M") == 0 || *unit == 0)) {
        return false;
    }
    *mib = strtoul(text, NULL, 10) * (giga ? 1024 : 1);
    return true;
}

/*
 * In less than MEMORY_LEAST a plain machine's firmware may not start, and then nobody says why. For
 * the emulated machine it is as svsm-compose has it, which knows how much the SVSM needs.
 */
static enum exit_code check_memory(const struct options *o)
{
    unsigned long mib = 0;
    if (o->native) {
        return memory_size(o->memory, 9, &mib) && mib >= MEMORY_LEAST
                   ? EXIT_FINE
                   : wrong("--memory", o->memory, "a size from 4M on, like 256M or 1G");
    }
    return memory_size(o->memory, 6, &mib) && mib > 0 && mib % MEMORY_STEP == 0
               ? EXIT_FINE
               : wrong("--memory", o->memory,
                       "a size in steps of 2M and of at most six digits, like 256M or 1G");
}

static enum exit_code copy_path(char *out, const char *option, const char *path)
{
    if (path[0] == 0 || strlen(path) >= PATH_MAX) {
        return wrong(option, path, "a usable path");
    }
    memcpy(out, path, strlen(path) + 1);
    return EXIT_FINE;
}

/* Options of a guest; NULL: it is none. */
static const char **guest_value(struct options *o, const char *option)
{
    struct {
        const char *name;
        const char **value;
    } options[] = {{"--kernel", &o->kernel},
                   {"--initrd", &o->initrd},
                   {"--append", &o->append},
                   {"--igvm", &o->igvm}};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(option, options[i].name) == 0) {
            return options[i].value;
        }
    }
    return NULL;
}

static enum exit_code set_value(struct options *o, const char *option, const char *value)
{
    const char **guest = guest_value(o, option);
    if (guest != NULL) {
        *guest = value;
        return value[0] != 0 || guest == &o->append ? EXIT_FINE
                                                    : wrong(option, value, "a usable path");
    }
    if (strcmp(option, "--smp") == 0) {
        return number(value, 1, 16, &o->smp) ? EXIT_FINE
                                             : wrong(option, value, "a number from 1 to 16");
    }
    if (strcmp(option, "--timeout") == 0) {
        o->timeout_given = true;
        return number(value, 1, 86400, &o->timeout)
                   ? EXIT_FINE
                   : wrong(option, value, "a number of seconds from 1 to 86400");
    }
    if (strcmp(option, "--memory") == 0) {
        o->memory = value;
        return EXIT_FINE; /* check_memory(), once the platform is known */
    }
    if (strcmp(option, "--qemu") == 0) {
        o->qemu = value;
        return value[0] != 0 ? EXIT_FINE : wrong(option, value, "a usable path");
    }
    if (strcmp(option, "--image") == 0) {
        return copy_path(o->image, option, value);
    }
    o->socket_given = true;
    return copy_path(o->tpm_socket, option, value);
}

static bool takes_value(const char *option)
{
    static const char *const names[] = {"--smp",        "--timeout", "--memory", "--qemu",
                                        "--image",      "--igvm",    "--kernel", "--initrd",
                                        "--tpm-socket", "--append"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(option, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool set_flag(struct options *o, const char *option)
{
    struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--once", &o->once},    {"--dry-run", &o->dry_run}, {"--icount", &o->icount},
                 {"--json", &o->json},    {"--help", &o->help},       {"-h", &o->help},
                 {"--native", &o->native}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(option, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

/* A path below `folder`. Paths too long for their buffer are empty, and then not found. */
static void below(char *out, const char *folder, const char *name)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) {
        out[0] = 0;
    }
}

static void set_defaults(struct options *o)
{
    *o = (struct options){0};
    char self[PATH_MAX] = "";
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len < 0 ? 0 : len] = 0;
    char *tools = dirname(dirname(self));
    memcpy(o->tools, tools, strlen(tools) + 1);
    char *build = dirname(tools);
    memcpy(o->build, build, strlen(build) + 1);
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (folder != NULL && folder[0] == '/') {
        below(o->tpm_socket, folder, "svsm-tpm.sock");
    } else {
        snprintf(o->tpm_socket, sizeof(o->tpm_socket), "/tmp/svsm-tpm-%u.sock", getuid());
    }
    o->qemu = "qemu-system-x86_64";
    o->smp = 1;
    o->timeout = 120;
}

/* IMAGE.bin has its map beside it, as IMAGE.map. */
static void find_map(struct options *o)
{
    size_t len = strlen(o->image);
    memcpy(o->map, o->image, len + 1);
    if (len > 4 && strcmp(o->image + len - 4, ".bin") == 0) {
        memcpy(o->map + len - 4, ".map", 5);
    } else {
        o->map[0] = 0;
    }
}

/* Clients are given the path, and they may run in any folder. */
static enum exit_code make_absolute(char *path)
{
    char folder[PATH_MAX];
    char whole[PATH_MAX];
    if (path[0] == '/') {
        return EXIT_FINE;
    }
    if (getcwd(folder, sizeof(folder)) == NULL ||
        snprintf(whole, sizeof(whole), "%s/%s", folder, path) >= (int)sizeof(whole)) {
        return say_error(EXIT_LACKING, "give an absolute path", "the current folder has no path");
    }
    memcpy(path, whole, strlen(whole) + 1);
    return EXIT_FINE;
}

/* What hangs on the other options. */
static void set_rest(struct options *o)
{
    if (o->image[0] == 0) {
        below(o->image, o->build, o->native ? "systems/default.bin" : "systems/snp.bin");
    }
    if (o->memory == NULL) {
        o->memory = options_own_guest(o) ? "512M" : "256M";
    }
    find_map(o);
}

/* Options that do not go together. */
static enum exit_code check_together(const struct options *o)
{
    static const char mend[] = "tools/svsm run --help shows the options";
    bool own = options_own_guest(o);
    if (o->native && own) {
        return say_error(EXIT_USAGE, mend, "--native boots no guest below the SVSM: no %s",
                         o->igvm != NULL ? "--igvm" : "--kernel");
    }
    if (o->igvm != NULL && o->kernel != NULL) {
        return say_error(EXIT_USAGE, mend, "--igvm and --kernel are two guests");
    }
    if (o->kernel == NULL && (o->initrd != NULL || o->append != NULL)) {
        return say_error(EXIT_USAGE, mend, "%s needs --kernel",
                         o->initrd != NULL ? "--initrd" : "--append");
    }
    if (own && (o->once || o->json)) {
        return say_error(EXIT_USAGE, mend, "%s waits for the TPM, which is then the guest's alone",
                         o->once ? "--once" : "--json");
    }
    if (o->icount && !o->native) {
        return say_error(EXIT_USAGE, "add --native", "--icount is for the native platform");
    }
    return EXIT_FINE;
}

enum exit_code options_parse(struct options *o, char **argv)
{
    enum exit_code code = EXIT_FINE;
    set_defaults(o);
    int i = 1;
    for (; argv[i] != NULL && code == EXIT_FINE && strcmp(argv[i], "--") != 0; i++) {
        if (takes_value(argv[i])) {
            if (argv[i + 1] == NULL) {
                return say_error(EXIT_USAGE, "tools/svsm run --help shows the options",
                                 "%s needs a value", argv[i]);
            }
            code = set_value(o, argv[i], argv[i + 1]);
            i++;
        } else if (!set_flag(o, argv[i])) {
            return say_error(EXIT_USAGE, "tools/svsm run --help shows the options",
                             "unknown argument %s", argv[i]);
        }
    }
    o->qemu_args = argv + i + (argv[i] != NULL ? 1 : 0);
    if (code == EXIT_FINE) {
        code = make_absolute(o->tpm_socket);
    }
    if (code == EXIT_FINE && !o->help) {
        code = check_together(o);
    }
    set_rest(o);
    return code == EXIT_FINE && !o->help ? check_memory(o) : code;
}
