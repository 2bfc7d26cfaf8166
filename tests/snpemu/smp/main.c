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
#define BOOT_ALTERNATE 7u  /* alternate injection below VMPL0; the rest by refusals: */
#define BOOT_BUSY 8u
#define BOOT_BOTH 9u
#define BOOT_VINTR 10u
#define BOOT_EVENT 11u
#define BOOT_FLUSHES 4u  /* as the first, but flushes what it takes away */
#define BOOT_POKE 12u    /* code that one CPU changes and another executes */
#define BOOT_LONG 13u    /* the hammer for SECONDS, with the host's part */
#define BOOT_LEVELS 14u  /* the hammer for SECONDS, with levels */
#define BOOT_IN_USE 15u  /* ended by a save area that another vCPU runs with */
#define BOOT_RUNNING 16u /* ended by a write to the save area of a CPU that runs */
#define BOOT_FINISH 17u  /* AP creation for CPUs in a reset hold, which ends first, */
#define BOOT_DROP 18u    /* or does not */
#define BOOT_ON_INIT 19u /* of a host that keeps CREATE_ON_INIT in mind */
#define SECONDS 60u

[[gnu::section(".data.word")]] volatile uint64_t forbidden = 1; /* in the file, not in .bss */

static void alternate(unsigned boot)
{
    static const struct {
        uint64_t features, vintr, event;
    } boots[] = {
        [BOOT_ALTERNATE - BOOT_ALTERNATE] = {0, 0, 0},
        [BOOT_BUSY - BOOT_ALTERNATE] = {0, VMSA_VINTR_GUEST_BUSY, 0},
        [BOOT_BOTH - BOOT_ALTERNATE] = {SNP_FEATURE_RESTRICTED_INJECTION, 0, 0},
        [BOOT_VINTR - BOOT_ALTERNATE] = {0, VMSA_VINTR_NMI_ENABLE, 0},
        [BOOT_EVENT - BOOT_ALTERNATE] = {0, 0, SVM_EVENT_VALID | SVM_EVENT_EXCEPTION | 0x40},
    };
    unsigned i = boot - BOOT_ALTERNATE;

    if (i < sizeof(boots) / sizeof(boots[0])) {
        test_alternate(boots[i].features, boots[i].vintr, boots[i].event);
    }
}

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
    if (boot >= BOOT_ALTERNATE && boot <= BOOT_EVENT) {
        alternate(boot);
        finish();
    }
    if (boot == BOOT_REVOKED) {
        test_revoked();
        finish();
    }
    if (boot == BOOT_KEPT) {
        test_kept();
        finish();
    }
    if (boot == BOOT_POKE) {
        test_poke();
        finish();
    }
    if (boot == BOOT_FINISH || boot == BOOT_DROP) {
        test_hold(boot == BOOT_FINISH);
        finish();
    }
    if (boot == BOOT_ON_INIT) {
        test_hold_on_init();
        finish();
    }
    if (boot == BOOT_LONG) {
        test_hammer(true, false, SECONDS);
        finish();
    }
    if (boot == BOOT_LEVELS) {
        test_smp_levels();
        test_hammer(false, false, SECONDS);
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
    test_hammer(boot == BOOT_BY_HOST, boot == BOOT_FLUSHES, 0);
    finish();
}
