/* SPDX-License-Identifier: MIT */
/*
 * The launch digest of an SNP guest: what the firmware's report will say about the pages that a
 * host puts into it. Pure functions; the hash is the caller's, so that this serves host tools, the
 * emulator and tests. Pages count in the order in which they are added. One digest, one thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/launch.h>

struct digest_hash {
    void (*sha384)(void *context, const void *bytes, size_t size, uint8_t out[PSP_DIGEST_SIZE]);
    void *context;
};

struct digest {
    struct digest_hash hash;
    uint8_t value[PSP_DIGEST_SIZE];
};

struct digest_page {
    uint64_t gpa;       /* page aligned, without C-bit */
    uint8_t type;       /* PSP_PAGE_* */
    uint8_t perms[3];   /* SNP_PERM_* of VMPL 1 to 3; zero under KVM */
    const void *data;   /* 4 KiB; read for PSP_PAGE_NORMAL and PSP_PAGE_VMSA only */
    uint8_t secure_tsc; /* PSP_PAGE_VMSA: its TSC fields count as zero [one-source] */
};

enum [[nodiscard]] digest_error{
    DIGEST_OK = 0, DIGEST_BAD_TYPE, DIGEST_NO_DATA, /* the type's contents are measured */
    DIGEST_BAD_ADDRESS, /* not page aligned, or the pages run beyond the last address */
};

/* The digest of a guest without pages. */
void digest_init(struct digest *digest, struct digest_hash hash);

/* Adds one page. An error leaves the digest as it was. */
enum digest_error digest_add(struct digest *digest, const struct digest_page *page);

/*
 * Adds count pages that follow each other in the guest and, if there is data, in data; a 2 MiB page
 * is 512 of them. An error leaves the digest as it was.
 */
enum digest_error digest_add_pages(struct digest *digest, const struct digest_page *first,
                                   uint64_t count);
