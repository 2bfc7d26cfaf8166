/* SPDX-License-Identifier: MIT */
/* The bare guest with a list in it, as an IGVM file that any machine with SEV-SNP can load. */
#pragma once
#include <bytes.h>
#include <fail.h>
#include "step.h"

/* Where the program lets these two be, as its start code has them. */
#define IMAGE_CPUID UINT64_C(0x1fe000)
#define IMAGE_SECRETS UINT64_C(0x1ff000)

/* elf: the bare guest. *file is the caller's to free(). */
bool truth_image(struct bytes elf, const struct truth_list *list, struct bytes *file,
                 struct fail *f);
