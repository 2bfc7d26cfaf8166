/* SPDX-License-Identifier: MIT */
/* PVALIDATE, RMPADJUST and RMPQUERY, which reach the emulator as #UD. */
#pragma once
#include "machine.h"

/*
 * The exit "exception #UD" of a level; what is no instruction of SNP, nor XSAVES nor RDSEED, is
 * given back as #UD.
 */
void snp_undefined(struct level *level);
