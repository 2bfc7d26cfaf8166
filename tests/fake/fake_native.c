/* SPDX-License-Identifier: MIT */
/* Native tasks: see fake_native.h. */
#include "fake_native.h"
#include "fake_image.h"
#include "sanitizer.h"

#include <task/image.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_BYTES (512 * 1024) /* sanitizers and glibc take more than a task does */

static struct native {
    bool used;
    struct svsm_task_info info;
    uint8_t *memory[AREAS_MAX]; /* to be freed */
    uint8_t *shadows[STATE_AREAS_MAX];
    uint64_t *entries[STATE_AREAS_MAX];
    uint8_t *stages[SVSM_ACTIVATIONS_MAX];
    uint8_t *stack[SVSM_ACTIVATIONS_MAX]; /* kept from boot to boot; a guard page below it */
    uint8_t *heap;
} natives[SVSM_TASKS_MAX];

static void *zeroed(size_t size)
{
    size_t bytes = size == 0 ? SVSM_PAGE_SIZE : size;
    void *p = aligned_alloc(SVSM_PAGE_SIZE, bytes);
    if (p == NULL) {
        abort();
    }
    memset(p, 0, bytes);
    return p;
}

static void native_free(struct native *n)
{
    for (uint32_t i = 0; i < AREAS_MAX; i++) {
        free(n->memory[i]);
        n->memory[i] = NULL;
    }
    for (uint32_t i = 0; i < STATE_AREAS_MAX; i++) {
        free(n->shadows[i]);
        free(n->entries[i]);
        n->shadows[i] = NULL;
        n->entries[i] = NULL;
    }
    for (uint32_t i = 0; i < SVSM_ACTIVATIONS_MAX; i++) {
        free(n->stages[i]);
        n->stages[i] = NULL;
    }
    n->heap = NULL;
    n->used = false;
}

void fake_native_forget(void)
{
    for (uint32_t i = 0; i < SVSM_TASKS_MAX; i++) {
        native_free(&natives[i]);
    }
}

static uint8_t *stack_make(struct native *n, uint32_t activation)
{
    if (n->stack[activation] == NULL) {
        uint8_t *p = mmap(NULL, STACK_BYTES + SVSM_PAGE_SIZE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED || mprotect(p, SVSM_PAGE_SIZE, PROT_NONE) != 0) {
            abort();
        }
        n->stack[activation] = p + SVSM_PAGE_SIZE;
    }
    ASAN_UNPOISON_MEMORY_REGION(n->stack[activation], STACK_BYTES);
    return n->stack[activation];
}

static void info_fill(struct native *n, const struct task *t,
                      const struct svsm_image_header *header)
{
    const struct svsm_image_task *m = t->image;
    n->info = (struct svsm_task_info){
        .magic = SVSM_INFO_MAGIC,
        .abi_version = SVSM_ABI_VERSION,
        .task = t->index,
        .flags = header->flags & SVSM_INFO_TEST_IMAGE,
        .activations = m->activations,
        .heap_size = m->heap_pages * SVSM_PAGE_SIZE,
        .stack_size = m->stack_pages * SVSM_PAGE_SIZE,
        .request_size = m->request_pages * SVSM_PAGE_SIZE,
        .reply_size = m->reply_pages * SVSM_PAGE_SIZE,
        .vcpu_count = FAKE_VCPUS,
        .handle_count = m->handle_count,
    };
    memcpy(n->info.name, m->name, sizeof(n->info.name));
    for (uint32_t i = 0; i < m->handle_count; i++) {
        const struct svsm_image_handle *h = image_handle(m->handle_first + i);
        memcpy(n->info.handles[i].name, h->name, sizeof(h->name));
        n->info.handles[i].type = h->type;
        n->info.handles[i].handle = i;
    }
}

/* The host memory of an area that layout.h puts at `va`. */
static uint8_t *area_memory(struct native *n, struct task *t, struct area *a,
                            const struct fake_native *native, uint32_t index)
{
    uint64_t va = a->va;
    if (a->region != AREA_NO_REGION && (a->flags & AREA_WRITE) != 0) {
        return native->data;
    }
    if (a->region != AREA_NO_REGION && (a->flags & AREA_EXECUTE) == 0) {
        return (uint8_t *)(uintptr_t)native->constants;
    }
    if (va >= SVSM_STACK_VA && va < SVSM_TLS_VA) {
        a->size = STACK_BYTES;
        return stack_make(n, (uint32_t)((va - SVSM_STACK_VA) / SVSM_STACK_STRIDE));
    }
    n->memory[index] = zeroed(a->size);
    if (va == SVSM_HEAP_VA) {
        n->heap = n->memory[index];
    } else if (va >= SVSM_REQUEST_VA && va < SVSM_REPLY_VA) {
        t->activations[(va - SVSM_REQUEST_VA) / SVSM_WINDOW_STRIDE].request = n->memory[index];
    } else if (va >= SVSM_REPLY_VA && va < SVSM_TIME_VA) {
        t->activations[(va - SVSM_REPLY_VA) / SVSM_WINDOW_STRIDE].reply = n->memory[index];
    }
    return n->memory[index];
}

