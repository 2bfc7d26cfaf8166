/* SPDX-License-Identifier: MIT */
/* What the short way of calls looks up, worked out once from the image's tables. See fast.h. */
#include <task/fast.h>
#include <task/image.h>

/* Bits of the operations of `e` that need no buffers, and of those that are idempotent. */
static void operations_sort(const struct svsm_image_endpoint *e, struct binding *b)
{
    for (uint32_t i = 0; i < e->operation_count && i < SVSM_OP_MAX; i++) {
        const struct svsm_image_operation *o = image_operation(e->operation_first + i);
        if ((o->flags & SVSM_OPERATION_VALID) != 0 && o->buffer_count == 0) {
            b->plain = (uint16_t)(b->plain | 1u << i);
        }
        if ((o->flags & SVSM_OPERATION_IDEMPOTENT) != 0) {
            b->idempotent = (uint16_t)(b->idempotent | 1u << i);
        }
    }
}

static void bind_one(struct binding *b, const struct svsm_image_handle *h)
{
    if (h->type != SVSM_HANDLE_ENDPOINT) {
        return;
    }
    const struct svsm_image_endpoint *e = image_endpoint(h->object);
    struct task *t = &AT(tasks, e->task);
    if (t->image->activations != 1) {
        return;
    }
    b->task = t;
    b->endpoint = h->object;
    b->entry = t->image->entry;
    b->info = (uint64_t)((h->object - t->image->endpoint_first) & 0xff) << 40;
    operations_sort(e, b);
}

void fast_bind(void)
{
    for (uint32_t i = 0; i < task_count; i++) {
        struct task *t = &AT(tasks, i);
        t->plain = t->image->activations == 1 && t->image->policy != SVSM_POLICY_ROLLBACK;
        for (uint32_t n = 0; n < t->image->handle_count; n++) {
            bind_one(&AT(t->bindings, n), image_handle(t->image->handle_first + n));
        }
    }
}
