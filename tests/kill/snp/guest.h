/* SPDX-License-Identifier: MIT */
/*
 * The guest that crashes its own TPM: vCPU 0 sends commands, crashes the vTPM inside them and
 * compares it with the model (../model.h); the other vCPUs are the load: TPM commands of their own,
 * pages, questions, and kills at moments of their choice. A crash hits whoever is inside.
 */
#pragma once
#include "../model.h"
#include "../../protocol/protocol.h"
#include "control.h"

#define TPM_CRASHED                                                                                \
    SVSM_ERR_INVALID_REQUEST     /* what a guest is told of a call that crashed twice              \
                                  */
#define TPM_HALF UINT64_C(0xbad) /* and its buffer has changed all the same */

/* tpm.c: one command of that vCPU, repeated while the vTPM is busy. SVSM_SUCCESS, TPM_CRASHED,
 * TPM_HALF or what else came. */
extern bool tpm_waited_for; /* vCPU 0 is in a call of it */
uint64_t tpm_call(unsigned cpu, const struct bytes *command, struct bytes *response);
/* QUERY of the vTPM protocol; TPM_HALF: a wrong answer. */
uint64_t tpm_query(void);

/* ask.c: calls of kill-control. */
void ask_arm(uint64_t index, uint64_t again);
bool ask_kill(void);
struct counts {
    uint64_t crashes, injected, replays, syscalls, state, calls;
};
struct counts ask_counts(void);
/* The faults since the last look, by where they hit. */
struct faults {
    unsigned own;  /* this vCPU's call: the first one's */
    unsigned load; /* calls of the others */
    unsigned idle;
    unsigned wrong; /* not asked for, of another task, or not recorded */
    uint64_t syscalls;
};
struct faults ask_faults(void);

/* load.c */
void load_job(unsigned cpu);
void load_end(void); /* all of them end their job soon */
/* Closed: none of them is in the vTPM, until it is open again. */
void load_gate(bool closed);
/* So many kills from now on, none under way any more if 0. */
void load_kills(unsigned count);
/* Calls of theirs that crashed twice. */
unsigned load_crashed(void);
/* Prints and counts a check for each. */
void load_report(void);

/* trial.c */
struct totals {
    unsigned trials, own, load, idle; /* crashes, by where they hit */
    unsigned crashed;                 /* commands of vCPU 0 that crashed twice */
    uint64_t syscalls;
};
extern struct totals totals;
/* Send a chosen command and look at what came; the model follows. */
uint64_t trial_send(struct pending *p);
/* ask_faults(), counted. Ends the test if any is wrong. */
struct faults trial_faults(void);
/* Take the faults up to now, see that they explain the result of trial_send(), and compare. */
struct faults trial_end(uint64_t result);
void trial_report(void);
/* How the line of one more check begins; `why` NULL: good. */
const char *trial_count(const char *why);
[[gnu::noreturn]] void trial_fail(const char *name, const char *why);

void indices_run(void);
void moments_run(unsigned rounds);
