/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: image_check(). The input is either an image by itself or changes to a good one. What
 * the check accepts, ring 0's own code then sets itself up on, and everything in it is visited: no
 * index may lead outside and no CHECK may fail.
 */
#include "fuzz.h"
#include <fake.h>
#include <fake_image.h>
#include <svsm/abi/symbols.h>
#include <task/core.h>
#include <task/image.h>

static const struct fake_task list[] = {
    {.name = "one",
     .crash_max = 3,
     .operation_count = 2,
     .operations = {{.buffer_count = 0},
                    {.buffer_count = 2,
                     .buffers = {{SVSM_BUFFER_WINDOW, SVSM_BUFFER_READ, 0, 1, 8192},
                                 {SVSM_BUFFER_WINDOW, SVSM_BUFFER_WRITE, 2, 3, 4096}}}},
     .handle_count = 2,
     .handles = {FAKE_CALLS(1), FAKE_NOTIFIES(1, 3)}},
    {.name = "two",
     .policy = SVSM_POLICY_ROLLBACK,
     .operation_count = 1,
     .operations = {{.buffer_count = 1,
                     .buffers = {{SVSM_BUFFER_LEASE, SVSM_BUFFER_READ, 0, SVSM_LENGTH_FIXED, 64}}}},
     .handle_count = 1,
     .handles = {FAKE_CONTROLS(0)}},
};

static uint64_t sum; /* of what was visited, so that nothing is left out */

static void visit_task(const uint8_t *blob, const struct svsm_image_task *t)
{
    for (uint32_t i = 0; i < t->region_count; i++) {
        for (uint64_t b = 0; b < t->regions[i].bytes; b++) {
            sum += blob[t->regions[i].offset + b];
        }
    }
    for (uint32_t i = 0; i < t->handle_count; i++) {
        const struct svsm_image_handle *h = image_handle(t->handle_first + i);
        if (h->type == SVSM_HANDLE_ENDPOINT) {
            sum += AT(tasks, image_endpoint(h->object)->task).index;
        } else if (h->type == SVSM_HANDLE_EVENT || h->type == SVSM_HANDLE_CONTROL) {
            sum += AT(tasks, h->object).index;
        } else if (h->type == SVSM_HANDLE_DEVICE) {
            sum += image_device(h->object)->port_count;
        }
    }
    uint64_t offset = 0;
    sum += svsm_symbols_find(blob + t->symbols_offset, t->symbols_size, t->entry, &offset) != NULL;
}

static void visit(const uint8_t *blob)
{
    const struct svsm_image_header *h = image_header();
    require(task_count == h->task_count && task_count >= 1, "number of tasks");
    for (uint32_t i = 0; i < task_count; i++) {
        const struct task *t = &AT(tasks, i);
        visit_task(blob, t->image);
        for (uint32_t a = 1; a < t->area_count; a++) {
            require(t->areas[a - 1].va + t->areas[a - 1].size <= t->areas[a].va, "areas overlap");
        }
        require(t->areas[t->area_count - 1].va < SVSM_USER_END, "an area is out of reach");
    }
    for (uint32_t i = 0; i < h->endpoint_count; i++) {
        const struct svsm_image_endpoint *e = image_endpoint(i);
        for (uint32_t j = 0; j < e->operation_count; j++) {
            sum += image_operation(e->operation_first + j)->flags;
        }
    }
    for (uint32_t i = 0; i < h->boot_count; i++) {
        const struct svsm_image_boot *b = image_boot(i);
        const struct svsm_image_endpoint *e = image_endpoint(b->endpoint);
        sum += AT(tasks, e->task).index + image_operation(e->operation_first + b->operation)->flags;
    }
    for (uint32_t irq = 0; irq < 16; irq++) {
        core_irq(irq);
    }
}

/* A good image with some of its bytes changed; mostly in the tables in front. */
static size_t changed_image(struct input *in, uint8_t **out)
{
    const struct svsm_image_header *good = fake_image_build(list, 2, 0, 1);
    size_t size = good->size;
    uint8_t *blob = malloc(size);
    if (blob == NULL) {
        abort();
    }
    memcpy(blob, good, size);
    while (in->at != in->end) {
        size_t at = input_number(in, 2) % 2048;
        unsigned bytes = 1u << input_byte(in) % 4;
        uint64_t value = input_number(in, bytes);
        memcpy(blob + at / bytes * bytes, &value, bytes);
    }
    *out = blob;
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    uint8_t *blob = NULL;
    size_t blob_size = 0;
    if (input_byte(&in) % 8 == 0) {
        blob_size = (size_t)(in.end - in.at);
        blob = malloc(blob_size + 1);
        if (blob_size != 0) {
            memcpy(blob, in.at, blob_size);
        }
        blob = realloc(blob, blob_size == 0 ? 1 : blob_size);
    } else {
        blob_size = changed_image(&in, &blob);
    }
    if (image_check(blob, blob_size) == NULL) {
        core_init((const struct svsm_image_header *)blob);
        visit(blob);
    }
    free(blob);
    return 0;
}
