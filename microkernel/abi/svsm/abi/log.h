/* SPDX-License-Identifier: MIT */
/* The log: fixed-size records in a lock-free ring for each writer; who wrote it, when, and one line
 * of text. */
#pragma once
#include <stdint.h>

#define SVSM_LOG_TEXT_MAX 96u /* bytes of text in one record; no terminating zero */

enum svsm_log_level {
    SVSM_LOG_ERROR = 0,
    SVSM_LOG_WARNING = 1,
    SVSM_LOG_INFO = 2,
    SVSM_LOG_DEBUG = 3,
    SVSM_LOG_LEVELS = 4,
};

#define SVSM_LOG_RING0 0xffffu /* `task` of a record that ring 0 wrote */

struct svsm_log_record {
    uint64_t sequence; /* in its ring, from 1 on */
    uint64_t time_ns;
    uint16_t task;
    uint8_t level;
    uint8_t vcpu;
    uint16_t len;     /* bytes valid in text */
    uint16_t dropped; /* records of this task left out before this one, saturating */
    uint8_t text[SVSM_LOG_TEXT_MAX];
    uint64_t
        order; /* among the records of all rings, from 1 on; later ones may be written earlier */
};
_Static_assert(sizeof(struct svsm_log_record) == 128, "struct svsm_log_record");

/*
 * The log as it lies in ring 0's memory (symbol log_rings), for who may read that: the owner of a
 * development machine with `tools/svsm log`, a debugger. Ring 0's own ring is rings[0] and the
 * first SVSM_LOG_RING0_RECORDS slots; task n has rings[n + 1] and the next `per_task` slots but n *
 * per_task, so that no writer can push out another's records. Record n of a ring of s slots is in
 * the ring's slot n % s and complete while the slot's `state` is n; bit 63 says that it is being
 * written.
 */
#define SVSM_LOG_RECORDS 512u
#define SVSM_LOG_RING0_RECORDS 256u
#define SVSM_LOG_TASK_RECORDS (SVSM_LOG_RECORDS - SVSM_LOG_RING0_RECORDS) /* of all tasks */
#define SVSM_LOG_RINGS 33u /* SVSM_TASKS_MAX and ring 0's */
#define SVSM_LOG_WRITING (UINT64_C(1) << 63)
#define SVSM_LOG_RECORD_WORDS 16u /* of 64 bits */

struct svsm_log_slot {
    uint64_t state;
    uint64_t words[SVSM_LOG_RECORD_WORDS]; /* struct svsm_log_record */
};
_Static_assert(sizeof(struct svsm_log_slot) == 136, "struct svsm_log_slot");

struct svsm_log_ring {
    uint64_t newest; /* number of the newest record; 0: none */
    uint64_t lost;   /* records lost because a writer was overtaken by a whole ring */
};
_Static_assert(sizeof(struct svsm_log_ring) == 16, "struct svsm_log_ring");

struct svsm_log_rings {
    uint64_t written;  /* records of all rings; what `order` counts */
    uint64_t per_task; /* slots of each task; 0: no task can write yet */
    struct svsm_log_ring rings[SVSM_LOG_RINGS];
    struct svsm_log_slot slots[SVSM_LOG_RECORDS];
};
_Static_assert(sizeof(struct svsm_log_rings) == 16 + 16 * 33 + 136 * 512, "struct svsm_log_rings");
