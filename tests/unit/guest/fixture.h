/* SPDX-License-Identifier: MIT */
/*
 * A guest over the fake SNP machine, up to four vCPUs, and what it can call. The same for unit
 * tests, threads and fuzzers.
 *
 *   pages 0 to 63       the guest's to validate
 *   pages 64 to 511     validated at the start; the first calling area is page 80
 *   pages 512 to 1023   the guest's to validate, 2 MiB
 *   pages 1032 to 1151  validated at the start; 1024 to 1031 are nobody's
 */
#pragma once
#include <fake_snp.h>
#include <guest/guest.h>
#include <svsm/abi/svsm_protocol.h>

#define PAGE(n) ((uint64_t)(n)*SNP_SIZE_4K)
#define LOW PAGE(0)
#define VALID PAGE(64)
#define LARGE PAGE(512)
#define HOLE PAGE(1024)
#define HIGH PAGE(1032)
#define END PAGE(FAKE_SNP_PAGES)
#define FIRST_CA PAGE(80)
#define LIST PAGE(81)
#define FEATURES SNP_FEATURE_SNP

struct registers {
    uint64_t rax, rcx, rdx, r8, r9;
};

extern struct snp_image_launch launch;
extern uint8_t table[FAKE_SNP_PAGES];
extern uint32_t known_protocol; /* guest_protocol_exists() */

/* The launch page as above. */
void fixture_launch(void);
/* Power on, set up as `launch` says, first vCPU. */
void fixture_start(void);
/* Both. */
void fixture_boot(void);

/* Write a save area that is all right into a page of the guest. */
void fixture_area(uint64_t gpa);
/* The save area that a vCPU enters, and its calling area. false: none. */
bool fixture_active(unsigned vcpu, uint64_t *area, uint64_t *ca);
/* What vCPU `vcpu` finds when it is back: a call, with these registers. Returns its save area. */
uint64_t fixture_prepare(unsigned vcpu, const struct registers *in);
/* A core call of that vCPU from start to end: RAX, which is 0xffffffff where nothing answered. */
uint32_t fixture_core(unsigned vcpu, uint32_t call, uint64_t rcx, uint64_t rdx, uint64_t r8);
struct vmsa fixture_vmsa(uint64_t gpa);

/* A list for PVALIDATE at LIST. */
void fixture_list(uint64_t at, uint16_t count, uint16_t next, const uint64_t *entries);
uint16_t fixture_next(uint64_t at);
/* PVALIDATE of one entry by vCPU 0. */
uint32_t fixture_pvalidate(uint64_t entry);
uint32_t fixture_create(unsigned by, unsigned vcpu, uint64_t vmsa, uint64_t ca);

/* Nobody is at work, and the host was honest: the owner table and the machine tell the same. NULL,
 * or what is wrong. */
const char *fixture_check(void);
