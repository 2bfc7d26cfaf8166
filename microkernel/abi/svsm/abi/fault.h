/* SPDX-License-Identifier: MIT */
/*
 * Faults: why ring 0 ended an upcall. One record per fault, kept in a ring that a control handle
 * can read, and printed with a back trace by development images.
 */
#pragma once
#include <stdint.h>

enum svsm_fault_cause {
    SVSM_FAULT_NONE = 0,
    SVSM_FAULT_EXCEPTION = 1, /* CPU exception at CPL 3; `vector`, `error`, `address` */
    SVSM_FAULT_STACK = 2,     /* a page fault in the guard below its stack */
    SVSM_FAULT_SYSCALL = 3,   /* unknown system call number */
    SVSM_FAULT_HANDLE = 4,    /* bad handle, or of another type, or without the right */
    SVSM_FAULT_POINTER = 5,   /* range not in the task's own memory; `address` */
    SVSM_FAULT_ARGUMENT = 6,  /* reserved bits, length or enumeration out of range */
    SVSM_FAULT_LEASE = 7,     /* no such lease, out of its range, or without the right */
    SVSM_FAULT_REPLY = 8,     /* RETURN with more than the reply window or the caller takes */
    SVSM_FAULT_BUDGET = 9,    /* ran longer than its manifest allows */
    SVSM_FAULT_PANIC = 10,    /* the task gave up; `address` holds its code */
    SVSM_FAULT_KILLED = 11,   /* SVSM_CTL_KILL */
    SVSM_FAULT_INJECTED = 12, /* SVSM_CTL_INJECT_* */
    SVSM_FAULT_CAUSES = 13,
};

struct svsm_fault {
    uint64_t sequence; /* counts from 1 */
    uint64_t time_ns;
    uint64_t rip;
    uint64_t rsp;
    uint64_t address; /* CR2, pointer argument or panic code */
    uint64_t error;   /* the CPU's error code */
    uint32_t operation;
    uint32_t generation;
    uint16_t task; /* index */
    uint8_t cause; /* enum svsm_fault_cause */
    uint8_t vector;
    uint8_t vcpu;
    uint8_t depth;   /* of the frame, 1 = called by the root */
    uint8_t syscall; /* number of the call it was in, 0xff = none */
    uint8_t reserved;
};
_Static_assert(sizeof(struct svsm_fault) == 64, "struct svsm_fault");
