/* SPDX-License-Identifier: MIT */
/*
 * The command line of svsm-emu. The hypervisor is found from where this program lies: the build's
 * tools/emu/ folder.
 */
#include "options.h"

#include <ctype.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ghcb.h"
#include "core/lie_spec.h"
#include "debug.h"

#define SEE_HELP "tools/svsm emu --help shows the options"
#define MEMORY_DEFAULT (UINT64_C(512) << 20)
#define MEMORY_UNIT UINT64_C(0x200000)
#define SMP_MAX 16
#define MIB UINT64_C(0x100000)
#define LIST_COLUMNS 90

static const char usage_text[] =
#include "usage.inc"
    ;

struct word {
    const char *name;
    uint32_t value;
};

static const struct word profiles[] = {
    {"strict", LAUNCH_STRICT}, {"upstream-6.12", LAUNCH_UPSTREAM_6_12}, {"planes", LAUNCH_PLANES}};
static const struct word tlbs[] = {{"flush", LAUNCH_TLB_FLUSH}, {"keep", LAUNCH_TLB_KEEP}};
static const struct word holds[] = {{"drop", LAUNCH_AP_HOLD_DROP},
                                    {"finish", LAUNCH_AP_HOLD_FINISH}};
static const struct word cbits[] = {{"47", 47}, {"51", 51}};
static const struct word switches[] = {{"off", 0}, {"on", 1}};
static const struct word invlpgbs[] = {
    {"on", OPTIONS_INVLPGB_ON}, {"unnamed", OPTIONS_INVLPGB_UNNAMED}, {"off", OPTIONS_INVLPGB_OFF}};
static const struct word classes[] = {
    {"vc", LAUNCH_TRACE_VC},   {"ghcb", LAUNCH_TRACE_GHCB},
    {"msr", LAUNCH_TRACE_MSR}, {"rmp", LAUNCH_TRACE_RMP},
    {"npf", LAUNCH_TRACE_NPF}, {"vmpl", LAUNCH_TRACE_VMPL},
    {"irq", LAUNCH_TRACE_IRQ}, {"vcpu", LAUNCH_TRACE_VCPU},
    {"lie", LAUNCH_TRACE_LIE}, {"all", 0x1ff},
};

void options_usage(void)
{
    fputs(usage_text, stdout);
}

static enum exit_code wrong(const char *option, const char *value, const char *expected)
{
    return say_error(EXIT_USAGE, SEE_HELP, "%s: '%s' is not %s", option, value, expected);
}

static bool word(const struct word *words, size_t count, const char *text, size_t len,
                 uint32_t *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].name) == len && strncmp(words[i].name, text, len) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

static enum exit_code one_word(const struct word *words, size_t count, const char *option,
                               const char *value, uint32_t *out)
{
    char expected[128] = "one of";
    if (word(words, count, value, strlen(value), out)) {
        return EXIT_FINE;
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(expected);
        snprintf(expected + len, sizeof(expected) - len, " %s", words[i].name);
    }
    return wrong(option, value, expected);
}

static enum exit_code set_trace(struct options *o, const char *value)
{
    const char *at = value;
    for (;;) {
        size_t len = strcspn(at, ",");
        uint32_t bit = 0;
        if (!word(classes, sizeof(classes) / sizeof(classes[0]), at, len, &bit)) {
            return wrong("--trace", value,
                         "a list with commas of vc ghcb msr rmp npf vmpl irq vcpu lie all");
        }
        o->trace |= bit;
        if (at[len] == 0) {
            return EXIT_FINE;
        }
        at += len + 1;
    }
}

static enum exit_code set_lie(struct options *o, const char *value)
{
    if (strcmp(value, "list") == 0 || strcmp(value, "guest") == 0) {
        *(value[0] == 'l' ? &o->lie_list : &o->lie_guest) = true;
        return EXIT_FINE;
    }
    if (o->lie_count == LIE_MAX) {
        return say_error(EXIT_USAGE, NULL, "more than %u lies", LIE_MAX);
    }
    size_t len = strlen(value);
    const char *why = lie_parse(value, len > LIE_TEXT_MAX ? LIE_TEXT_MAX + 1 : (unsigned)len,
                                &o->lies[o->lie_count]);
    if (why == NULL) {
        why = lie_vain(&o->lies[o->lie_count]);
    }
    if (why != NULL) {
        return say_error(EXIT_USAGE, "--lie list shows what there is", "--lie %s: %s", value, why);
    }
    o->lie_texts[o->lie_count++] = value;
    return EXIT_FINE;
}

/* In lines; names in small letters, as they can be written. column: where the line has got to. */
static void print_names(const char *(*nth)(unsigned n), const char *before, size_t *column)
{
    for (unsigned n = 0; nth(n) != NULL; n++) {
        char name[64];
        snprintf(name, sizeof(name), "%s%s", before, nth(n));
        for (char *at = name; *at != 0; at++) {
            *at = (char)tolower((unsigned char)*at);
        }
        if (*column + strlen(name) > LIST_COLUMNS) {
            *column = 0;
        }
        *column += (size_t)printf("%s%s", *column == 0 ? "\n  " : " ", name);
    }
}

