/* SPDX-License-Identifier: MIT */
/*
 * image_check() accepts an operation if and only if what it declares of its buffers is sound: known
 * rights and kinds, arguments that exist, no second window each way and none larger than the
 * task's.
 *
 * Assumes nothing.
 */
#include <task/image_check.c>
#include "proof.h"
#include "sound.h"

int main(void)
{
    struct svsm_image_task t;
    struct svsm_image_operation o;

    const char *bad = operation_check(&o, &t);

    __CPROVER_assert((bad == NULL) == sound_operation(&o, &t), "accepted if and only if sound");
    if (bad == NULL && o.buffer_count == SVSM_LEASES_MAX) {
        REACH("four buffers");
    }
    if (bad != NULL) {
        REACH("refused");
    }
}
