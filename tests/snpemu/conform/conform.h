/* SPDX-License-Identifier: MIT */
/*
 * A bare guest that asks an SNP machine for everything it can answer and checks each answer: return
 * codes and exceptions of the SNP instructions, #VC codes, both GHCB protocols, VMPLs. One line of
 * tests/README.md each on COM1. It knows nothing of the emulator, so it runs in any SNP machine
 * that loads its IGVM file.
 *
 * Memory: VA = GPA below 4 GiB, private; VA = GPA + SHARED is the shared alias. One 2 MiB from
 * SMALL on is mapped by 4 KiB pages, everything else by 2 MiB pages.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>
#include <svsm/abi/snp.h>
#include <svsm/abi/snp_pages.h>
#include <svsm/abi/svm.h>
#include <svsm/abi/vmexit.h>
#include <svsm/abi/vmsa.h>

#define PAGE_SIZE SNP_SIZE_4K
#define SHARED UINT64_C(0x100000000)
#define SMALL UINT64_C(0x400000)
#define LARGE UINT64_C(0x800000)
#define LARGE_2 UINT64_C(0xa00000)
#define UNMAPPED UINT64_C(0x4000000000)
#define NONCANONICAL UINT64_C(0x0100000000000000) /* not with LA57 either */
#define NO_GFN UINT64_C(0x7ffffff0)               /* far above all memory */
#define NO_MEMORY UINT64_C(0xfed10000)            /* below the HPET's neighbours, nothing there */

/* Page n of SMALL; some have a fixed use. */
#define PAGE(n) (SMALL + (uint64_t)(n)*PAGE_SIZE)
#define PAGE_GHCB PAGE(0)
#define PAGE_BUFFER PAGE(1) /* shared, for events with buffers outside the GHCB */
#define PAGE_BUFFER_2 PAGE(2)
#define PAGE_FREE 16u /* from here on: for tests */

/* What an act ran into. */
struct fault {
    bool happened;
    unsigned vector;
    uint64_t error, rip, cr2;
};

typedef void act(uint64_t argument);