/* From the tables by which --lie is read. */
void options_lies(void)
{
    size_t column = 0;

    for (unsigned kind = LIE_NONE + 1; kind < LIE_KINDS; kind++) {
        printf("%-14s%s\n", lie_name((enum lie_kind)kind), lie_meaning((enum lie_kind)kind));
    }
    printf("\nKIND@POINT[,KEY=VALUE]... These are the points:");
    print_names(lie_point_nth, "", &column);
    column = 0;
    print_names(ghcb_event_nth, "", &column);
    column = 0;
    print_names(ghcb_msr_nth, "msr-", &column);
    printf("\nthe keys:");
    column = 0;
    print_names(lie_key_nth, "", &column);
    printf("\nand the values of field:");
    column = 0;
    print_names(lie_field_nth, "", &column);
    putchar('\n');
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

/* As QEMU has it: without a unit, MiB are meant. */
static bool memory(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 6) {
        return false;
    }
    uint64_t value = strtoul(text, NULL, 10) << 20;
    if (strcmp(text + digits, "G") == 0) {
        value <<= 10;
    } else if (strcmp(text + digits, "M") != 0 && text[digits] != 0) {
        return false;
    }
    *out = value;
    return value > 0 && value % MEMORY_UNIT == 0;
}

static enum exit_code set_guest(struct options *o, enum options_guest guest, const char *file)
{
    if (o->guest != OPTIONS_NONE) {
        return say_error(EXIT_USAGE, SEE_HELP,
                         "only one of --igvm, --firmware and --kernel can be given");
    }
    o->guest = guest;
    o->file = file;
    return EXIT_FINE;
}

static enum exit_code set_number(struct options *o, const char *option, const char *value)
{
    if (strcmp(option, "--smp") == 0) {
        return number(value, 1, SMP_MAX, &o->smp) ? EXIT_FINE
                                                  : wrong(option, value, "a number from 1 to 16");
    }
    if (strcmp(option, "--timeout") == 0) {
        return number(value, 1, 86400, &o->timeout)
                   ? EXIT_FINE
                   : wrong(option, value, "a number of seconds from 1 to 86400");
    }
    return memory(value, &o->memory)
               ? EXIT_FINE
               : wrong(option, value, "a size like 256M or 1G, a multiple of 2M");
}

static enum exit_code set_word(struct options *o, const char *option, const char *value)
{
    uint32_t number = 0;
    enum exit_code code;
    if (strcmp(option, "--profile") == 0) {
        code = one_word(profiles, sizeof(profiles) / sizeof(profiles[0]), option, value, &number);
        o->profile = (enum launch_profile)number;
    } else if (strcmp(option, "--tlb") == 0) {
        code = one_word(tlbs, sizeof(tlbs) / sizeof(tlbs[0]), option, value, &number);
        o->tlb = (enum launch_tlb)number;
    } else if (strcmp(option, "--ap-hold") == 0) {
        code = one_word(holds, sizeof(holds) / sizeof(holds[0]), option, value, &number);
        o->ap_hold = (enum launch_ap_hold)number;
    } else if (strcmp(option, "--coherency-sfw-no") == 0) {
        code = one_word(switches, sizeof(switches) / sizeof(switches[0]), option, value, &number);
        o->coherency_sfw_no = (uint8_t)number;
    } else if (strcmp(option, "--invlpgb") == 0) {
        code = one_word(invlpgbs, sizeof(invlpgbs) / sizeof(invlpgbs[0]), option, value, &number);
        o->invlpgb = (enum options_invlpgb)number;
        o->invlpgb_given = true;
    } else {
        code = one_word(cbits, sizeof(cbits) / sizeof(cbits[0]), option, value, &number);
        o->cbit = (uint8_t)number;
    }
    return code;
}

static enum exit_code set_text(const char **out, const char *value)
{
    *out = value;
    return EXIT_FINE;
}

static enum exit_code set_hv(struct options *o, const char *value)
{
    if (value[0] == 0 || strlen(value) >= sizeof(o->hv)) {
        return wrong("--hv", value, "a usable path");
    }
    memcpy(o->hv, value, strlen(value) + 1);
    return EXIT_FINE;
}

