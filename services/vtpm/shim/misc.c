/* SPDX-License-Identifier: MIT */
/*
 * The rest of what libtpms.a imports: checked libc functions it was compiled with, BIO (used only
 * to decode text blobs, which no caller of ours does), and an interface table that says "no
 * TPM 1.2" so that none of its objects is linked.
 */
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TPM_FAIL 9

void *BIO_f_base64(void);
int BIO_free(void *b);
void BIO_free_all(void *b);
void *BIO_new(const void *type);
void *BIO_new_mem_buf(const void *buf, int len);
void *BIO_push(void *a, void *b);
int BIO_read(void *b, void *out, int len);
void BIO_set_flags(void *b, int flags);

void *BIO_f_base64(void)
{
    return NULL;
}

int BIO_free(void *b)
{
    (void)b;
    return 0;
}

void BIO_free_all(void *b)
{
    (void)b;
}

void *BIO_new(const void *type)
{
    (void)type;
    return NULL;
}

void *BIO_new_mem_buf(const void *buf, int len)
{
    (void)buf;
    (void)len;
    return NULL;
}

void *BIO_push(void *a, void *b)
{
    (void)a;
    (void)b;
    return NULL;
}

int BIO_read(void *b, void *out, int len)
{
    (void)b;
    (void)out;
    (void)len;
    return -1;
}

void BIO_set_flags(void *b, int flags)
{
    (void)b;
    (void)flags;
}

static unsigned tpm12_absent(void)
{
    return TPM_FAIL;
}

/* libtpms's struct tpm_interface of 0.9: twenty function pointers. */
typedef unsigned tpm12_function(void);
extern tpm12_function *const TPM12Interface[20];
tpm12_function *const TPM12Interface[20] = {
    tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent,
    tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent,
    tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent,
    tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent, tpm12_absent,
};
