/* SPDX-License-Identifier: MIT */
/* What the test guest's parts share: instructions, the GHCB, output, the traps. */
#pragma once
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. */
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/vmexit.h>

#define PAGE_SIZE UINT64_C(4096)
#define SHARED_BASE UINT64_C(0x40000000) /* VA of the shared alias of address 0 */

struct frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* What the last trap that was expected was; see trap_expect(). */
struct caught {
    uint64_t vector, error, rip, cr2;
    unsigned count;
};
extern struct caught caught;

/* The next trap of this vector is counted in caught, and goes on `length` bytes behind RIP. */
void trap_expect(unsigned vector, uint64_t length);

void traps_load(void);

/* Runs code at CPL 3 until it executes UD2. */
void traps_user(void (*code)(void));

static inline uint64_t msr_read(uint32_t index)
{
    uint32_t low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t index, uint64_t value)
{
    asm volatile("wrmsr" : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline void vmgexit(void)
{
    asm volatile("rep; vmmcall" : : : "memory");
}

/* EAX; *cf is the carry flag. */
static inline uint32_t pvalidate(uint64_t va, uint32_t size, uint32_t validate, bool *cf)
{
    uint32_t eax;
    bool carry;

    asm volatile(".byte 0xf2, 0x0f, 0x01, 0xff"
                 : "=a"(eax), "=@ccc"(carry)
                 : "a"(va), "c"(size), "d"(validate)
                 : "memory");
    *cf = carry;
    return eax;
}

static inline uint32_t rmpadjust(uint64_t va, uint64_t size, uint64_t attributes)
{
    uint32_t eax;

    asm volatile(".byte 0xf3, 0x0f, 0x01, 0xfe"
                 : "=a"(eax)
                 : "a"(va), "c"(size), "d"(attributes)
                 : "memory", "cc");
    return eax;
}

/* One request of the MSR protocol. */
uint64_t ghcb_msr_ask(uint64_t request);

/* Makes a page shared and registers it; everything below needs it. */
void ghcb_start(void);
extern struct ghcb *ghcb;

/* An event with its two words; returns SW_EXITINFO1. */
uint64_t ghcb_ask(uint64_t code, uint64_t info1, uint64_t info2);
uint32_t ghcb_in(uint16_t port, unsigned size);
void ghcb_out(uint16_t port, unsigned size, uint32_t value);
uint64_t ghcb_rdmsr(uint32_t index);
void ghcb_wrmsr(uint32_t index, uint64_t value);

void print(const char *text);
void print_hex(uint64_t value);

/* "ok NAME" or "not ok NAME - got X". */
void check(const char *name, uint64_t got, uint64_t want);

/* Ends the machine by port F4h. */
[[gnu::noreturn]] void finish(uint32_t code);

/* A page that is private at the start and nobody else's; number below 8. */
uint64_t spare_page(unsigned number);
