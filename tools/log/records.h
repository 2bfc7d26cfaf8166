/* SPDX-License-Identifier: MIT */
/*
 * The records of a log in the order in which they were written, out of the rings as they lay in a
 * running machine's memory at an arbitrary moment. Any bytes may be there: nothing is read beyond
 * them.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <svsm/abi/log.h>

struct records {
    uint64_t last[SVSM_LOG_RINGS]; /* of each ring, the last that was read; zero before the first */
    uint32_t count;
    struct svsm_log_record list[SVSM_LOG_RECORDS];
};

/* Lists what is new since the last time: records that are complete. False: that is no log. */
[[nodiscard]] bool records_read(struct records *r, const struct svsm_log_rings *log);
