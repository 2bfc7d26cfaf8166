/* SPDX-License-Identifier: MIT */
/* The tree's list, for runs that name no other. */
#include "default_list.h"

static const char text[] =
#include "list.inc"
    ;

struct bytes default_list(void)
{
    return (struct bytes){(const uint8_t *)text, sizeof(text) - 1};
}
