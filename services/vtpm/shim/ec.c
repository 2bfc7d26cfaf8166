/* SPDX-License-Identifier: MIT */
/*
 * Elliptic curves with explicit parameters, as libtpms gives them. A group whose parameters are
 * those of one of wolfCrypt's curves is computed by its constant-time code for that curve; the
 * others (BN-256, BN-638, SM2) by its generic ladder. Point addition is affine arithmetic of our
 * own.
 */
#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <wolfssl/wolfcrypt/sp.h>

EC_GROUP *EC_GROUP_new_curve_GFp(const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *c);
void EC_GROUP_free(EC_GROUP *g);
int EC_GROUP_set_generator(EC_GROUP *g, const EC_POINT *q, const BIGNUM *order, const BIGNUM *h);
EC_POINT *EC_POINT_new(const EC_GROUP *g);
void EC_POINT_free(EC_POINT *q);
void EC_POINT_clear_free(EC_POINT *q);
int EC_POINT_set_affine_coordinates(const EC_GROUP *g, EC_POINT *q, const BIGNUM *x,
                                    const BIGNUM *y, BN_CTX *c);
int EC_POINT_get_affine_coordinates(const EC_GROUP *g, const EC_POINT *q, BIGNUM *x, BIGNUM *y,
                                    BN_CTX *c);
int EC_POINT_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a, const EC_POINT *b, BN_CTX *c);
int EC_POINT_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, const EC_POINT *q,
                 const BIGNUM *m, BN_CTX *c);
int EC_POINTs_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, size_t count,
                  const EC_POINT *points[], const BIGNUM *scalars[], BN_CTX *c);

EC_GROUP *EC_GROUP_new_curve_GFp(const BIGNUM *p, const BIGNUM *a, const BIGNUM *b, BN_CTX *c)
{
    (void)c;
    EC_GROUP *g = calloc(1, sizeof(*g));
    if (g != NULL && (mp_init_multi(&g->p, &g->a, &g->b, &g->order, NULL, NULL) != MP_OKAY ||
                      mp_copy(&p->n, &g->p) != MP_OKAY || mp_copy(&a->n, &g->a) != MP_OKAY ||
                      mp_copy(&b->n, &g->b) != MP_OKAY)) {
        free(g);
        g = NULL;
    }
    if (g != NULL) {
        g->curve_id = ECC_CURVE_INVALID;
        shim_point_init(&g->generator);
    }
    return g;
}

void EC_GROUP_free(EC_GROUP *g)
{
    free(g);
}

static int bytes_of(const mp_int *n, uint8_t out[MAX_ECC_BYTES], word32 *size)
{
    int len = mp_unsigned_bin_size(n);
    if (len > MAX_ECC_BYTES || mp_to_unsigned_bin((mp_int *)n, out) != MP_OKAY) {
        return 0;
    }
    *size = (word32)len;
    return 1;
}

/* The NIST curve with these six parameters, if there is one: a wrong guess would be a wrong curve.
 */
static int curve_find(const EC_GROUP *g)
{
    const mp_int *numbers[6] = {&g->p, &g->a, &g->b, &g->order, &g->generator.x, &g->generator.y};
    uint8_t bytes[6][MAX_ECC_BYTES];
    word32 sizes[6];
    for (int i = 0; i < 6; i++) {
        if (!bytes_of(numbers[i], bytes[i], &sizes[i])) {
            return ECC_CURVE_INVALID;
        }
    }
    return wc_ecc_get_curve_id_from_params(mp_count_bits(&g->p), bytes[0], sizes[0], bytes[1],
                                           sizes[1], bytes[2], sizes[2], bytes[3], sizes[3],
                                           bytes[4], sizes[4], bytes[5], sizes[5], 1);
}

int EC_GROUP_set_generator(EC_GROUP *g, const EC_POINT *q, const BIGNUM *order, const BIGNUM *h)
{
    (void)h; /* 1 for every curve of a TPM */
    if (mp_copy(&order->n, &g->order) != MP_OKAY) {
        return 0;
    }
    g->generator = *q;
    g->curve_id = curve_find(g);
    return 1;
}

EC_POINT *EC_POINT_new(const EC_GROUP *g)
{
    (void)g;
    EC_POINT *q = calloc(1, sizeof(*q));
    if (q != NULL) {
        shim_point_init(q);
    }
    return q;
}

/* A number of wolfCrypt's knows its own capacity, so zero bytes are not a zero. */
void shim_point_init(EC_POINT *q)
{
    (void)mp_init(&q->x);
    (void)mp_init(&q->y);
    q->infinity = 1;
}

void shim_point_clear(EC_POINT *q)
{
    mp_forcezero(&q->x);
    mp_forcezero(&q->y);
    q->infinity = 1;
}

void EC_POINT_clear_free(EC_POINT *q)
{
    if (q != NULL) {
        shim_point_clear(q);
        free(q);
    }
}

void EC_POINT_free(EC_POINT *q)
{
    EC_POINT_clear_free(q);
}

