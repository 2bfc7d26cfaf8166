/* SPDX-License-Identifier: MIT */
/*
 * image_check() accepts a task's entry if and only if it is sound: sizes in bounds, its parts
 * inside the tables, a name that can be printed, and segments as proof image_regions says.
 *
 * Assumes that header.size is the size of the image: header_check(), proof image_header.
 */
#include <task/image_check.c>
#include "proof.h"
#include "sound.h"

static bool regions_sound;

/* In place of regions_check(). */
static const char *regions_any(const struct image_view *v, const struct svsm_image_task *t)
{
    return regions_sound ? NULL : "";
}

/* 1 to 23 printable characters, then a zero. */
static bool named(const char name[SVSM_NAME_MAX])
{
    size_t len = 0;
    while (len < SVSM_NAME_MAX && name[len] > ' ' && name[len] <= '~') {
        len++;
    }
    return len > 0 && len < SVSM_NAME_MAX && name[len] == 0;
}

int main(void)
{
    struct svsm_image_header header;
    struct svsm_image_task t;
    struct image_view v = {.size = header.size, .header = &header};
    bool either;
    regions_sound = either;
    (void)regions_any(&v, &t); /* or it would be dropped as unused */

    const char *bad = task_check(&v, &t);

    bool sound = named(t.name) && sound_sizes(&t) && sound_parts(&t, &header) && regions_sound;
    __CPROVER_assert((bad == NULL) == sound, "accepted if and only if sound");
    if (bad == NULL) {
        REACH("accepted");
    } else {
        REACH("refused");
    }
}
