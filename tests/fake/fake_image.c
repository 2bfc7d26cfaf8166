/* SPDX-License-Identifier: MIT */
/* Image and memory of the fake platform. See fake_image.h. */
#include "fake_image.h"
#include "sanitizer.h"

#include <task/port.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOB_BYTES (256 * 1024)
#define WINDOW_PAGES 2
#define HEAP_PAGES 4

static struct {
    _Alignas(4096) uint8_t blob[BLOB_BYTES];
    uint8_t *memory[SVSM_TASKS_MAX][AREAS_MAX];
    struct state_area state[SVSM_TASKS_MAX][STATE_AREAS_MAX]; /* entries and shadows, to be freed */
    uint8_t *stages[SVSM_TASKS_MAX][SVSM_ACTIVATIONS_MAX];
    bool foreign[SVSM_TASKS_MAX][AREAS_MAX]; /* not ours to free */
    const struct task *entered;
} image;

static const struct svsm_image_region text_region = {
    .va = SVSM_IMAGE_VA, .pages = 1, .flags = SVSM_REGION_EXECUTE};

/* The measured data: one page that begins with a known text, then zeroes. */
static const struct svsm_image_region data_region = {.va = SVSM_IMAGE_VA + 0x10000,
                                                     .pages = 2,
                                                     .flags = SVSM_REGION_WRITE,
                                                     .offset = BLOB_BYTES - 4096,
                                                     .bytes = 16};

static void task_describe(struct svsm_image_task *t, const struct fake_task *from)
{
    snprintf(t->name, sizeof(t->name), "%s", from->name);
    t->entry = SVSM_IMAGE_VA;
    t->policy = from->policy;
    t->activations = from->activations == 0 ? 1 : from->activations;
    t->heap_pages = HEAP_PAGES;
    t->stack_pages = 1;
    t->request_pages = WINDOW_PAGES;
    t->reply_pages = WINDOW_PAGES;
    t->stage_pages = WINDOW_PAGES;
    t->region_count = 2;
    t->regions[0] = text_region;
    t->regions[1] = data_region;
    t->budget_ns = from->budget_ns;
    t->crash_max = from->crash_max;
    t->crash_window_ms = from->crash_window_ms;
}

const struct svsm_image_header *fake_image_build(const struct fake_task *list, uint32_t count,
                                                 uint32_t boot_task, uint32_t boot_vcpus)
{
    struct svsm_image_header *h = (void *)image.blob;
    memset(image.blob, 0, sizeof(image.blob));
    memcpy(image.blob + data_region.offset, "measured content", 16);
    uint32_t at = (sizeof(*h) + 7) & ~7u;
    *h = (struct svsm_image_header){.magic = SVSM_IMAGE_MAGIC,
                                    .abi_version = SVSM_ABI_VERSION,
                                    .flags = SVSM_INFO_TEST_IMAGE,
                                    .size = BLOB_BYTES};
#define PLACE(member, type, n)                                                                     \
    h->member##_offset = at;                                                                       \
    at += (uint32_t)((n) * sizeof(struct type));                                                   \
    struct type *member = (void *)(image.blob + h->member##_offset)
    PLACE(task, svsm_image_task, count);
    PLACE(endpoint, svsm_image_endpoint, count);
    PLACE(operation, svsm_image_operation, count * 4);
    PLACE(handle, svsm_image_handle, count * 6);
    PLACE(device, svsm_image_device, 1);
    PLACE(boot, svsm_image_boot, boot_vcpus);
#undef PLACE
    h->task_count = count;
    h->endpoint_count = count;
    h->boot_count = boot_vcpus;
    for (uint32_t i = 0; i < count; i++) {
        task_describe(&task[i], &list[i]);
        task[i].handle_first = h->handle_count;
        task[i].handle_count = list[i].handle_count;
        memcpy(&handle[h->handle_count], list[i].handles, list[i].handle_count * sizeof(handle[0]));
        h->handle_count += list[i].handle_count;
        task[i].endpoint_first = i;
        task[i].endpoint_count = 1;
        snprintf(endpoint[i].name, sizeof(endpoint[i].name), "%s", list[i].name);
        endpoint[i].task = i;
        endpoint[i].protocol = list[i].protocol == 0 ? SVSM_PROTOCOL_NONE : list[i].protocol;
        endpoint[i].operation_first = h->operation_count;
        endpoint[i].operation_count = list[i].operation_count;
        for (uint32_t j = 0; j < list[i].operation_count; j++) {
            struct svsm_image_operation *o = &operation[h->operation_count + j];
            o->flags = SVSM_OPERATION_VALID | list[i].operations[j].flags;
            o->buffer_count = list[i].operations[j].buffer_count;
            memcpy(o->buffers, list[i].operations[j].buffers, sizeof(o->buffers));
        }
        h->operation_count += list[i].operation_count;
    }
    device[0] = (struct svsm_image_device){.name = "uart",
                                           .owner = 0,
                                           .port_first = 0x2f8,
                                           .port_count = 8,
                                           .irq = 3,
                                           .event_bits = 1};
    h->device_count = 1;
    for (uint32_t i = 0; i < boot_vcpus; i++) {
        boot[i] = (struct svsm_image_boot){.endpoint = boot_task, .operation = 0, .vcpu = i};
    }
    return h;
}

void fake_image_set(const struct task *t, uint32_t area, uint8_t *memory)
{
    if (!image.foreign[t->index][area]) {
        free(image.memory[t->index][area]);
    }
    image.memory[t->index][area] = memory;
    image.foreign[t->index][area] = true;
    image.entered = NULL;
}

static void state_place(struct task *t, struct state_area *s, const struct area *a)
{
    s->entries = calloc(s->pages, sizeof(uint64_t));
    for (uint32_t i = 0; i < s->pages; i++) {
        s->entries[i] = PTE_DIRTY;
    }
    if (t->image->policy == SVSM_POLICY_ROLLBACK) {
        s->shadow = calloc(s->pages, SVSM_PAGE_SIZE);
    }
    if (a->region != AREA_NO_REGION) {
        const struct svsm_image_region *r = &t->image->regions[a->region];
        s->pristine = image.blob + r->offset;
        s->pristine_size = r->bytes;
        memcpy(fake_image_memory(t, a->va), s->pristine, s->pristine_size);
    }
}

static void task_place(struct task *t)
{
    uint32_t state = 0;
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &t->areas[i];
        fake_image_set(t, i, NULL);
        image.memory[t->index][i] = calloc(1, a->size);
        image.foreign[t->index][i] = false;
        if ((a->flags & AREA_STATE) != 0) {
            free(image.state[t->index][state].entries);
            free(image.state[t->index][state].shadow);
            state_place(t, &t->state[state], a);
            image.state[t->index][state] = t->state[state];
            state++;
        }
    }
    for (uint32_t i = 0; i < t->image->activations; i++) {
        struct activation *act = &t->activations[i];
        act->request = fake_image_memory(t, SVSM_REQUEST_VA + i * SVSM_WINDOW_STRIDE);
        act->reply = fake_image_memory(t, SVSM_REPLY_VA + i * SVSM_WINDOW_STRIDE);
        free(image.stages[t->index][i]);
        act->stage = image.stages[t->index][i] = calloc(WINDOW_PAGES, SVSM_PAGE_SIZE);
    }
}

