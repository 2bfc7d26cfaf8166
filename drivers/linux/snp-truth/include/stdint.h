/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a header of the C library of this name has, as the kernel has it. */
#pragma once
#include <linux/types.h>

#ifndef UINT64_C
#define UINT64_C(value) value##ULL
#define INT64_C(value) value##LL
#define UINT32_C(value) value##U
#endif
