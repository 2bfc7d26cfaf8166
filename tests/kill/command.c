/* SPDX-License-Identifier: MIT */
/* TPM 2.0 commands as bytes. See command.h. */
#include "command.h"

#define NO_SESSIONS 0x8001
#define SESSIONS 0x8002
#define OWNER UINT32_C(0x40000001)
#define RH_NULL UINT32_C(0x40000007)
#define PASSWORD UINT32_C(0x40000009)
#define SHA256 0x000b
#define ALG_NULL 0x0010

/* NV attributes: owner and index may read and write with passwords, no dictionary attack rules. */
#define NV_ATTRIBUTES UINT32_C(0x02060006)
#define NV_IS_COUNTER UINT32_C(0x10)
#define NV_IS_EXTEND UINT32_C(0x40)

int bytes_equal(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a, *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i]) {
            return 0;
        }
    }
    return 1;
}

uint32_t bytes_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void put(struct bytes *c, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && c->len < sizeof(c->data); i++) {
        c->data[c->len++] = data[i];
    }
}

static void put_number(struct bytes *c, uint32_t value, unsigned size)
{
    for (unsigned i = size; i > 0; i--) {
        uint8_t byte = (uint8_t)(value >> (8 * (i - 1)));
        put(c, &byte, 1);
    }
}

static void put16(struct bytes *c, uint32_t value)
{
    put_number(c, value, 2);
}

static void put32(struct bytes *c, uint32_t value)
{
    put_number(c, value, 4);
}

static void put_sized(struct bytes *c, const uint8_t *data, size_t size)
{
    put16(c, (uint32_t)size);
    put(c, data, size);
}

static void begin(struct bytes *c, uint32_t tag, uint32_t code)
{
    c->len = 0;
    put16(c, tag);
    put32(c, 0);
    put32(c, code);
}

/* Handles, then one empty password. `second` 0: there is only one handle. */
static void begin_authorised(struct bytes *c, uint32_t code, uint32_t first, uint32_t second)
{
    begin(c, SESSIONS, code);
    put32(c, first);
    if (second != 0) {
        put32(c, second);
    }
    put32(c, 9);
    put32(c, PASSWORD);
    put16(c, 0);
    put_number(c, 0, 1);
    put16(c, 0);
}

static void end(struct bytes *c)
{
    c->data[4] = (uint8_t)(c->len >> 8);
    c->data[5] = (uint8_t)c->len;
}

void command_startup(struct bytes *c)
{
    begin(c, NO_SESSIONS, 0x144);
    put16(c, 0);
    end(c);
}

void command_pcr_extend(struct bytes *c, uint32_t pcr, const uint8_t digest[DIGEST])
{
    begin_authorised(c, 0x182, pcr, 0);
    put32(c, 1);
    put16(c, SHA256);
    put(c, digest, DIGEST);
    end(c);
}

void command_pcr_reset(struct bytes *c, uint32_t pcr)
{
    begin_authorised(c, 0x13d, pcr, 0);
    end(c);
}

void command_pcr_read(struct bytes *c, uint32_t mask)
{
    begin(c, NO_SESSIONS, 0x17e);
    put32(c, 1);
    put16(c, SHA256);
    put_number(c, 3, 1);
    put_number(c, mask, 1);
    put_number(c, mask >> 8, 1);
    put_number(c, mask >> 16, 1);
    end(c);
}

void command_nv_define(struct bytes *c, uint32_t index)
{
    uint32_t size = index == NV_DATA ? NV_DATA_SIZE : index == NV_EXTEND ? DIGEST : 8;
    uint32_t kind = index == NV_COUNTER ? NV_IS_COUNTER : index == NV_EXTEND ? NV_IS_EXTEND : 0;
    begin_authorised(c, 0x12a, OWNER, 0);
    put16(c, 0); /* its password */
    put16(c, 14);
    put32(c, index);
    put16(c, SHA256);
    put32(c, NV_ATTRIBUTES | kind);
    put16(c, 0); /* no policy */
    put16(c, size);
    end(c);
}

void command_nv_undefine(struct bytes *c, uint32_t index)
{
    begin_authorised(c, 0x122, OWNER, index);
    end(c);
}

void command_nv_write(struct bytes *c, const uint8_t *data, size_t size, uint32_t offset)
{
    begin_authorised(c, 0x137, NV_DATA, NV_DATA);
    put_sized(c, data, size);
    put16(c, offset);
    end(c);
}

void command_nv_increment(struct bytes *c)
{
    begin_authorised(c, 0x134, NV_COUNTER, NV_COUNTER);
    end(c);
}

void command_nv_extend(struct bytes *c, const uint8_t digest[DIGEST])
{
    begin_authorised(c, 0x136, NV_EXTEND, NV_EXTEND);
    put_sized(c, digest, DIGEST);
    end(c);
}

void command_nv_read(struct bytes *c, uint32_t index, size_t size)
{
    begin_authorised(c, 0x14e, index, index);
    put16(c, (uint32_t)size);
    put16(c, 0);
    end(c);
}

void command_random(struct bytes *c, size_t size)
{
    begin(c, NO_SESSIONS, 0x17b);
    put16(c, (uint32_t)size);
    end(c);
}

void command_stir(struct bytes *c, const uint8_t digest[DIGEST])
{
    begin(c, NO_SESSIONS, 0x146);
    put_sized(c, digest, DIGEST);
    end(c);
}

void command_session(struct bytes *c, const uint8_t digest[DIGEST])
{
    begin(c, NO_SESSIONS, 0x176);
    put32(c, RH_NULL);
    put32(c, RH_NULL);
    put_sized(c, digest, 16); /* the caller's nonce */
    put16(c, 0);
    put_number(c, 0, 1); /* HMAC */
    put16(c, ALG_NULL);
    put16(c, SHA256);
    end(c);
}

void command_primary(struct bytes *c)
{
    begin_authorised(c, 0x131, OWNER, 0);
    put16(c, 4);
    put32(c, 0);          /* no password, no data */
    put16(c, 24);         /* TPMT_PUBLIC */
    put16(c, 0x0023);     /* ECC */
    put16(c, SHA256);     /* names */
    put32(c, 0x00040072); /* fixed, made here, with password, signs */
    put16(c, 0);          /* no policy */
    put16(c, ALG_NULL);   /* symmetric */
    put16(c, 0x0018);     /* ECDSA */
    put16(c, SHA256);
    put16(c, 0x0003);   /* P-256 */
    put16(c, ALG_NULL); /* KDF */
    put32(c, 0);        /* unique */
    put16(c, 0);        /* outside data */
    put32(c, 0);        /* creation PCRs */
    end(c);
}

void command_flush(struct bytes *c, uint32_t handle)
{
    begin(c, NO_SESSIONS, 0x165);
    put32(c, handle);
    end(c);
}

void command_handles(struct bytes *c, uint32_t first)
{
    begin(c, NO_SESSIONS, 0x17a);
    put32(c, 1);
    put32(c, first);
    put32(c, 16);
    end(c);
}

uint32_t command_code(const struct bytes *response)
{
    if (response->len < RESPONSE_HEADER || bytes_get32(response->data + 2) != response->len) {
        return UINT32_MAX;
    }
    return bytes_get32(response->data + 6);
}
