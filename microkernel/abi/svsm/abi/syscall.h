/* SPDX-License-Identifier: MIT */
/*
 * System calls: what a task may ask of ring 0.
 *
 * Instruction SYSCALL, number in RAX. Arguments in RDI, RSI, RDX, R10, R8, R9. Results in RAX,
 * and for CALL also RDX, R10, R8, R9. RCX and R11 are clobbered, RBX, RBP, RSP, R12-R15 kept,
 * every other general register reads as zero afterwards. x87/SSE/AVX state, with the control words,
 * may come back at its initial value (the C ABI lets a call clobber all but the control words).
 *
 * Misuse (unknown number, bad handle, handle of another type, pointer outside the caller's own
 * memory, reserved bit set) is not answered: it is a fault of the task (fault.h). So an error
 * result never means "you passed nonsense".
 *
 * A pointer range must lie inside ONE area of layout.h that grants the needed right.
 */
#pragma once
#include <stdint.h>

enum svsm_syscall {
    /*
     * End the current upcall: rdi = result code (result.h), rsi = bytes of the reply window to
     * hand out (0 if the operation declares no output window), rdx, r10, r8, r9 = result
     * registers 0..3. Queued lease writes and the task's state are committed, then the caller
     * goes on. Never returns.
     */
    SVSM_SYS_RETURN = 0,
    /*
     * Call an endpoint: rdi = endpoint handle, rsi = operation, rdx, r10, r8, r9 = arguments
     * 0..3. Results: rax = result code, rdx, r10, r8, r9 = result registers 0..3. Arguments that
     * the operation declares as buffers are addresses and lengths in the caller's memory.
     */
    SVSM_SYS_CALL = 1,
    /* Copy out of a lease, now: rdi = lease, rsi = offset, rdx = destination, r10 = bytes.
     * rax = 0, or SVSM_ERR_INVALID_ADDRESS: it is the guest's memory, and is gone. */
    SVSM_SYS_LEASE_READ = 2,
    /* Queue bytes into a lease, committed at RETURN: rdi = lease, rsi = offset, rdx = source,
     * r10 = bytes. */
    SVSM_SYS_LEASE_WRITE = 3,
    /* Set bits in the event word an event handle names: rdi = handle, rsi = bits. */
    SVSM_SYS_NOTIFY = 4,
    /*
     * Park this upcall and answer SVSM_ERR_INCOMPLETE; the same call with the same registers on
     * the same vCPU (of a guest: in the same save area) goes on behind this instruction. Leases
     * held so far are gone and made anew. A call that has not been repeated for a second is given
     * up for the next other one. Misuse in a task with several activations, in SVSM_OP_INIT and
     * SVSM_OP_EVENT, and with lease writes queued.
     */
    SVSM_SYS_YIELD = 5,
    /* rdi = level (enum svsm_log_level), rsi = text, rdx = bytes (more than SVSM_LOG_TEXT_MAX is
       cut). */
    SVSM_SYS_LOG = 6,
    /* Fill with random bytes: rdi = destination, rsi = bytes (at most SVSM_RANDOM_MAX).
     * rax = 0, or SVSM_ERR_NO_ENTROPY. */
    SVSM_SYS_RANDOM = 7,
    /* The PSP, for the task that holds the platform handle: rdi = handle, rsi = enum svsm_snp,
     * rdx, r10 = addresses (see there). On a platform without a PSP the state says so. */
    SVSM_SYS_SNP_REQUEST = 8,
    /* Device access: rdi = device handle, rsi = enum svsm_host_io, rdx = offset into the device's
     * ports, r10 = value, or address for string forms, r8 = count for string forms.
     * rax = value read. */
    SVSM_SYS_HOST_IO = 9,
    /* rdi = control handle, rsi = enum svsm_task_ctl, rdx, r10 = arguments (see there). */
    SVSM_SYS_TASK_CTL = 10,
    /* Give up: rdi = code, rsi = text, rdx = bytes. A fault of cause SVSM_FAULT_PANIC. */
    SVSM_SYS_PANIC = 11,
    /* rdi = enum svsm_timer, rsi = absolute monotonic time in ns, rdx = event bits.
     * rax (and for WAIT rdx) see there. */
    SVSM_SYS_TIMER_SET = 12,
    SVSM_SYS_COUNT = 13,
};

#define SVSM_RANDOM_MAX 256 /* bytes in one SVSM_SYS_RANDOM */

enum svsm_host_io {
    SVSM_IO_IN8 = 0,
    SVSM_IO_IN16 = 1,
    SVSM_IO_IN32 = 2,
    SVSM_IO_OUT8 = 3,
    SVSM_IO_OUT16 = 4,
    SVSM_IO_OUT32 = 5,
    SVSM_IO_INS8 = 6,  /* `count` bytes from one port into memory */
    SVSM_IO_OUTS8 = 7, /* `count` bytes from memory to one port */
};
#define SVSM_IO_STRING_MAX 4096 /* bytes of one string form */

