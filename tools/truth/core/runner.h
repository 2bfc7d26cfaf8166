/* SPDX-License-Identifier: MIT */
/*
 * Runs the steps of a list, one by one, on a machine of which it knows these operations alone.
 * Nothing here allocates, blocks, or calls anything but them.
 */
#pragma once
#include "answer.h"
#include <stdbool.h>
#include <svsm/abi/ghcb.h>

/* An instruction's operands and results. vector: what it raised instead, TRUTH_NO_VECTOR: nothing.
 */
struct truth_insn {
    uint64_t rax, rcx, rdx;
    bool cf;
    unsigned vector;
    uint64_t error;
    bool has_error; /* the runner knows it */
};
#define TRUTH_NO_VECTOR 0x100u

/* What is known of the 2 MiB. A failure is for good: nobody knows what the host has made of it. */
enum truth_large {
    TRUTH_LARGE_VALID,  /* private and validated, as they are at first */
    TRUTH_LARGE_OPEN,   /* not validated, as the list wanted */
    TRUTH_LARGE_FAILED, /* a change of their state was not done */
};

struct truth_machine {
    struct ghcb *ghcb;      /* shared, mapped, nobody else's while a step runs */
    unsigned can;           /* TRUTH_NEEDS_*: which needs are met */
    uint64_t lowest;        /* instructions take no address below: a process's, in a kernel */
    enum truth_large large; /* truth_run() keeps it */
    uint64_t (*place)(void *context, unsigned place, unsigned index);
    uint64_t (*msr)(void *context, uint64_t value); /* WRMSR, VMGEXIT, RDMSR */
    void (*exit)(void *context);                    /* VMGEXIT with the page, which is registered */
    void (*insn)(void *context, unsigned kind, struct truth_insn *insn); /* TRUTH_PVALIDATE... */
    void *context;
};

/* NULL: it is a list of `size` bytes. Else what is wrong with it. */
const char *truth_list_fault(const struct truth_list *list, uint64_t size);

/*
 * NULL: it can be run; else why not, a few words for the answer. RMPADJUST and RMPQUERY of memory
 * that is not validated raise #VC, which ends a kernel: of the 2 MiB they are run if these are
 * known to be valid, and nothing is once a change of their state has failed; needs=trap is run
 * anyway.
 */
const char *truth_why_not(const struct truth_machine *machine, const struct truth_step *step);

/* The step must be one that truth_list_fault() has seen, and that can be run. */
void truth_run(struct truth_machine *machine, const struct truth_step *step,
               struct truth_answer *answer);
