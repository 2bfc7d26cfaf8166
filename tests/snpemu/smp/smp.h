/* SPDX-License-Identifier: MIT */
/*
 * A bare guest of several vCPUs, each of which has several VMPLs: what an SVSM does with them. The
 * first CPU orders and prints; the others wait in HLT for a job, or run one.
 */
#pragma once
#include "../conform/conform.h"

#define CPUS_MAX 8u
#define IPI_VECTOR 0x40u
#define STACK_SIZE 4096u
#define TIMER_HZ 3579545u

/* Pages from conform.h's PAGE() on. */
#define PAGE_OWN_GHCB(cpu) ((cpu) == 0 ? PAGE_GHCB : PAGE(64 + (cpu)))
#define PAGE_BELL(cpu, vmpl) PAGE(80 + (cpu)*SNP_VMPLS + (vmpl))
#define PAGE_COMMON(n) PAGE(128 + (n))

/* What one VMPL of one CPU has; at GS:0. */
struct context {
    struct context *self;
    unsigned cpu, vmpl;
    uint64_t probe_rsp; /* 0: nothing is probed */
    struct fault fault;
    act *job; /* NULL: done */
    uint64_t argument;
    uint64_t rounds; /* jobs that it has done */
    uint64_t ipis, nmis;
    bool up;
    uint64_t first_msr; /* GHCB MSR where it began, of VMPL0 */
    /* With restricted injection; see bell.c. */
    struct ghcb_doorbell *bell; /* NULL: there is none */
    uint64_t rings;             /* #HV that came, */
    bool ring_if;               /* and RFLAGS.IF where the last one did, */
    uint64_t ring_rip;
    bool holds;     /* #HV is counted, and the page left as it is */
    uint8_t again;  /* vector that the next #HV handler sends to itself, 0: none */
    uint64_t depth; /* handlers that run, and their most */
    uint64_t depth_most;
    bool quiet;        /* interrupts by a vector of their own have no EOI */
    uint64_t took_rip; /* where the last of them came */
    uint64_t owed;     /* interrupts that were taken and not ended */
};

static inline struct context *context(void)
{
    struct context *now;

    /* SAFETY: every context sets GS before its first look. */
    asm volatile("movq %%gs:0, %0" : "=r"(now));
    return now;
}

/* A word that another CPU changes. */
#define SEEN(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define PUT(word, value) __atomic_store_n(&(word), (value), __ATOMIC_SEQ_CST)

/* context.c */
void context_init(struct context *new, unsigned cpu, unsigned vmpl);
void context_tables(void); /* IDT, and GS of the first CPU */

/* bell.c */
bool is_restricted(void); /* this level takes #HV and nothing else */
struct answer {
    uint64_t result, value; /* SW_EXITINFO1, SW_EXITINFO2 */
};
struct answer bell_event(uint64_t code, uint64_t info1, uint64_t info2);
struct answer bell_ask(uint64_t operation, uint64_t gpa);
void bell_start(void); /* this level gets a doorbell page, if it is restricted */
void bell_rang(struct context *me, struct frame *frame);
uint8_t bell_take(void); /* NoFurtherSignal ends, and the vector comes out of the page */
void bell_end(void);     /* EOIs that this level owes; not in a handler */

/* cpus.c */
struct ghcb *own_ghcb(void);
bool own_ask(uint64_t code, uint64_t info1, uint64_t info2, uint64_t rax, uint64_t rcx);
uint64_t apic_read(unsigned number);
extern unsigned cpu_count;
extern struct context contexts[CPUS_MAX][SNP_VMPLS];
extern struct vmsa areas[CPUS_MAX][SNP_VMPLS];
bool patient(uint64_t begun); /* false once a wait has lasted far too long */
uint64_t now(void);
uint32_t timer(void);                        /* the ACPI timer: 24 bits, TIMER_HZ */
bool area_make(unsigned cpu, unsigned vmpl); /* by VMPL0: filled, and made a VMSA */
bool area_make_at(struct vmsa *v, unsigned cpu, unsigned vmpl); /* another page than areas[] */
bool area_unmake(unsigned cpu, unsigned vmpl);                  /* once it is not in use */
bool area_ask(unsigned cpu, unsigned vmpl, unsigned request);   /* AP creation, by this CPU */
bool area_ask_for(unsigned cpu, unsigned vmpl, unsigned request, const struct vmsa *area);
void apic_write(unsigned number, uint64_t value); /* by this CPU's own GHCB */
void ipi(uint64_t low, unsigned destination);
void cpu_setup(void); /* GHCB and APIC of this CPU */
void job_start(unsigned cpu, act *act, uint64_t argument);
bool job_wait(unsigned cpu);
bool job_all(act *act, uint64_t argument);                          /* on all CPUs at once */
struct fault level_run(unsigned vmpl, act *act, uint64_t argument); /* on this CPU */
void level_rights(unsigned vmpl);

void test_start(unsigned cpus);
void test_signals(void);
void test_smp_levels(void);
void test_restart(void);
/* Does a reset hold end before another save area takes its place? */
void test_hold(bool finishes);
void test_hold_on_init(void); /* of a host that keeps CREATE_ON_INIT in mind */
void test_hammer(bool by_host, bool flushes, unsigned seconds); /* 0: a number of rounds */
void test_kept(void);
/* With one that is not 0 of these in its save area, the level must not run. */
void test_alternate(uint64_t features, uint64_t vintr, uint64_t event);
void test_bells(bool replaces); /* does the host replace a vector that was not taken? */
void test_poke(void);
void poke_breakpoint(struct frame *frame); /* test_poke.c: of the CPU that it happened on */
void test_revoked(void);
void test_in_use(void);
void test_write_running(void);
