/* SPDX-License-Identifier: MIT */
/*
 * handle_find() returns a handle if and only if the number lies in the task's own part of the table
 * and the handle has the type asked for; and then it is that very entry. For a table of any size
 * and contents.
 *
 * Assumes that the task's part lies inside the table: image_check(), proof image_task.
 */
#include <task/handle.c>
#include <task/image.c>
#include "proof.h"
#include "sound.h"

int main(void)
{
    struct svsm_image_header header;
    struct svsm_image_task t;
    __CPROVER_assume(header.handle_count <= 1024); /* image_check() takes no more */
    __CPROVER_assume(sound_slice(t.handle_first, t.handle_count, header.handle_count));
    struct svsm_image_handle *table = malloc(header.handle_count * sizeof(*table));
    __CPROVER_assume(table != NULL);
    tables.header = &header;
    tables.handles = table;

    uint64_t handle;
    enum svsm_handle_type type;
    const struct svsm_image_handle *found = handle_find(&t, handle, type);

    bool own = handle < t.handle_count;
    bool right = own && table[t.handle_first + handle].type == (uint32_t)type;
    __CPROVER_assert((found != NULL) == right, "found if and only if own and of that type");
    if (found != NULL) {
        __CPROVER_assert(found == &table[t.handle_first + handle], "it is the one of that number");
        REACH("found");
    } else if (own) {
        REACH("of another type");
    } else {
        REACH("not the task's");
    }
}
