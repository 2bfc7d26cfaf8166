/* SPDX-License-Identifier: MIT */
/*
 * image_check() accepts a task's segments if and only if they ascend, lie where segments may lie,
 * are never writable and executable, have their contents inside the image, and the entry is in one
 * that may be executed. For any number of them.
 *
 * Assumes nothing of the entry. Bound: images below 4 GiB.
 */
#include <task/image_check.c>
#include "proof.h"
#include "sound.h"

int main(void)
{
    struct svsm_image_task t;
    uint32_t size;
    struct image_view v = {.size = size};

    const char *bad = regions_check(&v, &t);

    __CPROVER_assert((bad == NULL) == sound_regions(&t, v.size), "accepted if and only if sound");
    if (bad == NULL && t.region_count == SVSM_REGIONS_MAX) {
        REACH("accepted");
    }
    if (bad != NULL) {
        REACH("refused");
    }
}
