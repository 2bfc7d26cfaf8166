/* SPDX-License-Identifier: MIT */
/*
 * The list of tests. `forbidden` is a word of the image, which its maker sets: how many vCPUs there
 * must be, and above that which of the boots this is.
 */
#include "smp.h"

#define BOOT_SHIFT 8
#define BOOT_ALL 0u
#define BOOT_BY_HOST 1u    /* a host without VMPLs, which converts pages as KVM does */
#define BOOT_REVOKED 2u    /* ended by an access that RMPADJUST has just forbidden */
#define BOOT_KEPT 3u       /* stale translations are kept; ended as the last */
#define BOOT_BELLS 5u      /* restricted injection; on a host that replaces vectors, and on one */
#define BOOT_BELLS_KEPT 6u /* that does not */
#define BOOT_FLUSHES 4u    /* as the first, but flushes what it takes away */
#define BOOT_IN_USE 7u     /* ended by a save area that another vCPU runs with */
#define BOOT_RUNNING 8u    /* ended by a write to the save area of a CPU that runs */

[[gnu::section(".data.word")]] volatile uint64_t forbidden = 1; /* in the file, not in .bss */

[[gnu::noreturn]] void guest_main(void);
void guest_main(void)
{
    unsigned boot = (unsigned)(forbidden >> BOOT_SHIFT);

    context_tables();
    ghcb_init();
    cpu_setup();
    bell_start();
    test_start((unsigned)(forbidden & 0xff));
    if (boot == BOOT_IN_USE) {
        test_in_use();
        finish();
    }
    if (boot == BOOT_RUNNING) {
        test_write_running();
        finish();
    }
    if (boot == BOOT_BELLS || boot == BOOT_BELLS_KEPT) {
        test_bells(boot == BOOT_BELLS);
    }
    if (boot == BOOT_REVOKED) {
        test_revoked();
        finish();
    }
    if (boot == BOOT_KEPT) {
        test_kept();
        finish();
    }
    test_signals();
    if (boot != BOOT_BY_HOST) {
        test_smp_levels();
        test_restart();
    }
    if (boot == BOOT_BELLS || boot == BOOT_BELLS_KEPT) {
        finish();
    }
    test_hammer(boot == BOOT_BY_HOST, boot == BOOT_FLUSHES);
    finish();
}
