/* SPDX-License-Identifier: MIT */
/*
 * Lies as text: KIND@POINT[,KEY=VALUE]... POINT is an event of the GHCB as a trace names it, any,
 * msr-NAME for a request of the MSR protocol, msr-any, pvalidate, rmpadjust, rmpquery or enter.
 * Keys are those of struct lie by name; numbers are decimal, or hexadecimal behind 0x.
 */
#pragma once
#include <stdbool.h>
#include "../wire/lie.h"

/* Of len characters. NULL, or what is wrong with it. */
const char *lie_parse(const char *text, unsigned len, struct lie *lie);

/* Of a kind: its name, and a line for people. NULL: there is no such kind. */
const char *lie_name(enum lie_kind kind);
const char *lie_meaning(enum lie_kind kind);
