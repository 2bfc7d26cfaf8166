/* SPDX-License-Identifier: MIT */
/* What leaves the guest: the intercepts, and the maps of ports and MSRs. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/svm.h>

void intercept_init(void);
/* With DebugSwap DR7 is the guest's own, and KVM does not intercept it. */
void intercept_debug(struct vmcb_control *control, bool swapped);

void intercept_set(struct vmcb_control *control);
