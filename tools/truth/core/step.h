/* SPDX-License-Identifier: MIT */
/*
 * A conformance list as it is run: a header, its steps, and nothing behind them. svsm-truth makes
 * one of a text (list.h) or of a recording; a bare guest and a module of Linux run it. The same
 * source compiles in all three, so it is plain C11 with fixed-width members, little-endian.
 *
 * What a step's arguments are depends on its kind; an argument is a number plus a place of the
 * runner's own memory. Answers are numbers of 64 bits, one for each field.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define TRUTH_MAGIC UINT64_C(0x315453494c555254) /* "TRULIST1" */
#define TRUTH_FORMAT 1u                          /* of this file and of the answers */
#define TRUTH_DIGEST 16u
#define TRUTH_NAME 48u
#define TRUTH_STEPS 4096u

enum truth_kind {
    TRUTH_MSR,       /* a value of the GHCB MSR */
    TRUTH_EVENT,     /* of the GHCB's page */
    TRUTH_PSC,       /* the page state change event with a list of entries */
    TRUTH_PVALIDATE, /* the instructions: RAX, RCX, RDX */
    TRUTH_RMPADJUST,
    TRUTH_RMPQUERY,
    TRUTH_KINDS
};

/* Arguments, and their names in the text. */
enum truth_argument {
    TRUTH_CODE,  /* SW_EXITCODE; of an MSR step: the value; of an instruction: RAX */
    TRUTH_INFO1, /* of an instruction: RCX; of a list of entries: the first index */
    TRUTH_INFO2, /* of an instruction: RDX; of a list of entries: the last index */
    TRUTH_RAX,   /* of a list of entries: its first one, the others follow by a page each */
    TRUTH_RBX,
    TRUTH_RCX,
    TRUTH_RDX,
    TRUTH_SCRATCH,
    TRUTH_XCR0,
    TRUTH_CPL,
    TRUTH_USAGE,   /* not zero: in place of a good one */
    TRUTH_VERSION, /* as TRUTH_USAGE */
    TRUTH_DATA,    /* the first 8 bytes of the shared buffer; of a list: how many entries */
    TRUTH_MINUS,   /* is taken off the answer's first field, in which a place shows */
    TRUTH_ARGUMENTS
};

/* What a place is. Pages are 4 KiB and the runner's alone; all but PLACE_LARGE are mapped so. */
enum truth_place {
    TRUTH_NOWHERE,
    TRUTH_PAGE,   /* GPA of page TRUTH_PLACE_PAGES at most */
    TRUTH_VA,     /* where it is mapped private */
    TRUTH_SHARED, /* where it is mapped shared */
    TRUTH_GHCB,   /* GPA of the GHCB */
    TRUTH_BUFFER, /* GPA of one of two shared pages */
    TRUTH_LARGE,  /* GPA of 2 MiB */
    TRUTH_LARGE_VA,
    TRUTH_PLACES
};
#define TRUTH_PAGES 64u   /* of TRUTH_PAGE */
#define TRUTH_BUFFERS 2u  /* of TRUTH_BUFFER */
#define TRUTH_ENTRIES 32u /* of a list */

/* Fields of answers, in the order in which they are written. */
enum truth_field {
    TRUTH_ANSWER, /* of the MSR; RAX of an instruction; SW_EXITINFO1 */
    TRUTH_F_INFO2,
    TRUTH_F_RAX,
    TRUTH_F_RBX,
    TRUTH_F_RCX,
    TRUTH_F_RDX,
    TRUTH_F_CF,
    TRUTH_F_VALID, /* which of RAX, RBX, RCX, RDX came back: bits 0 to 3 */
    TRUTH_F_DATA,  /* the first 8 bytes of the shared buffer */
    TRUTH_F_INDEX, /* CUR_ENTRY and END_ENTRY of a list */
    TRUTH_F_END,
    TRUTH_F_DONE,   /* CUR_PAGE of its first entry */
    TRUTH_F_VECTOR, /* an exception came instead: then these two are all */
    TRUTH_F_ERROR,
    TRUTH_FIELDS
};

/* What a runner must be or have for a step, else it is skipped. */
#define TRUTH_NEEDS_VMPL0 0x1u
#define TRUTH_NEEDS_TRAP 0x2u  /* it ends in a #VC that no operating system expects */
#define TRUTH_NEEDS_LARGE 0x4u /* the 2 MiB, mapped as such */
#define TRUTH_NEEDS_GHCB 0x8u  /* the GHCB is the runner's, who may register another */

struct truth_step {
    char name[TRUTH_NAME]; /* zero-terminated */
    uint32_t kind;         /* enum truth_kind */
    uint32_t needs;        /* TRUTH_NEEDS_* */
    uint32_t given;        /* bit n: argument n; of an event: its valid bit */
    uint32_t show;         /* bit n: field n */
    uint64_t number[TRUTH_ARGUMENTS];
    uint8_t place[TRUTH_ARGUMENTS]; /* enum truth_place */
    uint8_t index[TRUTH_ARGUMENTS]; /* of PAGE, VA, SHARED, BUFFER */
    uint32_t reserved;
    uint64_t vary[TRUTH_FIELDS]; /* bits that depend on the platform */
};
_Static_assert(sizeof(struct truth_step) == 48 + 16 + 14 * 8 + 28 + 4 + 14 * 8, "step");

struct truth_list {
    uint64_t magic;
    uint32_t format; /* TRUTH_FORMAT */
    uint32_t count;
    uint8_t digest[TRUTH_DIGEST]; /* of the steps: what the answers' first line says */
    struct truth_step steps[];
};
_Static_assert(offsetof(struct truth_list, steps) == 32, "list");

/* Where a bare guest finds its list, and how much of it there can be. */
#define TRUTH_LIST_GPA UINT64_C(0x300000)
#define TRUTH_LIST_MAX UINT64_C(0x100000)
#define TRUTH_ROOM                                                                                 \
    ((unsigned)((TRUTH_LIST_MAX - sizeof(struct truth_list)) / sizeof(struct truth_step)))