/* y^2 = x^3 + ax + b? Both coordinates are below p. */
static int on_curve(const EC_GROUP *g, const mp_int *x, const mp_int *y)
{
    mp_int left, right, t;
    mp_int *p = (mp_int *)&g->p;
    if (mp_init_multi(&left, &right, &t, NULL, NULL, NULL) != MP_OKAY) {
        return 0;
    }
    int ok = mp_mulmod((mp_int *)y, (mp_int *)y, p, &left) == MP_OKAY &&
             mp_mulmod((mp_int *)x, (mp_int *)x, p, &t) == MP_OKAY &&
             mp_addmod(&t, (mp_int *)&g->a, p, &t) == MP_OKAY &&
             mp_mulmod(&t, (mp_int *)x, p, &right) == MP_OKAY &&
             mp_addmod(&right, (mp_int *)&g->b, p, &right) == MP_OKAY;
    return ok && mp_cmp(&left, &right) == MP_EQ;
}

/*
 * libtpms relies on this to refuse points that are not on the curve. Coordinates above p are
 * reduced first, as OpenSSL does: a TPM accepts such a point where the field's size leaves room for
 * it.
 */
int EC_POINT_set_affine_coordinates(const EC_GROUP *g, EC_POINT *q, const BIGNUM *x,
                                    const BIGNUM *y, BN_CTX *c)
{
    (void)c;
    mp_int *p = (mp_int *)&g->p;
    if (mp_mod((mp_int *)&x->n, p, &q->x) != MP_OKAY ||
        mp_mod((mp_int *)&y->n, p, &q->y) != MP_OKAY) {
        return 0;
    }
    q->infinity = !on_curve(g, &q->x, &q->y);
    return !q->infinity;
}

int EC_POINT_get_affine_coordinates(const EC_GROUP *g, const EC_POINT *q, BIGNUM *x, BIGNUM *y,
                                    BN_CTX *c)
{
    (void)g;
    (void)c;
    return !q->infinity && mp_copy(&q->x, &x->n) == MP_OKAY && mp_copy(&q->y, &y->n) == MP_OKAY;
}

/* The slope of the line through a and b, or of the tangent where they are equal. */
static int slope(const EC_GROUP *g, const EC_POINT *a, const EC_POINT *b, int tangent, mp_int *s)
{
    mp_int top, bottom;
    mp_int *p = (mp_int *)&g->p;
    if (mp_init_multi(&top, &bottom, NULL, NULL, NULL, NULL) != MP_OKAY) {
        return 0;
    }
    if (tangent) {
        mp_int square;
        if (mp_init(&square) != MP_OKAY ||
            mp_mulmod((mp_int *)&a->x, (mp_int *)&a->x, p, &square) != MP_OKAY ||
            mp_addmod(&square, &square, p, &top) != MP_OKAY ||
            mp_addmod(&top, &square, p, &top) != MP_OKAY ||
            mp_addmod(&top, (mp_int *)&g->a, p, &top) != MP_OKAY ||
            mp_addmod((mp_int *)&a->y, (mp_int *)&a->y, p, &bottom) != MP_OKAY) {
            return 0;
        }
    } else if (mp_submod((mp_int *)&b->y, (mp_int *)&a->y, p, &top) != MP_OKAY ||
               mp_submod((mp_int *)&b->x, (mp_int *)&a->x, p, &bottom) != MP_OKAY) {
        return 0;
    }
    return mp_invmod(&bottom, p, &bottom) == MP_OKAY && mp_mulmod(&top, &bottom, p, s) == MP_OKAY;
}

int shim_point_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a, const EC_POINT *b)
{
    mp_int s;
    EC_POINT sum;
    shim_point_init(&sum);
    sum.infinity = 0;
    mp_int *p = (mp_int *)&g->p;
    if (a->infinity || b->infinity) {
        sum = a->infinity ? *b : *a;
        *r = sum;
        return 1;
    }
    int same_x = mp_cmp((mp_int *)&a->x, (mp_int *)&b->x) == MP_EQ;
    int same_y = mp_cmp((mp_int *)&a->y, (mp_int *)&b->y) == MP_EQ;
    if (same_x && (!same_y || mp_iszero(&a->y))) {
        shim_point_clear(r);
        return 1;
    }
    int ok = mp_init(&s) == MP_OKAY && slope(g, a, b, same_x, &s) &&
             mp_mulmod(&s, &s, p, &sum.x) == MP_OKAY &&
             mp_submod(&sum.x, (mp_int *)&a->x, p, &sum.x) == MP_OKAY &&
             mp_submod(&sum.x, (mp_int *)&b->x, p, &sum.x) == MP_OKAY &&
             mp_submod((mp_int *)&a->x, &sum.x, p, &sum.y) == MP_OKAY &&
             mp_mulmod(&sum.y, &s, p, &sum.y) == MP_OKAY &&
             mp_submod(&sum.y, (mp_int *)&a->y, p, &sum.y) == MP_OKAY;
    mp_forcezero(&s);
    if (ok) {
        *r = sum;
    }
    return ok;
}

