/* SPDX-License-Identifier: MIT */
/* Handle lookup. The bound check is repeated under speculation by the mask. */
#include <task/handle.h>
#include <task/image.h>

const struct svsm_image_handle *handle_find(const struct svsm_image_task *t, uint64_t handle,
                                            enum svsm_handle_type type)
{
    if (handle >= t->handle_count) {
        return NULL;
    }
    /* A branch mispredicted above must not let the task choose an index: all ones if in range. */
    uint64_t mask = (uint64_t)0 - (uint64_t)(handle < t->handle_count);
    __asm__("" : "+r"(mask)); /* SAFETY: empty, only hides the value so that the mask is kept */
    const struct svsm_image_handle *h = image_handle(t->handle_first + (uint32_t)(handle & mask));
    return h->type == (uint32_t)type ? h : NULL;
}
