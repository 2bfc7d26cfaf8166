/* SPDX-License-Identifier: MIT */
/* The outside of a TPM 2.0 command or response. See command.h. */
#include "command.h"

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

uint32_t command_size(const uint8_t *header)
{
    return get32(header + 2);
}

uint32_t command_code(const uint8_t *header)
{
    return get32(header + 6);
}

void command_refuse(struct command *c, uint32_t code)
{
    c->bytes[0] = 0x80; /* TPM_ST_NO_SESSIONS */
    c->bytes[1] = 0x01;
    put32(c->bytes + 2, COMMAND_HEADER);
    put32(c->bytes + 6, code);
    c->len = COMMAND_HEADER;
}

bool command_whole(const uint8_t *bytes, uint32_t len)
{
    return len >= COMMAND_HEADER && command_size(bytes) == len;
}
