/* SPDX-License-Identifier: MIT */
/* What the tests of the host program's readers share. */
#pragma once
#include <stdbool.h>

#include "fail.h"

/* Fails the test unless `done` is false and the words are among what was said. */
void refused(bool done, const struct fail *f, const char *words);

/* Fails the test, with what was said, unless `done`. */
void accepted(bool done, const struct fail *f);
