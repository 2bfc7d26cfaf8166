/* SPDX-License-Identifier: MIT */
/* What port_tsc_info() was told: for save areas of further vCPUs. Not sound: it was told nothing.
 */
#pragma once
#include <snp/psp.h>

[[nodiscard]] const struct psp_tsc *psp_tsc_info(void);
