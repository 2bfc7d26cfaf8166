/* SPDX-License-Identifier: MIT */
/*
 * A bare guest whose host lies to it on command (--lie guest): it says which lie it wants to be
 * told, and checks that it was and what it felt like. Everything else is the conformance guest's.
 */
#pragma once
#include "../conform/conform.h"
#include <wire/lie.h>

#define PAGE_LIE PAGE(PAGE_FREE)

/* Arms a lie: the text that --lie takes, a format as print() has it. */
#define lie(text, ...) print_port(LIE_PORT, text "\n" __VA_OPT__(, ) __VA_ARGS__)

/* How often those were told that were armed since the last end; it ends them all. */
unsigned lie_end(void);

/* Both in one check: told so often. */
void lie_check(unsigned want, const char *name);

/* What the last event left in the GHCB, where the next check's line overwrites it. */
extern struct ghcb answer;
bool answered(size_t offset);
/* ghcb_ask(), and a copy of what it left. */
void ask(uint64_t code, uint64_t info1, uint64_t info2);

/* The same event in two parts: all but its VMGEXIT, for which a test may have instructions of its
 * own. */
void cpuid_ready(void);

/* One event of CPUID; EAX. */
uint64_t ask_cpuid(uint32_t leaf);

void test_answers(void);
void test_msr(void);
void test_pages(void);
void test_injection(void);
void test_restricted(void);
void test_firmware(void);
void test_level_lies(void);
void test_cpuid_page(void);
/* Lies that a guest does not survive, one each. */
void test_fatal(uint64_t number);
