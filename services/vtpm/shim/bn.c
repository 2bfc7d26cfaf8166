/* SPDX-License-Identifier: MIT */
/*
 * Numbers. A BIGNUM is a heap object around wolfCrypt's mp_int; flags (BN_FLG_CONSTTIME) mean
 * nothing here because mp_exptmod is constant-time always. mp_div and mp_invmod of an even modulus
 * (N/P and 1/e mod phi when a key is loaded) are not.
 */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

#define CTX_MAX 40 /* numbers that one of libtpms's functions takes from a context */

struct shim_bn_ctx {
    unsigned used;
    unsigned marks[8];
    unsigned depth;
    BIGNUM *numbers[CTX_MAX];
};

BN_CTX *BN_CTX_new(void);
void BN_CTX_free(BN_CTX *c);
void BN_CTX_start(BN_CTX *c);
void BN_CTX_end(BN_CTX *c);
BIGNUM *BN_CTX_get(BN_CTX *c);
void BN_set_flags(BIGNUM *a, int flags);
int BN_add_word(BIGNUM *a, unsigned long w);
int BN_sub(BIGNUM *r, const BIGNUM *a, const BIGNUM *b);
int BN_mul(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *c);
int BN_div(BIGNUM *q, BIGNUM *r, const BIGNUM *a, const BIGNUM *d, BN_CTX *c);
int BN_mod_exp(BIGNUM *r, const BIGNUM *a, const BIGNUM *e, const BIGNUM *m, BN_CTX *c);
BIGNUM *BN_mod_inverse(BIGNUM *r, const BIGNUM *a, const BIGNUM *m, BN_CTX *c);

BIGNUM *BN_new(void)
{
    BIGNUM *a = malloc(sizeof(*a));
    if (a != NULL && mp_init(&a->n) != MP_OKAY) {
        free(a);
        a = NULL;
    }
    return a;
}

void BN_clear_free(BIGNUM *a)
{
    if (a != NULL) {
        mp_forcezero(&a->n);
        free(a);
    }
}

void BN_free(BIGNUM *a)
{
    BN_clear_free(a);
}

BIGNUM *BN_copy(BIGNUM *to, const BIGNUM *from)
{
    return to != NULL && from != NULL && mp_copy(&from->n, &to->n) == MP_OKAY ? to : NULL;
}

BIGNUM *BN_dup(const BIGNUM *a)
{
    BIGNUM *r = a == NULL ? NULL : BN_new();
    if (r != NULL && BN_copy(r, a) == NULL) {
        BN_free(r);
        r = NULL;
    }
    return r;
}

BIGNUM *BN_bin2bn(const unsigned char *in, int len, BIGNUM *out)
{
    BIGNUM *r = out == NULL ? BN_new() : out;
    if (r != NULL && (len < 0 || mp_read_unsigned_bin(&r->n, in, (word32)len) != MP_OKAY)) {
        if (out == NULL) {
            BN_free(r);
        }
        r = NULL;
    }
    return r;
}

/* The number of bytes stored. */
int BN_bn2bin(const BIGNUM *a, unsigned char *out)
{
    int size = mp_unsigned_bin_size(&a->n);
    return mp_to_unsigned_bin((mp_int *)&a->n, out) == MP_OKAY ? size : 0;
}

int BN_num_bits(const BIGNUM *a)
{
    return mp_count_bits(&a->n);
}

int BN_is_zero(const BIGNUM *a)
{
    return mp_iszero(&a->n) ? 1 : 0;
}

/* OpenSSL sorts NULL behind every number. */
int BN_cmp(const BIGNUM *a, const BIGNUM *b)
{
    if (a == NULL || b == NULL) {
        return (a == NULL) - (b == NULL);
    }
    int order = mp_cmp((mp_int *)&a->n, (mp_int *)&b->n);
    return order == MP_GT ? 1 : order == MP_LT ? -1 : 0;
}

