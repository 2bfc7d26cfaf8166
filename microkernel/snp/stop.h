/* SPDX-License-Identifier: MIT */
/*
 * Why the SNP platform ends the machine: reason codes of set SNP_STOP_SET in the GHCB's termination
 * request, the only word of a release image. doc/snp.md explains them.
 */
#pragma once
#include <cdefs.h>

#define SNP_STOP_SET 5u

enum snp_stop {
    SNP_STOP_DONE = 0,     /* nothing left to run, and no guest in the image */
    SNP_STOP_CPUID = 1,    /* the firmware's CPUID page has no C-bit */
    SNP_STOP_RING0 = 2,    /* an invariant of ring 0, an exception, a task that must not stop */
    SNP_STOP_STATUS = 3,   /* SEV_STATUS: not SNP, or a feature that ring 0 does not know */
    SNP_STOP_LAUNCH = 4,   /* header or launch page do not fit each other */
    SNP_STOP_PROTOCOL = 5, /* the host has no GHCB protocol 2 */
    SNP_STOP_FEATURE = 6,  /* the host lacks a feature */
    SNP_STOP_GHCB = 7,     /* no GHCB: page state change, PVALIDATE or registration refused */
    SNP_STOP_ANSWER = 8,   /* an answer of the host against the protocol */
    SNP_STOP_MEMORY = 10,  /* memory of the guest that the host does not give */
    SNP_STOP_VCPU = 11,    /* a vCPU that the host does not start */
    SNP_STOP_CLOCK = 12,   /* Secure TSC, several vCPUs, and no TSC_INFO for the others */
};

/* As port_stop(), with the reason. */
[[gnu::noreturn]] void stop_because(enum snp_stop reason, const char *why);
