/* SPDX-License-Identifier: MIT */
/* The host's side of the GHCB: the effects that the protocol asks for, on the real machine. */
#pragma once
#include "machine.h"

/* One VMGEXIT of a level; its RIP is behind the instruction already. */
void host_vmgexit(struct level *level);

/* A level in AP reset hold got its SIPI. */
void host_wake(struct level *level);

/* The page of gpa as the host sees it; NULL: it is private or there is none. */
void *host_shared_page(uint64_t gpa);