/* False: it is no option with a value. */
static bool set_value(struct options *o, const char *option, const char *value,
                      enum exit_code *code)
{
    static const char *const names[] = {
        "--igvm",    "--firmware", "--kernel", "--initrd",           "--append",  "--qemu",
        "--symbols", "--hv",       "--smp",    "--timeout",          "--memory",  "--trace",
        "--profile", "--tlb",      "--cbit",   "--coherency-sfw-no", "--invlpgb", "--ap-hold"};
    if (strcmp(option, "--json") == 0 && value != NULL) {
        *code = set_text(&o->json, value);
        return true;
    }
    if (strcmp(option, "--record") == 0 && value != NULL) {
        o->trace |= LAUNCH_TRACE_RECORD;
        *code = set_text(&o->record, value);
        return true;
    }
    if (strcmp(option, "--lie") == 0 && value != NULL) {
        *code = set_lie(o, value);
        return true;
    }
    size_t which = 0;
    while (which < sizeof(names) / sizeof(names[0]) && strcmp(option, names[which]) != 0) {
        which++;
    }
    if (which == sizeof(names) / sizeof(names[0])) {
        return false;
    }
    if (value == NULL) {
        *code = say_error(EXIT_USAGE, SEE_HELP, "%s needs a value", option);
        return true;
    }
    const char **texts[] = {&o->initrd, &o->append, &o->qemu, &o->symbols};
    if (which < 3) {
        *code = set_guest(o, OPTIONS_IGVM + which, value);
    } else if (which < 7) {
        *code = set_text(texts[which - 3], value);
    } else if (which == 7) {
        *code = set_hv(o, value);
    } else if (which < 11) {
        *code = set_number(o, option, value);
    } else {
        *code = which == 11 ? set_trace(o, value) : set_word(o, option, value);
    }
    return true;
}

/* Its value may be left out: how many words it is. */
static int set_gdb(struct options *o, const char *option, const char *value, enum exit_code *code)
{
    if (strcmp(option, "--gdb") != 0) {
        return 0;
    }
    o->gdb = DEBUG_PORT;
    if (value == NULL || value[0] == '-') {
        return 1;
    }
    o->gdb = value;
    *code = debug_is_place(value)
                ? EXIT_FINE
                : wrong("--gdb", value,
                        "a port from 1 to 65535 or the path of a UNIX socket, with a slash in it");
    return 2;
}

static bool set_flag(struct options *o, const char *option)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--stats", &o->stats},     {"--measure", &o->measure},
                 {"--dry-run", &o->dry_run}, {"--check-vmpl0", &o->check_vmpl0},
                 {"--help", &o->help},       {"-h", &o->help}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(option, flags[i].name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static void set_defaults(struct options *o)
{
    char self[PATH_MAX] = "";
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[len < 0 ? 0 : len] = 0;
    *o = (struct options){.qemu = "qemu-system-x86_64",
                          .memory = MEMORY_DEFAULT,
                          .smp = 1,
                          .cbit = 47,
                          .coherency_sfw_no = 1};
    if (snprintf(o->hv, sizeof(o->hv), "%s/snpemu/hv/hv.elf", dirname(dirname(self))) >=
        (int)sizeof(o->hv)) {
        o->hv[0] = 0;
    }
}

static enum exit_code check_lies(const struct options *o)
{
    for (uint32_t i = 0; i < o->lie_count; i++) {
        if (o->lies[i].vcpu != LIE_ANY && o->lies[i].vcpu >= o->smp) {
            return say_error(EXIT_USAGE, "--smp N gives the guest more, which count from 0 on",
                             "--lie %s: the guest has no such vCPU", o->lie_texts[i]);
        }
    }
    return EXIT_FINE;
}

static enum exit_code check(const struct options *o)
{
    if (o->help || o->lie_list) {
        return EXIT_FINE;
    }
    if (o->guest == OPTIONS_NONE) {
        return say_error(EXIT_USAGE, SEE_HELP, "one of --igvm, --firmware and --kernel is needed");
    }
    if (o->guest != OPTIONS_LINUX && (o->initrd != NULL || o->append != NULL)) {
        return say_error(EXIT_USAGE, SEE_HELP, "--initrd and --append go with --kernel only");
    }
    if (o->guest != OPTIONS_IGVM && o->invlpgb_given) {
        return say_error(EXIT_USAGE, SEE_HELP,
                         "--invlpgb goes with --igvm only: other guests never have it");
    }
    if (o->guest == OPTIONS_LINUX && o->memory > LAUNCH_RAM_END) {
        return say_error(EXIT_USAGE, "give the guest less with --memory SIZE",
                         "%" PRIu64 "M for the guest do not fit below %" PRIu64 "M",
                         o->memory / MIB, LAUNCH_RAM_END / MIB);
    }
    return check_lies(o);
}

enum exit_code options_parse(struct options *o, char **argv)
{
    enum exit_code code = EXIT_FINE;
    set_defaults(o);
    int i = 1;
    for (; argv[i] != NULL && code == EXIT_FINE && strcmp(argv[i], "--") != 0; i++) {
        int words = set_gdb(o, argv[i], argv[i + 1], &code);
        if (words > 0) {
            i += words - 1;
        } else if (set_value(o, argv[i], argv[i + 1], &code)) {
            i++;
        } else if (!set_flag(o, argv[i])) {
            code = say_error(EXIT_USAGE, SEE_HELP, "unknown argument %s", argv[i]);
        }
    }
    if (code != EXIT_FINE) {
        return code;
    }
    o->qemu_args = argv + i + (argv[i] != NULL ? 1 : 0);
    return check(o);
}
