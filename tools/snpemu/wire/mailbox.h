/* SPDX-License-Identifier: MIT */
/*
 * Frames on the second serial port between hypervisor and host program, which plays the PSP. The
 * hypervisor asks, the host program answers; one request at a time for the whole machine.
 */
#pragma once
#include <stdint.h>

#define MAILBOX_MAGIC UINT32_C(0x58424d53) /* "SMBX" */
#define MAILBOX_PORT 0x2f8u
#define MAILBOX_PAYLOAD_MAX (64u * 1024u)

enum mailbox_type {
    MAILBOX_HELLO = 1,         /* no payload; answered by the same: the host program is there */
    MAILBOX_GUEST_REQUEST = 2, /* struct mailbox_request and the request page; answer below */
    MAILBOX_CERTIFICATES = 3,  /* no payload; answer: the certificate table, whole pages */
};

struct mailbox_frame {
    uint32_t magic;
    uint32_t type;   /* enum mailbox_type; of an answer the same */
    uint32_t size;   /* of the payload behind it, at most MAILBOX_PAYLOAD_MAX */
    uint32_t serial; /* counts up; the answer's is the request's */
};

/* What the machine knows of the asking guest and the PSP cannot see in the page. */
struct mailbox_request {
    uint32_t vcpu;
    uint32_t vmpl; /* whose GHCB the request came through; the keys decide, this is for the trace */
};

/* Answer to MAILBOX_GUEST_REQUEST, followed by the response page (4 KiB, also if status != 0). */
struct mailbox_response {
    uint32_t status; /* firmware status: PSP_STATUS_*, 0 is success */
    uint32_t stop;   /* 1: the guest reused an IV or broke another rule that ends strict runs */
};