enum svsm_timer {
    /* Set `bits` in the caller's own event word at or after the time; time 0 cancels. rax = 0. */
    SVSM_TIMER_EVENT = 0,
    /*
     * Stand still until one of `bits` is set in the caller's own event word or the time is
     * reached. rax = 0 and rdx = the bits taken, or SVSM_ERR_TIMED_OUT. With bits = 0 a sleep.
     * The wait is not counted against the call's budget. Time UINT64_MAX: no deadline.
     */
    SVSM_TIMER_WAIT = 1,
};

/*
 * Guest messages to the PSP under VMPCK0 (psp.h). The task seals and opens them; ring 0 sees that
 * no number is used for two texts (microkernel/snp/psp_channel.h), whatever a rollback made the
 * task forget.
 */
enum svsm_snp {
    /* rdx = destination for struct svsm_snp_state. */
    SVSM_SNP_STATE = 0,
    /* rdx = destination for the 32 bytes of VMPCK0. Once: ring 0 keeps no copy. rax = 0 or
     * SVSM_ERR_INVALID_REQUEST. */
    SVSM_SNP_KEY = 1,
    /*
     * rdx = a sealed request (struct psp_msg) that bears the next number, r10 = destination for the
     * answer (struct psp_msg). rax:
     *   0                         the answer, its header checked; the tag is the task's to check
     *   SVSM_ERR_BUSY             not delivered; it is pending: send the same bytes again, or
     * RESEND SVSM_ERR_INCOMPLETE       another request is pending: RESEND first
     *   SVSM_ERR_INVALID_REQUEST  the channel has ended: wipe the key
     */
    SVSM_SNP_SEND = 2,
    /* r10 = destination: the pending request once more, the same bytes. rax as above; nothing
     * pending is SVSM_ERR_INVALID_REQUEST too. */
    SVSM_SNP_RESEND = 3,
    /* An answer's tag was wrong: end the channel. */
    SVSM_SNP_END = 4,
    /* rdx = struct svsm_snp_tsc: what TSC_INFO said, for the clock and for save areas. Once, with
     * Secure TSC, and as snp/psp.h has it; else rax is SVSM_ERR_INVALID_REQUEST. */
    SVSM_SNP_TSC = 5,
};

#define SVSM_SNP_PRESENT (1u << 0)    /* there is a PSP */
#define SVSM_SNP_PENDING (1u << 1)    /* a request is pending */
#define SVSM_SNP_SECURE_TSC (1u << 2) /* this guest has Secure TSC: ask for TSC_INFO */
struct svsm_snp_state {
    uint64_t next;  /* number of the next (or pending) request; 0: the channel has ended */
    uint32_t flags; /* SVSM_SNP_* */
    uint32_t reserved;
};
_Static_assert(sizeof(struct svsm_snp_state) == 16, "struct svsm_snp_state");

struct svsm_snp_tsc {
    uint64_t scale, offset; /* of TSC_INFO's answer */
    uint32_t factor;
    uint32_t reserved;
};
_Static_assert(sizeof(struct svsm_snp_tsc) == 24, "struct svsm_snp_tsc");

enum svsm_task_ctl {
    /* rdx = destination for struct svsm_task_status. */
    SVSM_CTL_STATUS = 0,
    /* Make the task crash now (cause SVSM_FAULT_KILLED), or at its next call if it is idle. */
    SVSM_CTL_KILL = 1,
    /*
     * Crash the task at its rdx-th system call from now on (1 = the next) and, if r10 is not 0,
     * once more at the r10-th after that one. Needs the `inject` right, which only images marked
     * for tests may grant; so for the next one.
     */
    SVSM_CTL_INJECT_SYSCALL = 2,
    /* Crash the task once it has run for rdx ns of its own time from now on. */
    SVSM_CTL_INJECT_TIME = 3,
    /*
     * Read one record of the fault ring: rdx = sequence number seen last (0 = from the oldest
     * kept), r10 = destination for struct svsm_fault. rax = SVSM_ERR_INVALID_REQUEST if there is
     * none yet. Any control handle will do.
     */
    SVSM_CTL_FAULT_READ = 4,
    /* The same for what the caller itself logged, with a log handle and struct svsm_log_record. */
    SVSM_CTL_LOG_READ = 5,
};

/* What SVSM_CTL_STATUS stores. Counters since boot. */
struct svsm_task_status {
    uint64_t calls;        /* upcalls begun, replays not counted */
    uint64_t crashes;      /* faults of any cause */
    uint64_t replays;      /* calls run a second time after a rollback */
    uint64_t syscalls;     /* made by the task */
    uint64_t injected;     /* of `crashes`, those asked for by INJECT or KILL */
    uint64_t space_loads;  /* address spaces loaded (CR3 writes) by the vCPU that asks */
    uint32_t generation;   /* see call.h */
    uint32_t state;        /* enum svsm_task_state */
    uint32_t last_cause;   /* enum svsm_fault_cause */
    uint32_t commit_pages; /* that the last commit copied; 0 unless its policy is rollback */
};
_Static_assert(sizeof(struct svsm_task_status) == 64, "struct svsm_task_status");

enum svsm_task_state {
    SVSM_TASK_FRESH = 0, /* its image is in place, it has not been initialised */
    SVSM_TASK_READY = 1,
    SVSM_TASK_WITHDRAWN = 2,
};
