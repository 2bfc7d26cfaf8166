/* SPDX-License-Identifier: MIT */
/* See launch.c. Stops the machine where it fails: there is nothing to go on for. */
#pragma once

/* On the boot vCPU, once, when the tasks are ready: memory, pages and first vCPU of the guest. */
void launch_guest(void);
