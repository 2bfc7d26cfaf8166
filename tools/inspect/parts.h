/* SPDX-License-Identifier: MIT */
/*
 * What an IGVM file consists of, by name: ring 0, tasks, the guest's kernel and so on, found from
 * the headers inside the image (snp_image.h, image.h), so that no file beside it is needed. A
 * part's fingerprint is over what it is, without where it lies: a task that grows changes itself
 * alone, not those behind it.
 */
#pragma once
#include <load.h>
#include <svsm/abi/image.h>
#include <svsm/abi/snp_image.h>

#define PARTS_MAX (SVSM_TASKS_MAX + 32u)
#define PARTS_NAME 48u
#define PARTS_DIGEST 32u

struct part {
    char name[PARTS_NAME];
    uint64_t gpa, size;           /* of the largest piece of it; size 0: no memory of its own */
    uint8_t digest[PARTS_DIGEST]; /* SHA-256, the fingerprint */
};

struct parts {
    unsigned count;
    struct part list[PARTS_MAX];
    bool svsm; /* the rest is filled in: it is one of ours */
    struct snp_image_header header;
    struct snp_image_launch launch;
    struct vmsa guest;                    /* if launch.flags has SNP_IMAGE_GUEST */
    uint8_t *memory;                      /* header.load to header.image_end */
    const struct svsm_image_header *blob; /* in memory, checked */
};

/* Fails where it looks like an SVSM and is damaged, or there is no memory. parts_free() always. */
bool parts_read(struct parts *p, const struct load *l, struct fail *f);

void parts_free(struct parts *p);

/* NULL: there is none of that name. */
const struct part *parts_find(const struct parts *p, const char *name);

/* Task number i of the blob. */
const struct svsm_image_task *parts_task(const struct parts *p, uint32_t i);
