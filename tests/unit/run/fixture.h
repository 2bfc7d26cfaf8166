/* SPDX-License-Identifier: MIT */
/* What the tests of svsm-run's parts share: cmocka, a clock that the test moves, quiet messages. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

extern int64_t fake_now;     /* what wait_now() says, in ms */
extern unsigned fake_notes;  /* how many notes and errors were said */
extern char fake_said[1024]; /* the last of them */

/* A connected pair of stream sockets; ours does not block. */
void fake_pair(int *ours, int *theirs);

/* All that is there, at most `size`; 0 also when the other side is gone. */
size_t fake_read(int fd, void *bytes, size_t size);
