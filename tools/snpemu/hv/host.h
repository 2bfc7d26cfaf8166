/* SPDX-License-Identifier: MIT */
/* The host's side of the GHCB: the effects that the protocol asks for, on the real machine. */
#pragma once
#include "machine.h"

/* One VMGEXIT of a level; its RIP is behind the instruction already. */
void host_vmgexit(struct level *level);

/* A level in AP reset hold got its SIPI, or runs on for another reason. */
void host_wake(struct level *level, bool sipi);

/* The effects, whose machine is a level. */
const struct ghcb_ops *host_ops(void);

/* The page of gpa as the host sees it; NULL: it is private or there is none. */
void *host_shared_page(uint64_t gpa);