/* k is not zero and below the order, q is not infinity. */
static int ladder(const EC_GROUP *g, ecc_point *r, ecc_point *q, const mp_int *k)
{
    int generator = mp_cmp(q->x, (mp_int *)&g->generator.x) == MP_EQ &&
                    mp_cmp(q->y, (mp_int *)&g->generator.y) == MP_EQ;
    switch (g->curve_id) {
    case ECC_SECP256R1:
        return generator ? sp_ecc_mulmod_base_256(k, r, 1, NULL)
                         : sp_ecc_mulmod_256(k, q, r, 1, NULL);
    case ECC_SECP384R1:
        return generator ? sp_ecc_mulmod_base_384(k, r, 1, NULL)
                         : sp_ecc_mulmod_384(k, q, r, 1, NULL);
    default:
        return wc_ecc_mulmod_ex2(k, q, r, (mp_int *)&g->a, (mp_int *)&g->p, (mp_int *)&g->order,
                                 NULL, 1, NULL);
    }
}

int shim_point_mul(const EC_GROUP *g, EC_POINT *r, const EC_POINT *q, const mp_int *k)
{
    mp_int scalar;
    ecc_point *in = wc_ecc_new_point();
    ecc_point *out = wc_ecc_new_point();
    int ok = in != NULL && out != NULL && mp_init(&scalar) == MP_OKAY &&
             mp_mod((mp_int *)k, (mp_int *)&g->order, &scalar) == MP_OKAY;
    if (ok && (q->infinity || mp_iszero(&scalar))) {
        shim_point_clear(r);
    } else if (ok) {
        ok = mp_copy((mp_int *)&q->x, in->x) == MP_OKAY &&
             mp_copy((mp_int *)&q->y, in->y) == MP_OKAY && mp_set(in->z, 1) == MP_OKAY &&
             ladder(g, out, in, &scalar) == MP_OKAY;
        if (ok) {
            r->infinity = mp_iszero(out->x) && mp_iszero(out->y);
            ok = mp_copy(out->x, &r->x) == MP_OKAY && mp_copy(out->y, &r->y) == MP_OKAY;
        }
    }
    mp_forcezero(&scalar);
    if (out != NULL) {
        wc_ecc_forcezero_point(out);
    }
    wc_ecc_del_point(in);
    wc_ecc_del_point(out);
    return ok;
}

int shim_random_scalar(const EC_GROUP *g, mp_int *k)
{
    uint8_t bytes[MAX_ECC_BYTES];
    int bits = mp_count_bits(&g->order);
    word32 size = ((word32)bits + 7) / 8;
    for (int tries = 0; tries < 1000; tries++) {
        if (wc_RNG_GenerateBlock(shim_rng(), bytes, size) != 0) {
            shim_fatal("the random generator failed");
        }
        if (bits % 8 != 0) {
            bytes[0] &= (uint8_t)((1u << bits % 8) - 1);
        }
        if (mp_read_unsigned_bin(k, bytes, size) != MP_OKAY) {
            return 0;
        }
        shim_zero(bytes, sizeof(bytes));
        if (!mp_iszero(k) && mp_cmp(k, (mp_int *)&g->order) == MP_LT) {
            return 1;
        }
    }
    return 0;
}

int EC_POINT_add(const EC_GROUP *g, EC_POINT *r, const EC_POINT *a, const EC_POINT *b, BN_CTX *c)
{
    (void)c;
    return shim_point_add(g, r, a, b);
}

/* r = n * generator + m * q; either part may be missing (a NULL point too, as OpenSSL has it). */
int EC_POINT_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, const EC_POINT *q,
                 const BIGNUM *m, BN_CTX *c)
{
    (void)c;
    EC_POINT first;
    EC_POINT second;
    shim_point_init(&first);
    shim_point_init(&second);
    int ok = (n == NULL || shim_point_mul(g, &first, &g->generator, &n->n)) &&
             (q == NULL || m == NULL || shim_point_mul(g, &second, q, &m->n)) &&
             shim_point_add(g, r, &first, &second);
    shim_point_clear(&first);
    shim_point_clear(&second);
    return ok;
}

int EC_POINTs_mul(const EC_GROUP *g, EC_POINT *r, const BIGNUM *n, size_t count,
                  const EC_POINT *points[], const BIGNUM *scalars[], BN_CTX *c)
{
    EC_POINT sum;
    shim_point_init(&sum);
    int ok = EC_POINT_mul(g, &sum, n, NULL, NULL, c);
    for (size_t i = 0; ok && i < count; i++) {
        EC_POINT part;
        shim_point_init(&part);
        ok = points[i] != NULL && shim_point_mul(g, &part, points[i], &scalars[i]->n) &&
             shim_point_add(g, &sum, &sum, &part);
    }
    if (ok) {
        *r = sum;
    }
    return ok;
}
