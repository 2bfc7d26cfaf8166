/* SPDX-License-Identifier: MIT */
/* The command line of svsm-truth. */
#pragma once
#include <stdbool.h>

#include "say.h"

#define OPTIONS_LIES 16u

enum options_act { OPTIONS_RUN, OPTIONS_COMPARE, OPTIONS_LIST };

struct options {
    enum options_act act;
    const char *files[2]; /* of compare */
    unsigned file_count;
    const char *profile, *list, *replay, *out, *image, *qemu, *timeout; /* NULL: the default */
    const char *lies[OPTIONS_LIES];
    unsigned lie_count;
    bool lie_list; /* only show what lies there are */
    bool json, source, help;
};

/* What is wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);
void options_usage(void);
