/* SPDX-License-Identifier: MIT */
/* The command line of svsm-sign. */
#pragma once
#include <profile.h>
#include <stdint.h>

#include "say.h"

struct options {
    const char *file, *output, *id_key;
    const char *author_key; /* or NULL */
    uint8_t family_id[16], image_id[16];
    uint32_t svn;
    enum launch_profile profile;
    uint32_t vcpus; /* 0: not said */
    bool help;
};

/* EXIT_FINE, or the code to end with; what was wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);

void options_usage(void);
