/* SPDX-License-Identifier: MIT */
#pragma once

/* The guest's first steps: registers, the GHCB, what memory there is. First of all. */
void start_guest(void);
