/* SPDX-License-Identifier: MIT */
/* One page for people with all that the JSON lines hold. */
#pragma once
#include <jansson.h>
#include <stdio.h>

/* `checks` is an array of the JSON lines' objects. */
void html_write(FILE *file, const json_t *checks);
