/* SPDX-License-Identifier: MIT */
/*
 * A lie of the host on command: what is done wrongly, at which point, from which occurrence on and
 * how often. The text form (--lie, and what a guest writes to LIE_PORT) is core/lie_spec.h's.
 */
#pragma once
#include <stdint.h>

#define LIE_MAX 32u /* of the command line; and as many of the guest's */
#define LIE_TEXT_MAX 200u

/*
 * With --lie guest. OUT, bytes: the text of a lie, which a line feed ends and arms; an empty line
 * disarms all that the guest armed. IN, 4 bytes: how often those were told since the first of them
 * was armed, LIE_PORT_WRONG if the last line was none.
 */
#define LIE_PORT 0x4c49u
#define LIE_PORT_WRONG UINT32_MAX

enum lie_kind {
    LIE_NONE,
    /* Of an answer, by event and field. */
    LIE_SET,    /* field = value */
    LIE_FLIP,   /* field ^= value */
    LIE_STALE,  /* field as the answer before to the same event had it */
    LIE_HIDE,   /* field is not returned: its valid bit is off */
    LIE_ASK,    /* the host takes the request for one in which field is value */
    LIE_SKIP,   /* nothing is done; answered as a success */
    LIE_REFUSE, /* nothing is done; answered as malformed, for the reason value */
    LIE_TWICE,  /* it is done twice */
    LIE_DROP,   /* it is done, and nothing is written back */
    LIE_REPEAT, /* nothing is done, and the last answer to this event comes again */
    LIE_SWAP, /* the answer to the event before this one, of whatever kind; this one's comes next */
    LIE_NEVER, /* the vCPU does not run any more */
    /* What a host can do at any point. */
    LIE_UNMAP,     /* the page at gpa becomes the host's */
    LIE_REMAP,     /* another page comes behind gpa, assigned and not validated */
    LIE_BACK,      /* the page that was there first comes back */
    LIE_EXCHANGE,  /* the two that were behind gpa change places */
    LIE_INTERRUPT, /* the vector value arrives, whatever the guest's interrupt flag */
    LIE_EXCEPTION, /* the exception value arrives, with an error code where it has one */
    LIE_NMI,
    LIE_CLOCK,    /* the TSC jumps by value */
    LIE_WRITE,    /* 8 bytes at offset of the shared page gpa, or of the GHCB, become value */
    LIE_DOORBELL, /* 8 bytes at offset of the doorbell page become value */
    /* Guest requests on their way to the firmware and back. */
    LIE_PSP_BUSY,    /* the host says that the firmware is busy */
    LIE_PSP_DROP,    /* the request does not go out; the response page stays as it is */
    LIE_PSP_REPLAY,  /* the last response comes instead of this one */
    LIE_PSP_FLIP,    /* bit value of the response */
    LIE_PSP_REQUEST, /* bit value of the request */
    LIE_PSP_TWICE,   /* the request goes out twice */
    LIE_CERTS,       /* certificates take value pages */
    LIE_CPUID, /* at launch: value is turned over in the CPUID page's leaf event, subleaf offset */
    LIE_KINDS
};

enum lie_at {
    LIE_AT_EVENT,  /* GHCB page protocol, event: EXITCODE; 0: any */
    LIE_AT_MSR,    /* GHCB MSR protocol, event: code of the request; 0: any */
    LIE_AT_INSN,   /* SNP instruction, event: enum lie_insn; before it is executed */
    LIE_AT_ENTER,  /* a level gets the CPU; before its first instruction */
    LIE_AT_LAUNCH, /* the firmware is given the pages; event: of LIE_CPUID */
};

enum lie_insn { LIE_PVALIDATE = 1, LIE_RMPADJUST, LIE_RMPQUERY };

/* Of the GHCB's page but the last three. The order is that of enum ghcb_field. */
enum lie_field {
    LIE_CPL,
    LIE_XSS,
    LIE_RAX,
    LIE_RCX,
    LIE_RDX,
    LIE_RBX,
    LIE_EXITCODE,
    LIE_INFO1,
    LIE_INFO2,
    LIE_SCRATCH,
    LIE_XCR0,
    LIE_BUFFER, /* 8 bytes of the shared buffer at offset */
    LIE_MSR,    /* the whole MSR */
    LIE_FIELDS
};

#define LIE_ANY 0xffu

/* VMRUN takes no exception that is not below this one, nor the NMI's vector as one. */
#define LIE_EXCEPTIONS 31u
#define LIE_NMI_VECTOR 2u

struct lie {
    uint64_t event;
    uint64_t value;
    uint64_t gpa;    /* page aligned */
    uint32_t nth;    /* first occurrence that is lied about, from 1 on */
    uint32_t count;  /* how many from then on; 0: all */
    uint32_t after;  /* instructions of the level behind the point */
    uint32_t offset; /* of LIE_BUFFER */
    uint8_t kind;    /* enum lie_kind */
    uint8_t at;      /* enum lie_at */
    uint8_t field;   /* enum lie_field */
    uint8_t vmpl;    /* LIE_ANY: any */
    uint8_t vcpu;    /* the same */
    uint8_t cpl;     /* of the instructions that `after` counts; LIE_ANY: any */
    uint16_t port;   /* of port I/O; 0: any */
};
_Static_assert(sizeof(struct lie) == 48, "launch image");
