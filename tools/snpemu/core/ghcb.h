/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the GHCB: what a VMGEXIT asks and what is answered, by host profile. Pure but
 * for the callbacks, through which all effects go. Each member of the page is read once; answers
 * are written back field by field with their valid bits. KVM always returns RAX to RDX, a strict
 * host just what the event returns.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/ghcb.h>
#include <svsm/abi/ghcb_msr.h>

/* One vCPU at one VMPL, as far as the protocol remembers it. */
struct ghcb_state {
    uint64_t msr;        /* C001_0130 as the guest sees it */
    uint64_t registered; /* GPA, GHCB_UNREGISTERED if none */
    uint64_t doorbell;   /* GPA, GHCB_DOORBELL_NONE if none */
    uint64_t dr7;        /* what the guest wrote last */
    uint8_t notify;      /* vector that tells of events of other levels; 0: #HV alone does */
    bool held;           /* waits in AP reset hold */
};
#define GHCB_UNREGISTERED (~UINT64_C(0))

struct ghcb_liar;

struct ghcb_config {
    uint32_t profile; /* enum launch_profile */
    uint8_t cbit;
    uint64_t hv_features; /* GHCB_HV_*; 0: the profile's */
    uint64_t vm_features; /* SEV_FEATURES that the machine offers */
    uint32_t vcpus;
    struct ghcb_liar *liar; /* ghcb_lie.h; NULL: an honest host */
};

enum ghcb_action {
    GHCB_RESUME = 0, /* the answer is in place: run the same VMPL on */
    GHCB_RUN_VMPL,   /* run target; the caller's answer is in place; rule: if there is no target */
    GHCB_HOLD,       /* wait for SIPI, then ghcb_wake() */
    GHCB_TERMINATED, /* the guest ended itself: term_set, term_reason, detail */
    GHCB_STOPPED,    /* KVM would return -EINVAL to its owner, or strict refuses: rule says why */
};

/*
 * rule is also set with GHCB_RESUME if the answer is an error, for the trace; it is what the guest
 * did wrong.
 */
struct ghcb_outcome {
    enum ghcb_action action;
    uint8_t target;
    unsigned term_set, term_reason;
    uint64_t detail;
    unsigned rule;
};

enum ghcb_io { GHCB_IO_OK = 0, GHCB_IO_GP, GHCB_IO_UD, GHCB_IO_FAIL };

/*
 * Effects. Addresses are guest-physical without C-bit. shared_page() gives the bytes of a page that
 * the host may read and write now (unassigned memory), page aligned, or NULL. All are there but
 * note() and record(), which may be NULL.
 */
struct ghcb_call;

struct ghcb_ops {
    void *(*shared_page)(void *machine, uint64_t gpa);
    enum ghcb_io (*port_in)(void *machine, uint16_t port, unsigned size, uint32_t *value);
    enum ghcb_io (*port_out)(void *machine, uint16_t port, unsigned size, uint32_t value);
    enum ghcb_io (*mmio_read)(void *machine, uint64_t gpa, unsigned size, uint8_t *bytes);
    enum ghcb_io (*mmio_write)(void *machine, uint64_t gpa, unsigned size, const uint8_t *bytes);
    enum ghcb_io (*msr_read)(void *machine, uint32_t index, uint64_t *value);
    enum ghcb_io (*msr_write)(void *machine, uint32_t index, uint64_t value);
    /* eax and ecx are in and out; xcr0 and xss are the guest's, for leaf 0Dh. */
    void (*cpuid)(void *machine, uint32_t *eax, uint32_t *ebx, uint32_t *ecx, uint32_t *edx,
                  uint64_t xcr0, uint64_t xss);
    uint64_t (*tsc)(void *machine);
    /* Changes the state of one page; large: 2 MiB. False: refused (no memory there). */
    bool (*page_state)(void *machine, uint64_t gpa, bool private, bool large);
    bool (*psmash)(void *machine, uint64_t gpa);
    /*
     * Both take their time: what was shared before need not be afterwards. What they give is good
     * until the next of them. guest_request() reads the request before its wait, and gives a page,
     * NULL for none, which leaves the guest's as it was; firmware status and GHCB_REQUEST_VMM_*.
     * certificates(), for an extended request, gives *pages pages; *said is how many the host says
     * they are.
     */
    const void *(*guest_request)(void *machine, const void *request, uint32_t *firmware,
                                 uint32_t *vmm_error);
    const void *(*certificates)(void *machine, uint64_t *pages, uint64_t *said);
    /* False: refused, answered as invalid input. */
    bool (*ap_create)(void *machine, uint32_t apic_id, uint8_t vmpl, unsigned request,
                      uint64_t vmsa_gpa, uint64_t features);
    enum ghcb_io (*ipi)(void *machine, uint64_t icr);
    void (*nmi_complete)(void *machine);
    /* The host injects into the level by itself again; tpr is the level's. False: invalid input. */
    bool (*alternate_end)(void *machine, uint8_t vmpl, uint8_t tpr);
    /* The end of a level-sensitive interrupt that was told in the doorbell. */
    bool (*specific_eoi)(void *machine, uint8_t vmpl, uint8_t vector);
    /*
     * Trace. Of a page: its event with EXITCODE and infos, then "answer" or the rule behind a
     * refusal with EXITCODE and the answer's infos. Of the MSR: its request with value and
     * response.
     */
    void (*note)(void *machine, const char *what, uint64_t a, uint64_t b, uint64_t c);
    /* An event of a page that was answered, ghcb_call.h. May be NULL. */
    void (*record)(void *machine, const struct ghcb_call *call);
};

/* What the host offers, GHCB_HV_*. */
uint64_t ghcb_features(const struct ghcb_config *config);

void ghcb_reset(struct ghcb_state *state, const struct ghcb_config *config);

/* One VMGEXIT of a vCPU at vmpl whose GHCB MSR is state->msr. */
struct ghcb_outcome ghcb_vmgexit(struct ghcb_state *state, const struct ghcb_config *config,
                                 const struct ghcb_ops *ops, void *machine, uint8_t vmpl);

/* The vCPU that held got its SIPI (or woke for another reason): completes the held answer. */
void ghcb_wake(struct ghcb_state *state, const struct ghcb_ops *ops, void *machine, bool sipi);

/* Names for traces and messages; NULL if there is none. */
const char *ghcb_event_name(uint64_t event);
const char *ghcb_msr_name(unsigned code);

/* The number of a name, whatever its case; of len characters. False: there is none. */
bool ghcb_event_by_name(const char *name, unsigned len, uint64_t *event);
bool ghcb_msr_by_name(const char *name, unsigned len, unsigned *code); /* of a request */

/* Those names, from 0 on; NULL: no more. */
const char *ghcb_event_nth(unsigned n);
const char *ghcb_msr_nth(unsigned n);

const char *ghcb_termination_name(unsigned set, unsigned reason);
