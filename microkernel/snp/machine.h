/* SPDX-License-Identifier: MIT */
/* What the launch says of this machine. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/snp_image.h>

/* The measured page; sound from boot_main() on. */
[[nodiscard]] const struct snp_image_launch *machine_launch(void);
/* May anything be printed? false before the launch page has been looked at. */
[[nodiscard]] bool machine_prints(void);
/* SEV_FEATURES of ring 0's own save areas. */
[[nodiscard]] uint64_t machine_features(void);
/* Restricted injection: the host can inject #HV and nothing else. */
[[nodiscard]] bool machine_restricted(void);
/* Ring 0's own memory, by physical address. */
[[nodiscard]] uint64_t machine_own_end(void);
