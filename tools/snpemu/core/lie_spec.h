/* SPDX-License-Identifier: MIT */
/*
 * Lies as text: KIND@POINT[,KEY=VALUE]... POINT is an event of the GHCB by its name, any, msr-NAME
 * for a request of the MSR protocol, msr-any, pvalidate, rmpadjust, rmpquery, enter or launch. Keys
 * are those of struct lie by name; numbers are decimal, or hexadecimal behind 0x.
 */
#pragma once
#include <stdbool.h>
#include "../wire/lie.h"

/* Of len characters. NULL, or what is wrong with it. */
const char *lie_parse(const char *text, unsigned len, struct lie *lie);

/* Why it can be told in no machine; NULL: it can. A guest may ask for such. */
const char *lie_vain(const struct lie *lie);

/*
 * What a lie can be written with, each from 0 on, NULL behind the last: points that are no names of
 * the GHCB protocols (ghcb_event_nth(); behind "msr-" ghcb_msr_nth()), fields, and keys.
 */
const char *lie_point_nth(unsigned n);
const char *lie_field_nth(unsigned n);
const char *lie_key_nth(unsigned n);

/* Of a kind: its name, and a line for people. NULL: there is no such kind. */
const char *lie_name(enum lie_kind kind);
const char *lie_meaning(enum lie_kind kind);
