/* SPDX-License-Identifier: MIT */
/*
 * Tasks, activations, frames and chains: all of ring 0's mutable knowledge about user space.
 *
 * Everything is static and sized by the image. What the manifest says is read from the image
 * tables (const); what changes is here. `struct task` is filled in two steps at boot: task_setup()
 * computes what follows from the manifest alone, and the platform (mm/space.c, or the fake) adds
 * the members under "platform".
 *
 * Locking: a task is entered only by the vCPU that holds one of its activations (activation.owner,
 * taken by compare-and-swap). Members marked [owner] belong to the holder of activation 0 of a
 * task with one activation; members marked [atomic] to anybody.
 */
#pragma once
#include <stdatomic.h>
#include <cdefs.h>
#include <task/regs.h>
#include <svsm/abi/call.h>
#include <svsm/abi/fault.h>
#include <svsm/abi/image.h>
#include <svsm/abi/layout.h>
#include <svsm/abi/lease.h>
#include <svsm/abi/syscall.h>

/* A range of a task's address space with its rights for CPL 3. Sorted by va. */
#define AREA_WRITE 1u
#define AREA_EXECUTE 2u
#define AREA_STATE 4u /* part of the state that rollback and reset restore */
struct area {
    uint64_t va;
    uint64_t size; /* bytes, whole pages */
    uint32_t flags;
    uint32_t region; /* index into image->regions, or AREA_NO_REGION */
};
#define AREA_NO_REGION UINT32_MAX
#define AREAS_MAX (SVSM_REGIONS_MAX + 1 + 4 * SVSM_ACTIVATIONS_MAX + 2)

/* A writable area as rollback and reset see it; one for each area with AREA_STATE. */
struct state_area {
    uint64_t va;
    uint32_t pages;
    /* platform: one page-table entry a page, so that the dirty bit can be read and cleared. Made
     * with the dirty bit set, so that the first commit copies everything */
    uint64_t *entries;
    /* platform: copy of the last committed state, mapped for ring 0 in this task's space only;
     * NULL unless the policy is rollback */
    uint8_t *shadow;
    /* platform: initial contents inside the image blob and their length; the rest is zero */
    const uint8_t *pristine;
    uint64_t pristine_size;
};
#define STATE_AREAS_MAX (SVSM_REGIONS_MAX + 1 + SVSM_ACTIVATIONS_MAX)
#define PTE_DIRTY UINT64_C(0x40)

/* What survives a system call (syscall.h): enough to put a task back where it made one. */
struct kept {
    uint64_t rbx, rbp, r12, r13, r14, r15, rip, rflags, rsp;
};

struct activation {
    atomic_uint owner; /* vCPU + 1, ACTIVATION_FREE or ACTIVATION_PARKED [atomic] */
    uint8_t
        *request; /* platform: the windows and the stage as ring 0 reaches them from any space */
    uint8_t *reply;
    uint8_t *stage;
};

#define ACTIVATION_FREE 0u
#define ACTIVATION_PARKED 0xffffu

/* A call that yielded: who asked for what, and where the task stands behind its YIELD. */
struct parked {
    uint32_t vcpu;
    uint32_t caller; /* task index, CALLER_ROOT or CALLER_GUEST */
    uint32_t endpoint, operation;
    uint32_t ticks;
    bool replayed, no_replay; /* as in struct frame */
    uint64_t since_ns;
    uint64_t args[SVSM_ARGS];
    uint64_t guest_area; /* that of the chain: another save area's guest repeats nothing */
    struct kept kept;
};
#define CALLER_ROOT UINT32_MAX
#define CALLER_GUEST (UINT32_MAX - 1)      /* of that vCPU */
#define PARKED_MAX_NS UINT64_C(1000000000) /* then anybody's call gives a parked one up */

/* Reasons to look closer at a task at its next entry into ring 0. */
#define ATTENTION_BROKEN 1u /* crashed in another activation: whoever is inside leaves */
#define ATTENTION_KILL 2u
#define ATTENTION_INJECT 4u

#define INSIDE_BROKEN 0x80000000u /* nobody may enter; the last one to leave resets the task */

/* What a handle to an endpoint leads to, worked out once, for the short way of calls (fast.h). */
struct binding {
    struct task *task; /* NULL: no endpoint, or a task with several activations */
    uint64_t entry;    /* its entry point */
    uint64_t info;     /* SVSM_INFO_ENDPOINT's bits */
    uint32_t endpoint;
    uint16_t plain;      /* bit n: operation n exists and declares no buffers */
    uint16_t idempotent; /* bit n: operation n is */
};

struct task {
    const struct svsm_image_task *image;
    uint32_t index;
    uint32_t area_count;
    struct area areas[AREAS_MAX];
    uint32_t state_count;
    struct state_area state[STATE_AREAS_MAX];
    struct activation activations[SVSM_ACTIVATIONS_MAX];

    atomic_uint life;       /* enum svsm_task_state [atomic] */
    atomic_uint attention;  /* ATTENTION_* [atomic] */
    atomic_uint generation; /* see call.h */
    atomic_uint inside;     /* activations held, and INSIDE_BROKEN; used where there are several */
    atomic_uint waiter;     /* vCPU + 1 that waits for event bits, or 0 */
    atomic_ullong events;   /* event word */
    atomic_ullong timer_ns; /* pending SVSM_TIMER_EVENT, 0 = none */
    atomic_ullong timer_bits;
    struct parked parked; /* valid while activation 0 is ACTIVATION_PARKED [owner] */

