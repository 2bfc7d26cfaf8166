/* SPDX-License-Identifier: MIT */
/*
 * The host that lies on command: what core/lie.h decides, brought about. All of it does nothing
 * where the launch image has no lies and does not let the guest arm any.
 */
#pragma once
#include "machine.h"

/* Once, when the launch image is known. */
void lies_init(void);

/*
 * A level is about to execute an SNP instruction, kind is an enum lie_insn, on the page at gpa.
 * False: something comes first, and the instruction again afterwards.
 */
bool lies_insn(struct level *level, unsigned kind, uint64_t gpa);

/* What the host gives the firmware for a CPUID page. True: it is not what it was. */
bool lies_launch_cpuid(struct snp_cpuid_page *page);

/* A level has got the CPU. */
void lies_enter(struct level *level);

/* At each entry and exit: instructions are counted by single steps that the guest does not see.
 * ran: there was an entry. */
void lies_before_run(struct level *level);
void lies_after_run(struct level *level, bool ran);

/* An exit: a TF that an IRET brought back from a frame of the time of such steps goes. */
void lies_step(struct level *level, uint64_t code);

/* LIE_PORT. False: it is another. */
bool lies_port_in(uint16_t port, uint32_t *value);
bool lies_port_out(uint16_t port, unsigned size, uint32_t value);

/* Ticks by which the host's clock is off. */
uint64_t lies_clock(void);

/*
 * A guest request on its way, which is the host's own copy: forward() is the honest way. The answer
 * is a page that is good until the next request, or NULL: none came, and the guest's stays as it
 * was. lies_certificates(): how many pages the host says they need.
 */
typedef const void *lies_forward(void *context, const void *request, uint32_t *firmware,
                                 uint32_t *vmm_error);
const void *lies_request(void *context, void *request, uint32_t *firmware, uint32_t *vmm_error,
                         lies_forward *forward);
uint64_t lies_certificates(void *context, uint64_t needed);

/* The figures of --stats. */
void lies_print(void);
