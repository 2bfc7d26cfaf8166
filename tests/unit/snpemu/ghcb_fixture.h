/* SPDX-License-Identifier: MIT */
/*
 * A host for tests of the GHCB: a few pages of shared memory, devices that write a journal of what
 * was asked of them, and knobs for what they answer.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ghcb.h>
#include <rules.h>
#include <wire/launch.h>

#define GHCB_GPA UINT64_C(0x10000)   /* registered */
#define SHARED_GPA UINT64_C(0x11000) /* and the pages behind it */
#define SHARED_PAGES 4u
#define PRIVATE_GPA UINT64_C(0x80000) /* not shared, but memory */
#define VMSA_GPA UINT64_C(0x203000)
#define CBIT 47u

struct fixture {
    struct ghcb_state state;
    struct ghcb_config config;
    struct ghcb *page;                  /* at GHCB_GPA */
    uint8_t *shared[SHARED_PAGES];      /* from SHARED_GPA on */
    char journal[4096];                 /* what devices saw, "; " between */
    char notes[256];                    /* names in the trace, each with a blank */
    enum ghcb_io io;                    /* answer of ports, MMIO, MSRs and IPIs */
    bool large_refused;                 /* page_state() of 2 MiB */
    uint64_t refused_gpa;               /* page_state() of this page */
    bool smash_refused, create_refused; /* psmash(), ap_create() */
    uint32_t firmware, vmm;             /* answer to a guest request */
    bool silent;                        /* no answer to it comes */
    uint64_t certificates;              /* pages */
    uint64_t said;                      /* what the host says that they are; 0: the same */
    uint64_t goes; /* a page that is made private while the firmware answers, */
    uint64_t gone; /* and that is; 0: none */
};

extern struct fixture fixture;
extern const struct ghcb_ops fixture_ops;

/* A machine with everything on, a registered GHCB and an empty page. */
void fixture_start(enum launch_profile profile);
int fixture_end(void **unused);

/* One quadword of the page with its valid bit. */
void fixture_set(size_t offset, uint64_t value);
bool fixture_valid(size_t offset);
uint64_t fixture_get(size_t offset);

/* An event with the members that each has; the others come from fixture_set(). */
void fixture_event(uint64_t code, uint64_t info1, uint64_t info2);
struct ghcb_outcome fixture_exit(void);

/* The last event went well and answered these infos; the journal is that. */
void fixture_expect(struct ghcb_outcome got, uint64_t info1, uint64_t info2, unsigned rule,
                    const char *journal);
