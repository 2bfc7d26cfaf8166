/* SPDX-License-Identifier: MIT */
/*
 * wolfCrypt as the services use it: native API only, no TLS, no files, one thread, hardened and
 * constant-time choices throughout. Included by assembler files too, so no declarations outside
 * the guard.
 */
#ifndef SVSM_USER_SETTINGS_H
#define SVSM_USER_SETTINGS_H

#define WOLFCRYPT_ONLY
#define SINGLE_THREADED
#define NO_FILESYSTEM
#define NO_WRITEV
#define NO_STDIO_FILESYSTEM
#define WOLFSSL_NO_SOCK
#define WOLFSSL_USER_IO
#define NO_MAIN_DRIVER
#define NO_ERROR_STRINGS
#define NO_OLD_RNGNAME
#define NO_ASN_TIME
#define NO_PWDBASED
#define NO_DSA
#define NO_DH
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_PSK
#define NO_WOLFSSL_MEMORY
#define WOLFSSL_IGNORE_FILE_WARN

/* Numbers: single-precision assembler for the sizes and curves in use, its generic code for the
 * rest. */
#define HAVE___UINT128_T 1
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_384
#define WOLFSSL_SP_X86_64_ASM
#define SP_INT_BITS 4096
#define WOLFSSL_PUBLIC_MP
#define WOLFSSL_KEY_GEN
#define TFM_TIMING_RESISTANT
#define ECC_TIMING_RESISTANT
#define WC_RSA_BLINDING

#define WC_RSA_PSS
#define WOLFSSL_PSS_LONG_SALT
#define WOLFSSL_PSS_SALT_LEN_DISCOVER
#define WC_RSA_NO_PADDING
#define RSA_MIN_SIZE 1024

#define HAVE_ECC
#define ECC_USER_CURVES
#define HAVE_ECC192
#define HAVE_ECC224
#define HAVE_ECC384
#define HAVE_ECC521
#define ECC_MIN_KEY_SZ 192
#define WOLFSSL_CUSTOM_CURVES
#define MAX_ECC_BITS 640
#define WOLFSSL_VALIDATE_ECC_IMPORT
#define ECC_SHAMIR

#define WOLFSSL_AESNI
#define USE_INTEL_SPEEDUP
#define WOLFSSL_AES_DIRECT
#define WOLFSSL_AES_COUNTER
#define HAVE_AES_ECB
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define WOLFSSL_CMAC
#define HAVE_CAMELLIA
#define WOLFSSL_DES_ECB
#define WOLFSSL_DES3

#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_NOSHA512_224
#define WOLFSSL_NOSHA512_256
#define HAVE_HKDF

/* Entropy comes from ring 0 only, and a task that gets none ends. */
#define HAVE_HASHDRBG
#define CUSTOM_RAND_GENERATE_SEED svsm_rand_seed
#ifndef __ASSEMBLER__
int svsm_rand_seed(unsigned char *out, unsigned int size);
#endif

#endif