int BN_set_word(BIGNUM *a, unsigned long w)
{
    return mp_set_int(&a->n, w) == MP_OKAY;
}

void BN_set_flags(BIGNUM *a, int flags)
{
    (void)a;
    (void)flags;
}

int BN_add_word(BIGNUM *a, unsigned long w)
{
    return mp_add_d(&a->n, (mp_digit)w, &a->n) == MP_OKAY;
}

/* Results below zero cannot be: libtpms subtracts primes from their product. */
int BN_sub(BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
    return mp_cmp((mp_int *)&a->n, (mp_int *)&b->n) != MP_LT &&
           mp_sub((mp_int *)&a->n, (mp_int *)&b->n, &r->n) == MP_OKAY;
}

int BN_mul(BIGNUM *r, const BIGNUM *a, const BIGNUM *b, BN_CTX *c)
{
    (void)c;
    return mp_mul((mp_int *)&a->n, (mp_int *)&b->n, &r->n) == MP_OKAY;
}

/* By a larger number: no quotient, and all of it remains. */
static int divide_by_larger(BIGNUM *q, BIGNUM *r, const BIGNUM *a)
{
    if (r != NULL && mp_copy(&a->n, &r->n) != MP_OKAY) {
        return 0;
    }
    if (q != NULL) {
        mp_zero(&q->n);
    }
    return 1;
}

/* wolfCrypt's mp_div refuses a divisor that is longer by more than two words. */
int BN_div(BIGNUM *q, BIGNUM *r, const BIGNUM *a, const BIGNUM *d, BN_CTX *c)
{
    (void)c;
    if (mp_iszero(&d->n)) {
        return 0;
    }
    if (mp_cmp((mp_int *)&a->n, (mp_int *)&d->n) == MP_LT) {
        return divide_by_larger(q, r, a);
    }
    return mp_div((mp_int *)&a->n, (mp_int *)&d->n, q == NULL ? NULL : &q->n,
                  r == NULL ? NULL : &r->n) == MP_OKAY;
}

int BN_mod_exp(BIGNUM *r, const BIGNUM *a, const BIGNUM *e, const BIGNUM *m, BN_CTX *c)
{
    (void)c;
    if (mp_iszero(&m->n)) {
        return 0;
    }
    return mp_exptmod((mp_int *)&a->n, (mp_int *)&e->n, (mp_int *)&m->n, &r->n) == MP_OKAY;
}

BIGNUM *BN_mod_inverse(BIGNUM *r, const BIGNUM *a, const BIGNUM *m, BN_CTX *c)
{
    (void)c;
    BIGNUM *out = r == NULL ? BN_new() : r;
    if (out != NULL && mp_invmod((mp_int *)&a->n, (mp_int *)&m->n, &out->n) != MP_OKAY) {
        if (r == NULL) {
            BN_free(out);
        }
        out = NULL;
    }
    return out;
}

BN_CTX *BN_CTX_new(void)
{
    return calloc(1, sizeof(BN_CTX));
}

static void ctx_release(BN_CTX *c, unsigned down_to)
{
    while (c->used > down_to) {
        c->used--;
        BN_clear_free(c->numbers[c->used]);
    }
}

void BN_CTX_free(BN_CTX *c)
{
    if (c != NULL) {
        ctx_release(c, 0);
        free(c);
    }
}

void BN_CTX_start(BN_CTX *c)
{
    if (c->depth == sizeof(c->marks) / sizeof(c->marks[0])) {
        shim_fatal("number contexts nested too deep");
    }
    c->marks[c->depth++] = c->used;
}

void BN_CTX_end(BN_CTX *c)
{
    if (c != NULL && c->depth > 0) {
        c->depth--;
        ctx_release(c, c->marks[c->depth]);
    }
}

BIGNUM *BN_CTX_get(BN_CTX *c)
{
    if (c->used == CTX_MAX) {
        return NULL;
    }
    BIGNUM *a = BN_new();
    if (a != NULL) {
        c->numbers[c->used++] = a;
    }
    return a;
}
