/* SPDX-License-Identifier: MIT */
/* TCB versions: which byte is which part, by the CPU that a report is from. */
#pragma once
#include <svsm/abi/attest.h>
#include "check.h"
#include "vek.h"

enum tcb_layout { TCB_MILAN, TCB_TURIN };

/* Least versions, of the parts that were named. */
struct tcb_least {
    bool given[VEK_SPLS];
    uint8_t least[VEK_SPLS];
};

enum tcb_layout tcb_layout_of(const struct psp_report *report, const struct vek *vek);

/* False: this layout has no such part. */
[[nodiscard]] bool tcb_part(const struct psp_tcb *tcb, enum tcb_layout layout, enum vek_spl part,
                            uint8_t *out);

/* "bl=4,tee=0,snp=22,ucode=213,fmc=1" in any order; false: something else. */
[[nodiscard]] bool tcb_parse(struct tcb_least *least, const char *text);

/* Reported TCB against certificate, order of the TCBs, and least versions. */
void tcb_check(struct checks *checks, const struct psp_report *report, const struct vek *vek,
               const struct tcb_least *least);
