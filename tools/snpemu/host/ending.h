/* SPDX-License-Identifier: MIT */
/* --json: how a run ended and what --stats counted, as one JSON object, for programs. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

#include "lines.h"
#include "psp.h"

/* How it ended, where hv did not say so. */
enum ending_cause { ENDING_SAID, ENDING_TIMEOUT, ENDING_SIGNAL, ENDING_LOST };

struct ending {
    enum ending_cause cause;
    int status;         /* of this program */
    const char *digest; /* 96 hexadecimal digits */
    struct psp_count psp;
};

/* False: it could not be written. Closes the file. */
[[nodiscard]] bool ending_write(FILE *file, const struct ending *e, const struct lines *l);
