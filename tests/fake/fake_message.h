/* SPDX-License-Identifier: MIT */
/* What a task hands over for the PSP: the header of a guest message, as far as ring 0 looks at it.
 */
#pragma once
#include <svsm/abi/psp.h>
#include <svsm/abi/psp_messages.h>

/* One of 32 bytes, all zero. `type`: PSP_MSG_*. */
static inline struct psp_msg fake_message(uint64_t number, uint8_t type)
{
    return (struct psp_msg){.header = {.msg_seqno = number,
                                       .algo = PSP_ALGO_AES_256_GCM,
                                       .hdr_version = PSP_HDR_VERSION,
                                       .hdr_size = PSP_HDR_SIZE,
                                       .msg_type = type,
                                       .msg_version = PSP_MSG_VERSION,
                                       .msg_size = 32}};
}
