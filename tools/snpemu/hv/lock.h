/* SPDX-License-Identifier: MIT */
/*
 * The one lock of the hypervisor. Whoever is in it and not in a guest, halted or waiting holds it;
 * so all that is not a vCPU's own may be touched by the code of any exit.
 */
#pragma once

void lock_take(void);
void lock_release(void);
