/* SPDX-License-Identifier: MIT */
/*
 * EC keys and ECDSA. NIST curves by wolfCrypt's own functions; for the others the same formula over
 * the group's arithmetic.
 */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const EC_GROUP *group;
    BIGNUM *d;
    EC_POINT q;
} EC_KEY;

typedef struct {
    BIGNUM *r, *s;
} ECDSA_SIG;

EC_KEY *EC_KEY_new(void);
void EC_KEY_free(EC_KEY *k);
int EC_KEY_set_group(EC_KEY *k, const EC_GROUP *g);
int EC_KEY_set_private_key(EC_KEY *k, const BIGNUM *d);
int EC_KEY_set_public_key(EC_KEY *k, const EC_POINT *q);
int EC_KEY_generate_key(EC_KEY *k);
const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *k);
ECDSA_SIG *ECDSA_SIG_new(void);
void ECDSA_SIG_free(ECDSA_SIG *s);
void ECDSA_SIG_get0(const ECDSA_SIG *sig, const BIGNUM **r, const BIGNUM **s);
int ECDSA_SIG_set0(ECDSA_SIG *sig, BIGNUM *r, BIGNUM *s);
ECDSA_SIG *ECDSA_do_sign(const unsigned char *digest, int size, EC_KEY *k);
int ECDSA_do_verify(const unsigned char *digest, int size, const ECDSA_SIG *sig, EC_KEY *k);

EC_KEY *EC_KEY_new(void)
{
    EC_KEY *k = calloc(1, sizeof(*k));
    if (k != NULL) {
        shim_point_init(&k->q);
    }
    return k;
}

void EC_KEY_free(EC_KEY *k)
{
    if (k != NULL) {
        BN_clear_free(k->d);
        free(k);
    }
}

/* The group outlives the key in all of libtpms's functions. */
int EC_KEY_set_group(EC_KEY *k, const EC_GROUP *g)
{
    k->group = g;
    return 1;
}

int EC_KEY_set_private_key(EC_KEY *k, const BIGNUM *d)
{
    BN_clear_free(k->d);
    k->d = BN_dup(d);
    return k->d != NULL;
}

int EC_KEY_set_public_key(EC_KEY *k, const EC_POINT *q)
{
    k->q = *q;
    return 1;
}

/* libtpms takes the private part only. */
int EC_KEY_generate_key(EC_KEY *k)
{
    if (k->d == NULL) {
        k->d = BN_new();
    }
    return k->d != NULL && shim_random_scalar(k->group, &k->d->n);
}

const BIGNUM *EC_KEY_get0_private_key(const EC_KEY *k)
{
    return k->d;
}

ECDSA_SIG *ECDSA_SIG_new(void)
{
    return calloc(1, sizeof(ECDSA_SIG));
}

void ECDSA_SIG_free(ECDSA_SIG *s)
{
    if (s != NULL) {
        BN_clear_free(s->r);
        BN_clear_free(s->s);
        free(s);
    }
}

void ECDSA_SIG_get0(const ECDSA_SIG *sig, const BIGNUM **r, const BIGNUM **s)
{
    if (r != NULL) {
        *r = sig->r;
    }
    if (s != NULL) {
        *s = sig->s;
    }
}

int ECDSA_SIG_set0(ECDSA_SIG *sig, BIGNUM *r, BIGNUM *s)
{
    if (r == NULL || s == NULL) {
        return 0;
    }
    BN_clear_free(sig->r);
    BN_clear_free(sig->s);
    sig->r = r;
    sig->s = s;
    return 1;
}

/* The leftmost bits of the digest as a number below 2^(bits of the order). */
static int digest_number(const EC_GROUP *g, const unsigned char *digest, int size, mp_int *e)
{
    int bits = mp_count_bits(&g->order);
    int bytes = (bits + 7) / 8;
    int take = size < bytes ? size : bytes;
    if (mp_init(e) != MP_OKAY || mp_read_unsigned_bin(e, digest, (word32)take) != MP_OKAY) {
        return 0;
    }
    if (take * 8 > bits) {
        mp_rshb(e, take * 8 - bits);
    }
    return 1;
}

/* wolfCrypt's signing for this curve? Its nonce generation ends at 521 bits. */
static int native(const EC_GROUP *g)
{
    return g->curve_id != ECC_CURVE_INVALID;
}

static int key_native(ecc_key *key, const EC_KEY *k)
{
    if (wc_ecc_init(key) != 0) {
        return 0;
    }
    if (wc_ecc_set_curve(key, wc_ecc_get_curve_size_from_id(k->group->curve_id),
                         k->group->curve_id) != 0) {
        return 0;
    }
    if (k->d != NULL) {
        key->type = ECC_PRIVATEKEY_ONLY;
        return mp_copy(&k->d->n, wc_ecc_key_get_priv(key)) == MP_OKAY;
    }
    key->type = ECC_PUBLICKEY;
    return mp_copy((mp_int *)&k->q.x, key->pubkey.x) == MP_OKAY &&
           mp_copy((mp_int *)&k->q.y, key->pubkey.y) == MP_OKAY &&
           mp_set(key->pubkey.z, 1) == MP_OKAY;
}

