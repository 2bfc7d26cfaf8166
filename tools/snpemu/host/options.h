/* SPDX-License-Identifier: MIT */
/* The command line of svsm-emu. */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <wire/launch.h>

#include "say.h"

enum options_invlpgb { OPTIONS_INVLPGB_ON, OPTIONS_INVLPGB_UNNAMED, OPTIONS_INVLPGB_OFF };
enum options_guest { OPTIONS_NONE, OPTIONS_IGVM, OPTIONS_FIRMWARE, OPTIONS_LINUX };

struct options {
    enum options_guest guest;
    const char *file; /* IGVM, firmware or kernel */
    const char *initrd, *append;
    const char *qemu; /* a path, or a name to look for in PATH */
    const char *symbols;
    char hv[PATH_MAX];
    uint64_t memory; /* bytes */
    unsigned smp;
    unsigned timeout; /* seconds; 0: none */
    enum launch_profile profile;
    enum launch_tlb tlb;
    enum launch_ap_hold ap_hold;
    uint32_t trace; /* LAUNCH_TRACE_* */
    uint32_t lie_count;
    struct lie lies[LIE_MAX];
    const char *lie_texts[LIE_MAX];
    uint8_t cbit;
    uint8_t coherency_sfw_no;     /* CPUID 8000_001F EBX bit 31 */
    enum options_invlpgb invlpgb; /* of guests from IGVM files; others never have it */
    const char *gdb;              /* a port or a path; NULL: no debugger */
    const char *json, *record;    /* files; NULL: none */
    bool stats, check_vmpl0, measure, dry_run, help;
    bool lie_guest; /* the guest may arm lies */
    bool lie_list;
    bool invlpgb_given;
    char **qemu_args; /* what stands behind --, NULL at the end */
};

/* EXIT_FINE, or the code to end with; what was wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);

void options_usage(void);

/* What --lie list prints. */
void options_lies(void);