/* As the stubs of start.S leave it. */
struct frame {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* machine.c: runs an act in which a fault ends it. Also at CPL 3, and as 32-bit code. */
void machine_init(void);
struct fault probe(act *act, uint64_t argument);
struct fault probe_user(const void *code);
struct fault probe_compat(const void *code);

/* The trap itself answers #VC of CPUID, by the MSR protocol and for EAX alone: for test_cost(). */
extern bool vc_serves_cpuid;

#define VECTOR_UD 6u
#define VECTOR_GP 13u
#define VECTOR_PF 14u
#define NO_FAULT 0xffu

/* print.c. NAME is a format with %u, %x and %s. */
void print(const char *format, ...);
void print_flush(void);
/* The same by another port than the console's. Nothing waits to be flushed. */
void print_port(uint16_t port, const char *format, ...);
void check(uint64_t got, uint64_t want, const char *name, ...);
void check_list(uint64_t got, uint64_t want, const char *name, va_list arguments);
/* The vector that an act ended with, NO_FAULT if none; and for #VC the error code. */
void check_fault(struct fault got, unsigned vector, uint64_t error, const char *name, ...);
extern unsigned checks, failures;
[[gnu::noreturn]] void finish(void);

/* ghcb.c */
#define the_ghcb ((struct ghcb *)(SHARED + PAGE_GHCB))
extern uint8_t cbit;
uint64_t msr_ask(uint64_t request);
void ghcb_init(void);
void ghcb_begin(void); /* clears the page; version and usage are set */
void ghcb_mark(size_t offset);
#define GHCB_SET(member, value)                                                                    \
    do {                                                                                           \
        the_ghcb->member = (value);                                                                \
        ghcb_mark(offsetof(struct ghcb, member));                                                  \
    } while (0)
bool ghcb_is_valid(size_t offset);
void ghcb_exit(void); /* as the page is */
/* The three words of an event; the rest as GHCB_SET() left it. */
void ghcb_ask(uint64_t code, uint64_t info1, uint64_t info2);
void ghcb_out(uint16_t port, unsigned size, uint32_t value);

/* pages.c: states of pages by way of the MSR protocol. GPAs, page aligned. */
bool page_to(uint64_t gpa, unsigned operation);  /* GHCB_MSR_PSC_* */
void page_private(uint64_t gpa);                 /* and validated */
void page_shared(uint64_t gpa);                  /* rescinded first if it was private */
bool large_to(uint64_t gpa, unsigned operation); /* 2 MiB, by the event */

/* level.c: acts at another VMPL on the same vCPU. */
void levels_init(void);
struct fault level_call(unsigned vmpl, act *act, uint64_t argument);
/* What this machine's firmware tells of the TSC, which it could be asked in an encrypted message.
 */
extern uint64_t area_tsc_scale;
extern unsigned level_now;
struct vmsa *level_area(unsigned vmpl);

/* area.c: a save area that starts in main with an empty stack; not yet the CPU's. */
uint64_t sev_features(void);
void area_fill(struct vmsa *v, unsigned vmpl, void (*main)(void), void *stack_end);

/* Instructions. */
struct insn {
    uint64_t rax, rcx, rdx; /* in, and out */
    bool cf;
};
void insn_pvalidate(struct insn *insn);
void insn_rmpadjust(struct insn *insn);
void insn_rmpquery(struct insn *insn);

/* Operands of INVLPGB in RAX: one address; and this guest's translations, global ones too. */
#define INVLPGB_VA 0x1u
#define INVLPGB_ALL 0xcu
#define INVLPGB_LOCAL 0x4u

/* SAFETY: single instructions; their operands say what they read and write. */
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

static inline void insn_invlpgb(uint64_t rax, uint64_t rcx, uint64_t rdx)
{
    asm volatile(".byte 0x0f, 0x01, 0xfe" : : "a"(rax), "c"(rcx), "d"(rdx) : "memory");
}

static inline void insn_tlbsync(void)
{
    asm volatile(".byte 0x0f, 0x01, 0xff" : : : "memory");
}

static inline void flush(uint64_t va)
{
    asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

void test_pvalidate(void);
void test_rmpadjust(void);
void test_rmpquery(void);
void test_access(void);
void test_vc(void);
void test_msr_protocol(void);
void test_events(void);
void test_clock(void);
void test_interrupt(void);
void test_step(void);
void test_psc(void);

void test_levels(void);
void test_state(void);
void test_cost(void);
void test_tlb(void);
void test_invlpgb(void);
void test_rdseed(void);
bool insn_has_invlpgb(void); /* as CPUID says */
/* Values of `forbidden` for test_ending(), named for the rules that end them. */
enum ending {
    ENDING_FIRST = 32,
    ENDING_VMPL_READ = ENDING_FIRST,
    ENDING_VMSA_WRITE_LOWER,
    ENDING_VMSA_PAGE,
    ENDING_VMSA_LARGE,
    ENDING_VMSA_LEVEL,
    ENDING_VMSA_SNP,
    ENDING_VMSA_FEATURES,
    ENDING_VMSA_EFER,
    ENDING_VMSA_CR0,
    ENDING_VMSA_CR3,
    ENDING_VMSA_CR4,
    ENDING_VMSA_CET,
    ENDING_VMSA_DR,
    ENDING_VMSA_XCR0,
    ENDING_EVENTS,
    ENDING_GHCB_PAGE = ENDING_EVENTS,
    ENDING_GHCB_UNSUPPORTED,
    ENDING_GHCB_IO_COUNT,
    ENDING_REQUEST_SHARED,
    ENDING_MSR_RESERVED,
    ENDING_LAST = ENDING_MSR_RESERVED
};
void test_ending(uint64_t which);

/* Ends the machine by a refused access, one kind each: what the image's word `forbidden` says. */
void test_forbidden(uint64_t number);
