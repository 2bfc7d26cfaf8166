/* SPDX-License-Identifier: MIT */
/* The text of the tree's own list, as it was when this was built. */
#pragma once
#include <bytes.h>

struct bytes default_list(void);
