/* SPDX-License-Identifier: MIT */
/* In which parts two files differ. */
#pragma once
#include "parts.h"

enum differ_how { DIFFER_CHANGED, DIFFER_GONE, DIFFER_NEW };

/* Calls for each part that differs, those of the second file that are new last. Returns how many.
 */
unsigned differ_parts(const struct parts *a, const struct parts *b,
                      void (*tell)(void *context, const char *name, enum differ_how how),
                      void *context);