void fake_image_place(void)
{
    image.entered = NULL;
    for (uint32_t i = 0; i < task_count; i++) {
        task_place(&tasks[i]);
    }
}

void *fake_image_memory(const struct task *t, uint64_t va)
{
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &t->areas[i];
        if (va >= a->va && va - a->va < a->size) {
            return image.memory[t->index][i] + (va - a->va);
        }
    }
    fprintf(stderr, "fake: task %s has no memory at %#lx\n", t->image->name, va);
    abort();
}

/* What the MMU does while a task runs: note which pages were written since the bits were cleared.
 */
static void dirty_collect(const struct task *t)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        const struct state_area *s = &t->state[i];
        if (s->shadow == NULL) {
            continue;
        }
        for (uint32_t p = 0; p < s->pages; p++) {
            if (!raw_equal(fake_image_memory(t, s->va + p * SVSM_PAGE_SIZE),
                           s->shadow + p * SVSM_PAGE_SIZE, SVSM_PAGE_SIZE)) {
                s->entries[p] |= PTE_DIRTY;
            }
        }
    }
}

void fake_image_enter(struct cpu *cpu, const struct task *t)
{
    (void)cpu;
    image.entered = t;
}

void fake_image_written(const struct task *t)
{
    dirty_collect(t);
}

/* Copies of a task's state take red zones along; any other copy must not touch one. */
static bool is_state(const struct task *t, uint64_t va, size_t size)
{
    for (uint32_t i = 0; i < t->state_count; i++) {
        const struct state_area *s = &t->state[i];
        if (va >= s->va && va - s->va < s->pages * SVSM_PAGE_SIZE) {
            return (va | size) % SVSM_PAGE_SIZE == 0;
        }
    }
    return false;
}

static void copy(void *dst, const void *src, size_t size, bool raw)
{
    if (raw) {
        raw_copy(dst, src, size);
    } else {
        memcpy(dst, src, size);
    }
}

void port_copy_in(void *dst, uva_t src, size_t size)
{
    if (size != 0) {
        copy(dst, fake_image_memory(image.entered, src.value), size,
             is_state(image.entered, src.value, size));
    }
}

void port_copy_out(uva_t dst, const void *src, size_t size)
{
    if (size != 0) {
        copy(fake_image_memory(image.entered, dst.value), src, size,
             is_state(image.entered, dst.value, size));
        dirty_collect(image.entered);
    }
}

void port_fill_zero(uva_t dst, size_t size)
{
    if (size != 0) {
        raw_zero(fake_image_memory(image.entered, dst.value), size);
        dirty_collect(image.entered);
    }
}