    atomic_uint commit_pages; /* that the last commit copied */
    uint32_t budget_ticks;    /* 0 = none */
    uint32_t crash_count;     /* in the window [owner or broken] */
    uint64_t crash_since_ns;

    atomic_ullong inject_syscall; /* counts down; 0 = off */
    atomic_ullong inject_again;   /* what inject_syscall becomes when it has hit */
    atomic_ullong inject_ns;      /* of own time left; 0 = off */
    atomic_ullong calls, crashes, replays, syscalls, injected;
    atomic_uint last_cause;
    atomic_uint log_tokens; /* records it may still write before log_refill_ns + 1 s */
    atomic_uint log_dropped;
    atomic_ullong log_refill_ns;

    uint64_t space; /* platform: CR3 */

    bool plain; /* one activation, nothing to commit at a return */
    struct binding bindings[SVSM_INFO_HANDLES];
};

/* Memory of a frame (or its ancestors) lent to the frame above it. */
struct lease {
    uint8_t owner; /* depth of the frame whose memory it is; 0: the guest's, and va a GPA */
    uint8_t rights;
    uint8_t through; /* 0: memory of the frame below; n: that frame's lease n - 1, lent on */
    uint64_t va;     /* in the owner's space, checked */
    uint32_t size;
};

struct stage_entry {
    uint8_t lease;
    uint32_t offset; /* into the lease */
    uint32_t size;
    uint32_t at; /* offset in the stage */
};
#define STAGE_ENTRIES_MAX 8

struct frame {
    struct task *task;
    uint32_t activation;
    uint32_t endpoint; /* index into the image's endpoints, or NO_ENDPOINT for init and events */
    uint32_t operation;
    uint32_t ticks;    /* of own time, for the budget */
    bool initialising; /* the call proper waits until SVSM_OP_INIT has returned */
    bool replayed;
    bool no_replay;  /* it called something that must not run twice */
    bool waiting;    /* in SVSM_TIMER_WAIT */
    uint8_t syscall; /* the one it is in, for fault records */
    uint8_t lease_count;
    uint8_t stage_count;
    uint8_t reply_owner;   /* depth of the frame that the reply window goes to */
    uint8_t reply_through; /* as in struct lease */
    uint8_t reply_length;  /* result register that tells the caller how many bytes it got */
    uint32_t stage_used;
    uint32_t reply_capacity; /* 0: the operation declares no output window */
    uint64_t reply_va;
    uint64_t wait_until_ns, wait_bits;
    uint64_t args[SVSM_ARGS]; /* as the caller gave them */
    struct lease leases[SVSM_LEASES_MAX];
    struct stage_entry stage[STAGE_ENTRIES_MAX];
    struct kept kept; /* while a frame above runs: where it stands */
};
#define NO_ENDPOINT UINT32_MAX

/* What a vCPU does when no task runs on it. */
struct root {
    uint32_t init_next; /* vCPU 0: task to initialise next */
    uint32_t boot_next; /* entry of the image's boot table to run next */
    uint32_t scan_next; /* task to look at first for events, so that none starves */
    bool boot_turn;     /* the boot chain was looked at before the events, last time */
};

/* A chain: one per vCPU. frames[0] is the root or the guest (no task), frames[depth] runs. */
struct chain {
    uint32_t depth;
    bool guest;          /* frame 0 is the guest, which waits for its answer (guest.h) */
    uint64_t guest_area; /* guest_call.area of it, or 0 */
    struct root root;
    struct frame frames[SVSM_CALL_DEPTH_MAX + 1];
};

/* The part of a vCPU that the core knows; the platform's own structure begins with it. */
struct cpu {
    struct regs regs; /* MUST be first: the trap stub addresses it. What runs when ring 0 exits */
    uint64_t full_restore; /* 1: RCX and R11 matter (leave by IRETQ), 0: leave by SYSRET */
    uint32_t index;
    uint32_t fault_cause; /* with NEXT_FAULT: what the running task did */
    uint64_t fault_address;
    const struct task *entered; /* whose space is loaded; NULL before the first */
    uint64_t space_loads;       /* how often one was, for the benchmarks */
    struct chain chain;
    _Alignas(16) uint8_t bounce[SVSM_PAGE_SIZE]; /* for copies between two tasks, and messages */
};

/*
 * What a step of the core leads to. The functions inside the core return it instead of calling
 * each other, so that nothing recurses; core.c turns the wheel.
 */
enum [[nodiscard]] next{
    NEXT_RUN,   /* cpu->regs is ready */
    NEXT_IDLE,  /* nothing to run here until an interrupt */
    NEXT_ROOT,  /* the chain is empty: event_root() */
    NEXT_BEGIN, /* start the frame on top (again): call_begin() */
    NEXT_FAULT, /* the running task misbehaved as cpu->fault_* say: fault_handle() */
};

extern struct task tasks[SVSM_TASKS_MAX];
extern uint32_t task_count;

/* Fill `t` from its manifest: areas, state areas, budget. Platform members stay zero. */
void task_setup(struct task *t, const struct svsm_image_task *image, uint32_t index);
