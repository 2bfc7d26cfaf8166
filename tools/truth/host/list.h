/* SPDX-License-Identifier: MIT */
/*
 * The text of a conformance list: lines of NAME KIND KEY=VALUE..., and what begins with # is for
 * people. The first line is "format 1". list.conf says what the words mean.
 */
#pragma once
#include <bytes.h>
#include <fail.h>
#include "step.h"

#define LIST_SIZE_MAX (sizeof(struct truth_list) + TRUTH_STEPS * sizeof(struct truth_step))

/* The caller's to free(); NULL: f says what is wrong in which line. */
struct truth_list *list_parse(struct bytes text, struct fail *f);

/* An empty list with room for TRUTH_STEPS; NULL: no memory. list_seal() when all are in it. */
struct truth_list *list_new(void);
[[nodiscard]] bool list_seal(struct truth_list *list, struct fail *f);
size_t list_size(const struct truth_list *list);

/* The step of that name, NULL if there is none. */
const struct truth_step *list_find(const struct truth_list *list, const char *name);

/* A name's characters are letters, digits, '-', '_' and '.', 1 to TRUTH_NAME - 1 of them. */
bool list_name_is_good(const char *name);

/* What is shown of a step that does not say it. */
uint32_t list_shown(uint32_t kind);
const char *list_kind_name(uint32_t kind);
