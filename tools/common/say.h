/* SPDX-License-Identifier: MIT */
/* What our programs say on stderr, always in the same form, and their exit codes. */
#pragma once

enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,   /* the guest or its TPM did not do what it should */
    EXIT_USAGE = 2,    /* the command was used wrongly */
    EXIT_LACKING = 3,  /* the machine lacks something; the mend is printed */
    EXIT_SIGNAL = 128, /* and a signal's number: ended by it before anything was reached */
};

/* The program's name, in front of all that is said: set it first. */
void say_as(const char *program);

/* "PROGRAM: error: WHAT", then "  mend: MEND" unless that is NULL or empty. Returns `code`. */
[[gnu::format(printf, 3, 4)]] enum exit_code say_error(enum exit_code code, const char *mend,
                                                       const char *what, ...);

/* "PROGRAM: WHAT" */
[[gnu::format(printf, 1, 2)]] void say_note(const char *what, ...);
