/* SPDX-License-Identifier: MIT */
/* The command line of svsm-compose. */
#pragma once
#include "compose.h"
#include "say.h"

struct options {
    struct compose compose; /* without its files */
    const char *svsm, *output;
    const char *payload;         /* or NULL */
    const char *kernel, *initrd; /* or NULL */
    bool help;
};

/* EXIT_FINE, or the code to end with; what was wrong has been said. */
enum exit_code options_parse(struct options *o, char **argv);

void options_usage(void);
