/* SPDX-License-Identifier: MIT */
/* The boot sequence's own parts. */
#pragma once
#include <cdefs.h>
#include <svsm/abi/image.h>

extern const struct svsm_image_location image_location; /* location.c */

/* main.c: the boot, from where it is the same everywhere. */
[[gnu::noreturn]] void boot_rest(void);

/* machine.c, snp/machine.c: what this machine is. */
void machine_read(uint32_t mbinfo_pa);      /* native: copies the loader's data; first of all */
void machine_check_memory(uint64_t end);    /* stops if RAM ends before `end` */
[[nodiscard]] uint32_t machine_vcpus(void); /* from fw_cfg; 1 without */
[[nodiscard]] uint32_t machine_interrupts(void); /* of the boot vCPU: ready; returns its APIC ID */
void machine_devices(const struct svsm_image_header *image); /* their interrupts to the boot vCPU */
[[nodiscard]] const char *machine_cmdline(void);

/* ap.c: start the other vCPUs; comes back when they have left the bootstrap tables. */
void ap_start_all(void);
void ap_release(void); /* let them run */

/* selftest.c: the command line's selftest=NAME, in test images only. Stages in the order of boot.
 */
enum stage { STAGE_EARLY, STAGE_TABLES, STAGE_FINAL };
void selftest_run(enum stage stage, bool test_image);
