/* SPDX-License-Identifier: MIT */
/* The tasks, and what follows from their manifests alone. */
#include <task/task.h>
#include <task/core.h>

struct task tasks[SVSM_TASKS_MAX];
uint32_t task_count;

static void area_add(struct task *t, uint64_t va, uint64_t size, uint32_t flags, uint32_t region)
{
    if (size == 0) {
        return;
    }
    AT(t->areas, t->area_count) = (struct area){va, size, flags, region};
    t->area_count++;
    if ((flags & AREA_STATE) != 0) {
        AT(t->state, t->state_count) =
            (struct state_area){.va = va, .pages = (uint32_t)(size / SVSM_PAGE_SIZE)};
        t->state_count++;
    }
}

/* The areas of one kind, one for each activation. */
static void slots_add(struct task *t, uint64_t va, uint64_t stride, uint64_t end, uint64_t size,
                      uint32_t flags)
{
    for (uint32_t a = 0; a < t->image->activations; a++) {
        uint64_t slot = va + a * stride;
        area_add(t, end == 0 ? slot : slot + end - size, size, flags, AREA_NO_REGION);
    }
}

void task_setup(struct task *t, const struct svsm_image_task *image, uint32_t index)
{
    *t = (struct task){.image = image, .index = index};
    for (uint32_t i = 0; i < image->region_count; i++) {
        const struct svsm_image_region *r = &AT(image->regions, i);
        uint32_t flags = 0;
        if ((r->flags & SVSM_REGION_WRITE) != 0) {
            flags = AREA_WRITE | AREA_STATE;
        } else if ((r->flags & SVSM_REGION_EXECUTE) != 0) {
            flags = AREA_EXECUTE;
        }
        area_add(t, r->va, r->pages * SVSM_PAGE_SIZE, flags, i);
    }
    area_add(t, SVSM_HEAP_VA, image->heap_pages * SVSM_PAGE_SIZE, AREA_WRITE | AREA_STATE,
             AREA_NO_REGION);
    slots_add(t, SVSM_STACK_VA, SVSM_STACK_STRIDE, SVSM_STACK_STRIDE,
              image->stack_pages * SVSM_PAGE_SIZE, AREA_WRITE);
    slots_add(t, SVSM_TLS_VA, SVSM_TLS_STRIDE, 0, SVSM_TLS_BYTES, AREA_WRITE | AREA_STATE);
    slots_add(t, SVSM_REQUEST_VA, SVSM_WINDOW_STRIDE, 0, image->request_pages * SVSM_PAGE_SIZE,
              AREA_WRITE);
    slots_add(t, SVSM_REPLY_VA, SVSM_WINDOW_STRIDE, 0, image->reply_pages * SVSM_PAGE_SIZE,
              AREA_WRITE);
    area_add(t, SVSM_TIME_VA, SVSM_PAGE_SIZE, 0, AREA_NO_REGION);
    area_add(t, SVSM_INFO_VA, SVSM_PAGE_SIZE, 0, AREA_NO_REGION);
    if (image->budget_ns != 0) {
        uint64_t ticks = (image->budget_ns + TICK_NS - 1) / TICK_NS;
        t->budget_ticks = ticks >= UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
    }
}