static void state_fill(struct native *n, struct task *t, const struct area *a, uint32_t index,
                       uint8_t *memory, const struct svsm_image_header *header)
{
    struct state_area *s = &t->state[index];
    s->va = (uint64_t)(uintptr_t)memory;
    if (a->region != AREA_NO_REGION) {
        const struct svsm_image_region *r = &t->image->regions[a->region];
        s->pristine = (const uint8_t *)header + r->offset;
        s->pristine_size = r->bytes;
        raw_copy(memory, s->pristine, r->bytes);
    }
    s->entries = n->entries[index] = calloc(s->pages, sizeof(uint64_t));
    for (uint32_t p = 0; p < s->pages; p++) {
        s->entries[p] = PTE_DIRTY;
    }
    if (t->image->policy == SVSM_POLICY_ROLLBACK) {
        s->shadow = n->shadows[index] = zeroed(s->pages * SVSM_PAGE_SIZE);
    }
}

static void native_place(struct task *t, const struct svsm_image_header *header,
                         const struct fake_native *native)
{
    struct native *n = &natives[t->index];
    uint32_t state = 0;
    n->used = true;
    info_fill(n, t, header);
    for (uint32_t i = 0; i < t->area_count; i++) {
        struct area *a = &t->areas[i];
        uint8_t *memory = area_memory(n, t, a, native, i);
        a->va = (uint64_t)(uintptr_t)memory;
        fake_image_set(t, i, memory);
        if ((a->flags & AREA_STATE) != 0) {
            state_fill(n, t, a, state, memory, header);
            state++;
        }
    }
    for (uint32_t i = 0; i < t->image->activations; i++) {
        t->activations[i].stage = n->stages[i] = zeroed(t->image->stage_pages * SVSM_PAGE_SIZE);
    }
}

void fake_native_place(const struct svsm_image_header *header, const struct fake_native *list)
{
    fake_native_forget();
    for (uint32_t i = 0; i < task_count; i++) {
        native_place(&tasks[i], header, &list[i]);
    }
}

uint8_t *fake_native_stack(const struct task *t, uint32_t activation, size_t *size)
{
    if (!natives[t->index].used) {
        return NULL;
    }
    *size = STACK_BYTES;
    return natives[t->index].stack[activation];
}

const struct svsm_task_info *fake_native_info(const struct task *t)
{
    return &natives[t->index].info;
}

void *fake_native_heap(const struct task *t)
{
    return natives[t->index].heap;
}

/* The operation that the task of `f` runs, or NULL. */
static const struct svsm_image_operation *operation_of(const struct frame *f)
{
    if (!natives[f->task->index].used || f->endpoint == NO_ENDPOINT || f->initialising) {
        return NULL;
    }
    return image_operation(image_endpoint(f->endpoint)->operation_first + f->operation);
}

void fake_native_args(const struct frame *f, uint64_t args[SVSM_ARGS])
{
    const struct svsm_image_operation *o = operation_of(f);
    const struct activation *act = &f->task->activations[f->activation];
    for (uint32_t i = 0; o != NULL && i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        if (b->kind != SVSM_BUFFER_LEASE) {
            const uint8_t *window = (b->rights & SVSM_BUFFER_READ) != 0 ? act->request : act->reply;
            args[b->address_arg] = (uint64_t)(uintptr_t)window;
        }
    }
}

static void window_guard(uint8_t *window, uint64_t used, uint64_t size, bool on)
{
    if (on) {
        ASAN_POISON_MEMORY_REGION(window + used, size - used);
    } else {
        ASAN_UNPOISON_MEMORY_REGION(window, size);
    }
}

void fake_native_guard(const struct frame *f, bool on)
{
    const struct svsm_image_operation *o = operation_of(f);
    const struct activation *act = &f->task->activations[f->activation];
    const struct svsm_image_task *image = f->task->image;
    for (uint32_t i = 0; o != NULL && i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        bool told = b->kind != SVSM_BUFFER_PARTIAL && b->length_arg < SVSM_ARGS;
        uint64_t used = told ? f->args[b->length_arg] : b->max_size;
        if (b->kind != SVSM_BUFFER_LEASE && (b->rights & SVSM_BUFFER_READ) != 0) {
            window_guard(act->request, used, image->request_pages * SVSM_PAGE_SIZE, on);
        }
        if (b->kind != SVSM_BUFFER_LEASE && (b->rights & SVSM_BUFFER_WRITE) != 0) {
            window_guard(act->reply, used, image->reply_pages * SVSM_PAGE_SIZE, on);
        }
    }
}
