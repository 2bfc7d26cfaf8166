/* SPDX-License-Identifier: MIT */
/* A call changes RAX, and RCX, RDX and R8 where it returns something there: nothing else. */
#include "protocol.h"
#include <svsm/abi/svsm_services.h>

#define RSP 4u
#define FLAGS UINT64_C(0xcd7) /* all of arithmetic and DF; not TF, not IF */
#define FX_MXCSR_MASK 28u
#define FSW_MASKED 0x21u /* invalid, inexact */
#define FX_USED 416u     /* to the end of XMM15 */

static struct registers {
    uint64_t gpr[16], flags, unused[7];
    uint8_t fx[512] [[gnu::aligned(16)]];
} before, after;

void registers_enter(const struct registers *in, struct registers *out);

static void fill(void)
{
    for (unsigned i = 0; i < 16; i++) {
        before.gpr[i] = UINT64_C(0x1111111111111111) * i + 0xabc;
    }
    before.flags = FLAGS;
    uint8_t status = before.fx[2];
    /* SAFETY: the state of the FPU goes to 512 aligned bytes. */
    asm volatile("fninit; fxsave64 %0" : "=m"(before.fx));
    before.fx[0] = 0x3f; /* control word: another precision and rounding, all masked */
    before.fx[1] = 0x0e;
    /* The emulator loads a status word in one of two ways: with exceptions, all masked, or without.
     */
    before.fx[2] = status == 0 ? FSW_MASKED : 0;
    before.fx[3] = 0x5f; /* conditions, and the stack's top at 3 */
    before.fx[4] = 0xff; /* all eight registers in use */
    before.fx[25] = 0x7f;
    before.fx[24] = 0x80;
    for (unsigned i = 32; i < FX_USED; i++) {
        before.fx[i] = i < 160 && i % 16 > 9 ? 0 : (uint8_t)(i * 7 + 3);
    }
}

static void compare(const char *name, unsigned changed)
{
    for (unsigned i = 0; i < 16; i++) {
        if (i != RSP && (changed >> i & 1) == 0) {
            check(after.gpr[i], before.gpr[i], "registers/%s-r%u", name, i);
        }
    }
    check(after.flags & FLAGS, FLAGS, "registers/%s-flags", name);
    unsigned wrong = 0;
    for (unsigned i = 0; i < FX_USED; i++) {
        bool skipped = i >= FX_MXCSR_MASK && i < 32;
        wrong += !skipped && after.fx[i] != before.fx[i];
    }
    check(wrong, 0, "registers/%s-x87-and-sse-bytes", name);
}

static void by_msr(uint64_t rax, uint64_t rcx, unsigned changed, const char *name)
{
    uint64_t saved = msr_read(SNP_MSR_GHCB);

    fill();
    before.gpr[0] = rax;
    before.gpr[1] = rcx;
    call_area()->call_pending = 1;
    msr_write(SNP_MSR_GHCB, ghcb_msr_run_vmpl(0));
    registers_enter(&before, &after);
    msr_write(SNP_MSR_GHCB, saved);
    check(call_area()->call_pending, 0, "registers/%s-taken", name);
    compare(name, changed);
}

void test_registers(void)
{
    by_msr(svsm_call_rax(0, SVSM_CORE_QUERY_PROTOCOL), svsm_query(0, 1), 3, "query");
    by_msr(svsm_call_rax(0, 99), 0, 1, "unknown-call");
    by_msr(svsm_call_rax(77, 0), 0, 1, "unknown-protocol");
    list_begin(PAGE_LIST, 1, 0);
    list_put(PAGE_LIST, 0, ENTRY_VALIDATE(PAGE_TEST(0)) | SVSM_ENTRY_IGNORE_CF);
    by_msr(svsm_call_rax(0, SVSM_CORE_PVALIDATE), PAGE_LIST, 1, "pvalidate");
    by_msr(svsm_call_rax(SVSM_PROTOCOL_VTPM, SVSM_VTPM_QUERY), 1, 7, "vtpm-query");
}
