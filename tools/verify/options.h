/* SPDX-License-Identifier: MIT */
/* The command line of svsm-verify. */
#pragma once
#include "chain.h"
#include "expect.h"
#include <say.h>

struct options {
    const char *report;
    const char *folder, *table, *cert_chain; /* NULL: not given */
    const char *ark, *ask, *vek, *crl;
    struct chain_rules rules;
    struct expect expect;
    bool json, help;
};

/* Anything but EXIT_FINE was said on stderr. */
[[nodiscard]] enum exit_code options_parse(struct options *options, int argc, char **argv);

void options_usage(void);
