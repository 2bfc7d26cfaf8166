/* SPDX-License-Identifier: MIT */
/* Kinds of hosts: their names on command lines, and what they offer. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <wire/launch.h>

#define PROFILE_NAMES "strict upstream-6.12 planes"

bool profile_parse(const char *name, enum launch_profile *out);

const char *profile_name(enum launch_profile profile);

/* SEV_FEATURES that a first vCPU may have there. */
uint64_t profile_features(enum launch_profile profile);
