/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* What a header of the C library of this name has, as the kernel has it. */
#pragma once
#include <linux/types.h>
#include <linux/stddef.h>
