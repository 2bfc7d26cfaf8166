/* SPDX-License-Identifier: MIT */
/*
 * A payload that runs as the guest at VMPL2 and makes each call of the SVSM protocols, rightly and
 * wrongly, and checks each answer and what became of memory. One line of tests/README.md per check
 * on COM1. It knows nothing of our SVSM but the protocols: payload.h says how it is placed.
 *
 * Start, printing, GHCB and memory map are those of the conformance guest (conform.h). The first
 * vCPU alone prints and uses the GHCB page; the others make calls by the MSR protocol only.
 */
#pragma once
#include "../snpemu/conform/conform.h"
#include <svsm/abi/payload.h>
#include <svsm/abi/svsm_protocol.h>

#define CPUS_MAX 9u /* and one that is not there */
#define GUEST_VMPL 2u
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Fixed uses of pages of SMALL; tests have those from PAGE_TEST on, and LARGE and LARGE_2. */
#define PAGE_AP_CA(cpu) PAGE(8 + (cpu))
#define PAGE_AP_VMSA(cpu, which) PAGE(16 + 2 * (cpu) + (which))
#define PAGE_LIST PAGE(32)
#define PAGE_LIST_2 PAGE(33)
#define PAGE_TPM PAGE(34) /* and the next one */
#define PAGE_TEST(n) PAGE(64 + (n))

#define the_secrets ((volatile struct snp_secrets_page *)PAYLOAD_SECRETS)
#define the_cpuid ((volatile struct snp_cpuid_page *)PAYLOAD_CPUID)

/* What the maker of the image sets, by the symbol's name. */
extern volatile uint64_t option_vcpus, option_mode, option_seed, option_rounds;
#define MODE_CHECKS 0u
#define MODE_FORBIDDEN 1u /* option_seed says which access ends the machine */
#define MODE_STORM 2u
#define MODE_BRIDGE 3u

/* machine.c */
unsigned cpu_self(void);
void *cpu_stack_end(unsigned cpu);
/* End of the guest's memory as the chipset tells it. */
extern uint64_t memory_end;
static inline uint64_t svsm_start(void)
{
    return the_secrets->svsm_base;
}
static inline uint64_t svsm_end(void)
{
    return the_secrets->svsm_base + the_secrets->svsm_size;
}

/* Registers of a call, in and out. */
struct call {
    uint64_t rax, rcx, rdx, r8, r9;
};

enum via { VIA_MSR, VIA_GHCB };

/* call.c: one exit to VMPL0 with these registers, whatever the calling area says. false: the host
 * did not bring it about. */
bool call_exit(struct call *c, enum via via);
/* The calling area of this vCPU, and another one from now on. */
volatile struct svsm_calling_area *call_area(void);
void call_area_set(uint64_t gpa);
void call_area_of(unsigned cpu, uint64_t gpa);
/* One call as guests make it, repeated while the answer is BUSY or INCOMPLETE; by the GHCB on the
 * first vCPU unless it is told otherwise. RAX comes back whole. CALL_LOST: it was not taken. */
#define CALL_LOST (~UINT64_C(0))
uint64_t call_make(struct call *c);
extern enum via call_via;
extern unsigned call_repeats; /* the most that any call of the first vCPU was repeated */
uint64_t call_core(uint32_t number, uint64_t rcx, uint64_t rdx, uint64_t r8);
/* A check: the call gives `want`, and no register of the caller but RAX changes. */
void call_refused(uint64_t want, uint64_t rax, uint64_t rcx, uint64_t rdx, uint64_t r8,
                  const char *name, ...);
/* entry.S: the exit itself. */
void call_enter(struct call *c);

/* list.c: lists of PVALIDATE. Entries are written to the list at `list`. */
uint64_t list_begin(uint64_t list, unsigned count, unsigned next);
void list_put(uint64_t list, unsigned index, uint64_t entry);
unsigned list_next(uint64_t list);
/* The answer to the list as it is. */
uint64_t list_call(uint64_t list);
/* A list of one entry in PAGE_LIST. */
uint64_t list_one(uint64_t entry);
#define ENTRY_VALIDATE(gpa) ((gpa) | SVSM_ENTRY_VALIDATE)
#define ENTRY_RESCIND(gpa) (gpa)
#define ENTRY_2M UINT64_C(1)

/* Memory. */
static inline volatile uint64_t *word_at(uint64_t gpa)
{
    /* SAFETY: memory of this test; a fault ends the act that it is in, or the test. */
    return (volatile uint64_t *)gpa;
}
void memory_fill(uint64_t gpa, uint64_t value, uint64_t size);
/* How many words of the range are not `value`. */
uint64_t memory_differs(uint64_t gpa, uint64_t value, uint64_t size);
void memory_copy(uint64_t gpa, const void *from, uint64_t size);
/* What reading there ends with. */
struct fault memory_read(uint64_t gpa);

/* cpu.c: the other vCPUs. Each start is a vCPU created and started anew. */
typedef void job(unsigned cpu);
void cpu_give(unsigned cpu, job *job); /* what it does if it comes to run */
bool cpu_start(unsigned cpu, job *job);
bool cpu_wait(unsigned cpu);
/* The host takes it off its CPU and the SVSM deletes it. The last answer of DELETE_VCPU. */
uint64_t cpu_stop(unsigned cpu);
/* All of 1 to count - 1 at once, and the first vCPU too. */
bool cpu_all(unsigned count, job *job);
void cpu_fill(uint64_t vmsa, unsigned cpu);
bool cpu_host(unsigned cpu, unsigned request, uint64_t vmsa);
static inline void cpu_pause(void)
{
    asm volatile("pause" : : : "memory");
}

/* places.c: pages that no call may name, but for the last, which a list of PVALIDATE may. */
struct place {
    const char *name;
    uint64_t gpa;
};
#define PLACES 11u
#define PLACES_NOT_VALIDATED 1u
struct place place(unsigned number);

void storm_run(void);
void forbidden_run(uint64_t number);

void test_secrets(void);
void test_convention(void);
void test_query(void);
void test_vtom(void);
void test_remap(void);
void test_list(void);
void test_entry(void);
void test_pages(void);
void test_large(void);
void test_create(void);
void test_vcpu(void);
void test_vtpm(void);
void test_registers(void);
