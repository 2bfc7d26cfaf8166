/* SPDX-License-Identifier: MIT */
/* See command.h. A command that does not fit is a mistake in cases.c and ends the program. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_AT 2 /* of the length in a command's header */

void put_bytes(struct command *c, const void *bytes, size_t size)
{
    if (size > sizeof(c->bytes) - c->size) {
        fputs("bench: a command is too long\n", stderr);
        abort();
    }
    memcpy(c->bytes + c->size, bytes, size);
    c->size += size;
}

void put8(struct command *c, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)value};
    put_bytes(c, bytes, sizeof(bytes));
}

void put16(struct command *c, unsigned value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put_bytes(c, bytes, sizeof(bytes));
}

void put32(struct command *c, uint32_t value)
{
    put16(c, value >> 16);
    put16(c, value & 0xffff);
}

void put_fill(struct command *c, unsigned byte, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        put8(c, byte);
    }
}

void put_sized(struct command *c, unsigned byte, size_t size)
{
    put16(c, (unsigned)size);
    put_fill(c, byte, size);
}

static void begin(struct command *c, unsigned tag, uint32_t code)
{
    c->size = 0;
    put16(c, tag);
    put32(c, 0);
    put32(c, code);
}

void command_begin(struct command *c, uint32_t code)
{
    begin(c, ST_NO_SESSIONS, code);
}

/* A password session: handle, empty nonce, attributes, empty password. */
static void put_session(struct command *c)
{
    put32(c, 9);
    put32(c, RS_PASSWORD);
    put16(c, 0);
    put8(c, 0);
    put16(c, 0);
}

void command_begin_auth(struct command *c, uint32_t code, uint32_t handle)
{
    begin(c, ST_SESSIONS, code);
    put32(c, handle);
    put_session(c);
}

void command_begin_auth2(struct command *c, uint32_t code, uint32_t first, uint32_t second)
{
    begin(c, ST_SESSIONS, code);
    put32(c, first);
    put32(c, second);
    put_session(c);
}

void command_end(struct command *c)
{
    const size_t size = c->size;
    c->size = SIZE_AT;
    put32(c, (uint32_t)size);
    c->size = size;
}

size_t sized_begin(struct command *c)
{
    put16(c, 0);
    return c->size;
}

void sized_end(struct command *c, size_t mark)
{
    const size_t size = c->size;
    c->size = mark - 2;
    put16(c, (unsigned)(size - mark));
    c->size = size;
}
