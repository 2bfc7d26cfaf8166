/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the GHCB: one VMGEXIT with a page. Inputs are copies, read once; handlers of
 * events write their answers here and, through the functions below, into the shared buffer.
 */
#pragma once
#include "ghcb.h"
#include "lie.h"
#include "rules.h"

enum ghcb_field {
    FIELD_CPL, /* the quadword that holds it */
    FIELD_XSS,
    FIELD_RAX,
    FIELD_RCX,
    FIELD_RDX,
    FIELD_RBX,
    FIELD_EXITCODE,
    FIELD_INFO1,
    FIELD_INFO2,
    FIELD_SCRATCH,
    FIELD_XCR0,
    FIELD_COUNT
};

struct ghcb_call {
    struct ghcb *page; /* shared with the guest, which may write at any time */
    uint64_t gpa;
    struct ghcb_state *state;
    const struct ghcb_config *config;
    const struct ghcb_ops *ops;
    void *machine;
    uint8_t vmpl;
    uint16_t version;
    uint64_t in[FIELD_COUNT]; /* zero where not valid */
    uint32_t valid;           /* bit n: field n */
    uint64_t out[FIELD_COUNT];
    uint32_t answered; /* bit n: field n goes back; INFO1 and INFO2 always do */
    struct lie_point point;
    struct lie_hits hits; /* none with an honest host */
    struct ghcb_outcome outcome;
};

struct ghcb_event {
    uint64_t code;
    const char *name;  /* NULL: exit_name() has it */
    uint32_t needs;    /* fields, bit n: field n */
    uint32_t infos;    /* FIELD_INFO1, FIELD_INFO2: which of the two it has a use for, as bits */
    uint64_t features; /* GHCB_HV_*; without one of them there is no such event */
    bool in_kvm;       /* KVM 6.12 has it */
    void (*handle)(struct ghcb_call *call);
};

const struct ghcb_event *ghcb_event_find(uint64_t code);

/* Does the host follow the specification to the letter? Else it is some KVM. */
bool ghcb_call_is_strict(const struct ghcb_call *call);

/* Answers. The last one of a call counts. */
void ghcb_call_return(struct ghcb_call *call, enum ghcb_field field, uint64_t value);
void ghcb_call_malformed(struct ghcb_call *call, unsigned error, unsigned rule);
void ghcb_call_exception(struct ghcb_call *call, uint8_t vector, unsigned rule);
void ghcb_call_stop(struct ghcb_call *call, unsigned rule);

/* Are these fields valid? If not, that is the answer. */
bool ghcb_call_has(struct ghcb_call *call, uint32_t fields);

/*
 * Behind an effect that takes its time: is the GHCB still shared? If not, nothing can be answered,
 * and the guest is stopped.
 */
bool ghcb_call_again(struct ghcb_call *call);

/* Did the effect work? If not, its failure is the answer; rule is for GHCB_IO_FAIL. */
bool ghcb_call_io(struct ghcb_call *call, enum ghcb_io io, unsigned rule);

/*
 * size bytes at SW_SCRATCH, as an offset into the shared buffer. False: they are not all there, and
 * that is the answer.
 */
bool ghcb_call_scratch(struct ghcb_call *call, uint64_t size, unsigned *offset);
void ghcb_call_read(const struct ghcb_call *call, unsigned offset, void *bytes, unsigned size);
void ghcb_call_write(struct ghcb_call *call, unsigned offset, const void *bytes, unsigned size);

void ghcb_call_note(const struct ghcb_call *call, const char *what, uint64_t a, uint64_t b,
                    uint64_t c);

/* Events, by file. */
void ghcb_cpu_dr7_read(struct ghcb_call *call);
void ghcb_cpu_dr7_write(struct ghcb_call *call);
void ghcb_cpu_rdtsc(struct ghcb_call *call);
void ghcb_cpu_rdtscp(struct ghcb_call *call);
void ghcb_cpu_rdpmc(struct ghcb_call *call);
void ghcb_cpu_cpuid(struct ghcb_call *call);
void ghcb_cpu_hypercall(struct ghcb_call *call);
void ghcb_cpu_nothing(struct ghcb_call *call);
void ghcb_io_port(struct ghcb_call *call);
void ghcb_io_msr(struct ghcb_call *call);
void ghcb_io_mmio_read(struct ghcb_call *call);
void ghcb_io_mmio_write(struct ghcb_call *call);
void ghcb_psc(struct ghcb_call *call);
void ghcb_request(struct ghcb_call *call);
void ghcb_request_extended(struct ghcb_call *call);
void ghcb_vcpu_nmi_complete(struct ghcb_call *call);
void ghcb_vcpu_hold(struct ghcb_call *call);
void ghcb_vcpu_jump_table(struct ghcb_call *call);
void ghcb_vcpu_creation(struct ghcb_call *call);
void ghcb_vcpu_doorbell(struct ghcb_call *call);
void ghcb_vcpu_ipi(struct ghcb_call *call);
void ghcb_vcpu_notify(struct ghcb_call *call);
void ghcb_vcpu_alternate_end(struct ghcb_call *call);
void ghcb_vcpu_specific_eoi(struct ghcb_call *call);
void ghcb_vcpu_apic_ids(struct ghcb_call *call);
void ghcb_vcpu_run(struct ghcb_call *call);
void ghcb_vcpu_features(struct ghcb_call *call);
void ghcb_vcpu_terminate(struct ghcb_call *call);
void ghcb_vcpu_unsupported(struct ghcb_call *call);

/* The MSR protocol: state->msr is a request, not the address of a page. */
struct ghcb_outcome ghcb_msr_request(struct ghcb_state *state, const struct ghcb_config *config,
                                     const struct ghcb_ops *ops, void *machine);
