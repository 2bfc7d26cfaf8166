/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* The instructions of SNP on the module's own pages; an exception but #VC ends them, not the
 * kernel. */
/* SAFETY: the operands are in registers, and the pages that they name are the module's. What the
 * instruction raises, the exception table takes, which leaves the vector in RAX. */
#include <asm/asm.h>
#include <asm/extable_fixup_types.h>

#include "module.h"
#include "runner.h"

#define INSN(bytes)                                                                                \
    "1: .byte " bytes "\n"                                                                         \
    "   setc %[cf]\n"                                                                              \
    "   movl $0, %[bad]\n"                                                                         \
    "2:\n" _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_FAULT)

#define RUN(bytes)                                                                                 \
    asm volatile(INSN(bytes)                                                                       \
                 : "+a"(insn->rax), "+c"(insn->rcx),                                               \
                   "+d"(insn->rdx), [cf] "+r"(cf), [bad] "+r"(bad)                                 \
                 :                                                                                 \
                 : "memory", "cc")

void insn_run(unsigned int kind, struct truth_insn *insn)
{
    u32 bad = 1;
    u8 cf = 0;

    switch (kind) {
    case TRUTH_PVALIDATE:
        RUN("0xf2, 0x0f, 0x01, 0xff");
        break;
    case TRUTH_RMPADJUST:
        RUN("0xf3, 0x0f, 0x01, 0xfe");
        break;
    default:
        RUN("0xf3, 0x0f, 0x01, 0xfd");
        break;
    }
    insn->rax = (u32)insn->rax;
    insn->cf = cf;
    insn->vector = bad ? (unsigned int)insn->rax : TRUTH_NO_VECTOR;
    insn->has_error = false; /* the exception table does not pass it on */
}