static int sign_native(const EC_KEY *k, const unsigned char *digest, int size, ECDSA_SIG *sig)
{
    ecc_key key;
    int ok = key_native(&key, k) && wc_ecc_sign_hash_ex(digest, (word32)size, shim_rng(), &key,
                                                        &sig->r->n, &sig->s->n) == MP_OKAY;
    (void)wc_ecc_free(&key);
    return ok;
}

/* r = (k G).x mod n, s = (e + r d) / k mod n */
static int sign_generic(const EC_KEY *k, const unsigned char *digest, int size, ECDSA_SIG *sig)
{
    const EC_GROUP *g = k->group;
    mp_int *n = (mp_int *)&g->order;
    mp_int e, nonce, t;
    EC_POINT point;
    shim_point_init(&point);
    int ok = digest_number(g, digest, size, &e) &&
             mp_init_multi(&nonce, &t, NULL, NULL, NULL, NULL) == MP_OKAY;
    for (int tries = 0; ok && tries < 16; tries++) {
        ok = shim_random_scalar(g, &nonce) && shim_point_mul(g, &point, &g->generator, &nonce) &&
             mp_mod(&point.x, n, &sig->r->n) == MP_OKAY &&
             mp_mulmod(&sig->r->n, &k->d->n, n, &t) == MP_OKAY && mp_mod(&e, n, &e) == MP_OKAY &&
             mp_addmod(&t, &e, n, &t) == MP_OKAY && mp_invmod(&nonce, n, &nonce) == MP_OKAY &&
             mp_mulmod(&t, &nonce, n, &sig->s->n) == MP_OKAY;
        if (ok && !mp_iszero(&sig->r->n) && !mp_iszero(&sig->s->n)) {
            break;
        }
    }
    mp_forcezero(&nonce);
    mp_forcezero(&t);
    shim_point_clear(&point);
    return ok;
}

ECDSA_SIG *ECDSA_do_sign(const unsigned char *digest, int size, EC_KEY *k)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    if (sig == NULL || k->d == NULL || k->group == NULL) {
        ECDSA_SIG_free(sig);
        return NULL;
    }
    sig->r = BN_new();
    sig->s = BN_new();
    if (sig->r == NULL || sig->s == NULL ||
        !(native(k->group) ? sign_native : sign_generic)(k, digest, size, sig)) {
        ECDSA_SIG_free(sig);
        sig = NULL;
    }
    return sig;
}

/* 0 < a < order */
static int in_range(const EC_GROUP *g, const BIGNUM *a)
{
    return !mp_iszero(&a->n) && mp_cmp((mp_int *)&a->n, (mp_int *)&g->order) == MP_LT;
}

static int verify_generic(const EC_KEY *k, const unsigned char *digest, int size,
                          const ECDSA_SIG *sig)
{
    const EC_GROUP *g = k->group;
    mp_int *n = (mp_int *)&g->order;
    mp_int e, w, u;
    EC_POINT a;
    EC_POINT b;
    shim_point_init(&a);
    shim_point_init(&b);
    int ok = digest_number(g, digest, size, &e) &&
             mp_init_multi(&w, &u, NULL, NULL, NULL, NULL) == MP_OKAY &&
             mp_mod(&e, n, &e) == MP_OKAY && mp_invmod(&sig->s->n, n, &w) == MP_OKAY &&
             mp_mulmod(&e, &w, n, &u) == MP_OKAY && shim_point_mul(g, &a, &g->generator, &u) &&
             mp_mulmod(&sig->r->n, &w, n, &u) == MP_OKAY && shim_point_mul(g, &b, &k->q, &u) &&
             shim_point_add(g, &a, &a, &b) && !a.infinity && mp_mod(&a.x, n, &u) == MP_OKAY;
    return ok && mp_cmp(&u, &sig->r->n) == MP_EQ;
}

/* 1: good, 0: bad, -1: could not tell. */
int ECDSA_do_verify(const unsigned char *digest, int size, const ECDSA_SIG *sig, EC_KEY *k)
{
    int good = 0;
    if (sig->r == NULL || sig->s == NULL || k->group == NULL || k->q.infinity) {
        return -1;
    }
    if (!in_range(k->group, sig->r) || !in_range(k->group, sig->s)) {
        return 0;
    }
    if (!native(k->group)) {
        return verify_generic(k, digest, size, sig);
    }
    ecc_key key;
    int ok = key_native(&key, k) && wc_ecc_verify_hash_ex(&sig->r->n, &sig->s->n, digest,
                                                          (word32)size, &good, &key) == MP_OKAY;
    (void)wc_ecc_free(&key);
    return ok && good == 1;
}
