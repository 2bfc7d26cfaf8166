/* SPDX-License-Identifier: MIT */
/*
 * Guest messages: what a guest and the SNP firmware on the PSP say to each other (56860), behind
 * the GHCB's guest request. What a payload holds is in psp_messages.h. A message is a header and an
 * encrypted payload in one page: AES-256-GCM under VMPCK n; the IV is MSG_SEQNO and four zero
 * bytes; authenticated with the header from algo on. Marks in brackets: see snp.h.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define PSP_ALGO_AES_256_GCM 1u
#define PSP_HDR_VERSION 1u
#define PSP_HDR_SIZE 0x60u
#define PSP_TAG_SIZE 16u
#define PSP_IV_SIZE 12u
#define PSP_PAYLOAD_MAX 4000u
#define PSP_AAD_OFFSET 0x30u
#define PSP_AAD_SIZE 48u

struct psp_msg_header {
    uint8_t authtag[32]; /* the tag in bytes 0 to 15, then zero */
    uint64_t msg_seqno;
    uint64_t reserved_028;
    uint8_t algo; /* PSP_ALGO_AES_256_GCM */
    uint8_t hdr_version;
    uint16_t hdr_size;
    uint8_t msg_type; /* PSP_MSG_* */
    uint8_t msg_version;
    uint16_t msg_size; /* payload bytes, without header and tag */
    uint32_t reserved_038;
    uint8_t msg_vmpck; /* key index */
    uint8_t reserved_03d[35];
};
_Static_assert(sizeof(struct psp_msg_header) == 96, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, authtag) == 0x000, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, msg_seqno) == 0x020, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, reserved_028) == 0x028, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, algo) == 0x030, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, hdr_version) == 0x031, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, hdr_size) == 0x032, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, msg_type) == 0x034, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, msg_version) == 0x035, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, msg_size) == 0x036, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, reserved_038) == 0x038, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, msg_vmpck) == 0x03c, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, reserved_03d) == 0x03d, "56860-message-header");
_Static_assert(offsetof(struct psp_msg_header, algo) == PSP_AAD_OFFSET, "56860-message-header");
_Static_assert(PSP_AAD_OFFSET + PSP_AAD_SIZE == PSP_HDR_SIZE, "56860-message-header");

struct psp_msg {
    struct psp_msg_header header;
    uint8_t payload[4000];
};
_Static_assert(sizeof(struct psp_msg) == 0x1000, "56860-guest-message");
_Static_assert(offsetof(struct psp_msg, header) == 0x000, "56860-guest-message");
_Static_assert(offsetof(struct psp_msg, payload) == 0x060, "56860-guest-message");
