/* SPDX-License-Identifier: MIT */
#pragma once

/* See bridge.c. */
[[gnu::noreturn]] void bridge_run(void);
