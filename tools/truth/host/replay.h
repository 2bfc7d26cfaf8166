/* SPDX-License-Identifier: MIT */
/*
 * What a guest asked (svsm-emu --record, wire/lines.h) as a list that another guest can run, and
 * what the first one was answered, as answers to that list.
 *
 * Repeated are requests that ask and do not act: MSR protocol and events for information; and on
 * the first TRUTH_PAGES pages that vCPU 0 used at VMPL 0, 4 KiB each, PVALIDATE, RMPADJUST,
 * RMPQUERY and the MSR protocol's page states, on scratch pages in place of the guest's. What a
 * page was at first is taken from its first request; steps whose names begin with "setup-" make
 * scratch pages so.
 */
#pragma once
#include "answers.h"
#include "list.h"

/* Why a request is not repeated. */
enum replay_why {
    REPLAY_LEVEL,   /* of another vCPU or VMPL than the first */
    REPLAY_ACTS,    /* it acts on devices, vCPUs or the GHCB, or depends on them */
    REPLAY_PAGES,   /* on a page for which no scratch page is left */
    REPLAY_ROOM,    /* a guest has no room for more steps */
    REPLAY_LARGE,   /* on 2 MiB */
    REPLAY_UNKNOWN, /* page states by a list came before, of which nothing was recorded */
    REPLAY_HEAD,    /* refused for a usage or a version, which are not recorded */
    REPLAY_RAISED,  /* an instruction that was not done */
    REPLAY_WHYS
};

struct replay {
    struct truth_list *list;
    struct answers answers;
    unsigned repeated, left[REPLAY_WHYS];
};

/* Does the file begin as a recording does? */
bool replay_is(struct bytes text);

/* An error leaves nothing to be freed. */
bool replay_read(struct replay *r, struct bytes text, struct fail *f);
void replay_free(struct replay *r);

/* A few words for a person. */
const char *replay_words(enum replay_why why);
