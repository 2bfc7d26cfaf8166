/* SPDX-License-Identifier: MIT */
/*
 * Is the system description sound? A pure function over bytes: no index, offset or size in the
 * tables can lead ring 0 outside them once this has passed. The builder has better messages; these
 * name what a builder got wrong.
 */
#include <task/image.h>
#include <svsm/abi/layout.h>

struct image_view {
    const uint8_t *base;
    size_t size;
    const struct svsm_image_header *header;
};

static bool table_ok(const struct image_view *v, uint32_t count, uint32_t max, uint32_t offset,
                     size_t entry)
{
    return count <= max && offset % 8 == 0 && offset >= sizeof(struct svsm_image_header) &&
           offset <= v->size && (uint64_t)count * entry <= v->size - offset;
}

static bool name_ok(const char name[SVSM_NAME_MAX])
{
    if (name[0] == 0) {
        return false;
    }
    for (size_t i = 0; i < SVSM_NAME_MAX; i++) {
        if (name[i] == 0) {
            return true;
        }
        if (name[i] < 0x21 || name[i] > 0x7e) {
            return false;
        }
    }
    return false;
}

static bool slice_ok(uint32_t first, uint32_t count, uint32_t all)
{
    return first <= all && count <= all - first;
}

static const char *regions_check(const struct image_view *v, const struct svsm_image_task *t)
{
    uint64_t next = SVSM_IMAGE_VA;
    bool entry_found = false;
    if (t->region_count == 0 || t->region_count > SVSM_REGIONS_MAX) {
        return "task: number of regions";
    }
    for (uint32_t i = 0; i < t->region_count; i++) {
        const struct svsm_image_region *r = &AT(t->regions, i);
        uint64_t size = (uint64_t)r->pages * SVSM_PAGE_SIZE;
        if (r->va % SVSM_PAGE_SIZE != 0 || r->va < next || r->pages == 0 || r->va >= SVSM_HEAP_VA ||
            size > SVSM_HEAP_VA - r->va) {
            return "region: place or order";
        }
        if (r->flags > (SVSM_REGION_WRITE | SVSM_REGION_EXECUTE) ||
            r->flags == (SVSM_REGION_WRITE | SVSM_REGION_EXECUTE)) {
            return "region: writable and executable, or unknown flags";
        }
        if (r->bytes > size || r->offset % SVSM_PAGE_SIZE != 0 || r->offset > v->size ||
            r->bytes > v->size - r->offset) {
            return "region: contents";
        }
        if ((r->flags & SVSM_REGION_EXECUTE) != 0 && t->entry >= r->va && t->entry - r->va < size) {
            entry_found = true;
        }
        next = r->va + size;
    }
    return entry_found ? NULL : "task: entry is not in executable memory";
}

static const char *task_check(const struct image_view *v, const struct svsm_image_task *t)
{
    const struct svsm_image_header *h = v->header;
    if (!name_ok(t->name)) {
        return "task: name";
    }
    if (t->policy >= SVSM_POLICIES) {
        return "task: policy";
    }
    if (t->activations == 0 || t->activations > SVSM_ACTIVATIONS_MAX ||
        (t->activations > 1 && t->policy != SVSM_POLICY_CLEAN)) {
        return "task: activations";
    }
    if (t->heap_pages > SVSM_HEAP_MAX / SVSM_PAGE_SIZE || t->stack_pages == 0 ||
        t->stack_pages > SVSM_STACK_MAX / SVSM_PAGE_SIZE ||
        t->request_pages > SVSM_WINDOW_MAX / SVSM_PAGE_SIZE ||
        t->reply_pages > SVSM_WINDOW_MAX / SVSM_PAGE_SIZE ||
        t->stage_pages > SVSM_WINDOW_MAX / SVSM_PAGE_SIZE) {
        return "task: size of heap, stack, window or stage";
    }
    if (!slice_ok(t->handle_first, t->handle_count, h->handle_count) ||
        t->handle_count > SVSM_INFO_HANDLES ||
        !slice_ok(t->endpoint_first, t->endpoint_count, h->endpoint_count)) {
        return "task: handles or endpoints";
    }
    if (t->symbols_offset % 8 != 0 || t->symbols_offset > v->size ||
        t->symbols_size > v->size - t->symbols_offset) {
        return "task: symbols";
    }
    return regions_check(v, t);
}

static const char *operation_check(const struct svsm_image_operation *o,
                                   const struct svsm_image_task *t)
{
    unsigned reads = 0;
    unsigned writes = 0;
    if (o->flags > (SVSM_OPERATION_VALID | SVSM_OPERATION_IDEMPOTENT) ||
        o->buffer_count > SVSM_LEASES_MAX) {
        return "operation: flags or number of buffers";
    }
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &AT(o->buffers, i);
        if (b->rights == 0 || b->rights > (SVSM_BUFFER_READ | SVSM_BUFFER_WRITE) ||
            b->address_arg >= SVSM_ARGS || b->max_size == 0 || b->max_size > SVSM_WINDOW_MAX ||
            (b->length_arg >= SVSM_ARGS && b->length_arg != SVSM_LENGTH_FIXED) ||
            b->length_arg == b->address_arg) {
            return "buffer: rights, arguments or size";
        }
        if (b->kind == SVSM_BUFFER_LEASE) {
            continue;
        }
        if (b->kind != SVSM_BUFFER_WINDOW &&
            (b->kind != SVSM_BUFFER_PARTIAL || b->length_arg == SVSM_LENGTH_FIXED)) {
            return "buffer: kind";
        }
        if ((b->rights & SVSM_BUFFER_READ) != 0 &&
            (++reads > 1 || b->max_size > t->request_pages * SVSM_PAGE_SIZE)) {
            return "buffer: second request window, or larger than the window";
        }
        if ((b->rights & SVSM_BUFFER_WRITE) != 0 &&
            (++writes > 1 || b->max_size > t->reply_pages * SVSM_PAGE_SIZE)) {
            return "buffer: second reply window, or larger than the window";
        }
    }
    return NULL;
}

static const char *endpoints_check(const struct image_view *v)
{
    const struct svsm_image_header *h = v->header;
    const struct svsm_image_endpoint *endpoints = (const void *)(v->base + h->endpoint_offset);
    const struct svsm_image_operation *ops = (const void *)(v->base + h->operation_offset);
    const struct svsm_image_task *all = (const void *)(v->base + h->task_offset);
    for (uint32_t i = 0; i < h->endpoint_count; i++) {
        const struct svsm_image_endpoint *e = &endpoints[i];
        if (!name_ok(e->name) || e->task >= h->task_count) {
            return "endpoint: name or task";
        }
        const struct svsm_image_task *t = &all[e->task];
        if (i < t->endpoint_first || i - t->endpoint_first >= t->endpoint_count) {
            return "endpoint: not among its task's";
        }
        if (e->protocol == 0) {
            return "endpoint: protocol 0 is ring 0's own";
        }
        if (e->operation_count > SVSM_OP_MAX ||
            !slice_ok(e->operation_first, e->operation_count, h->operation_count)) {
            return "endpoint: operations";
        }
        for (uint32_t j = 0; j < e->operation_count; j++) {
            const char *bad = operation_check(&ops[e->operation_first + j], t);
            if (bad != NULL) {
                return bad;
            }
        }
    }
    return NULL;
}

/* One task has the platform handle, and one activation: ring 0 serves it without a lock. */
static bool platform_ok(const struct image_view *v, uint32_t handle)
{
    const struct svsm_image_header *h = v->header;
    const struct svsm_image_handle *handles = (const void *)(v->base + h->handle_offset);
    const struct svsm_image_task *all = (const void *)(v->base + h->task_offset);
    for (uint32_t i = 0; i < handle; i++) {
        if (handles[i].type == SVSM_HANDLE_PLATFORM) {
            return false;
        }
    }
    uint32_t holders = 0;
    for (uint32_t i = 0; i < h->task_count; i++) {
        bool has =
            handle >= all[i].handle_first && handle - all[i].handle_first < all[i].handle_count;
        holders += has ? 1 : 0;
        if (has && (all[i].activations != 1 || holders > 1)) {
            return false;
        }
    }
    return true;
}

static const char *handles_check(const struct image_view *v)
{
    const struct svsm_image_header *h = v->header;
    const struct svsm_image_handle *handles = (const void *)(v->base + h->handle_offset);
    for (uint32_t i = 0; i < h->handle_count; i++) {
        uint32_t limit = 0;
        switch (handles[i].type) {
        case SVSM_HANDLE_ENDPOINT:
            limit = h->endpoint_count;
            break;
        case SVSM_HANDLE_EVENT:
        case SVSM_HANDLE_CONTROL:
            limit = h->task_count;
            break;
        case SVSM_HANDLE_DEVICE:
            limit = h->device_count;
            break;
        case SVSM_HANDLE_LOG:
            limit = 1;
            break;
        case SVSM_HANDLE_PLATFORM:
            limit = platform_ok(v, i) ? 1 : 0;
            break;
        default:
            return "handle: type";
        }
        if (!name_ok(handles[i].name) || handles[i].object >= limit) {
            return "handle: name or object";
        }
        if (handles[i].type == SVSM_HANDLE_CONTROL && handles[i].rights != 0 &&
            (h->flags & SVSM_INFO_TEST_IMAGE) == 0) {
            return "handle: fault injection in an image not marked for tests";
        }
    }
    return NULL;
}

static const char *devices_check(const struct image_view *v)
{
    const struct svsm_image_header *h = v->header;
    const struct svsm_image_device *devices = (const void *)(v->base + h->device_offset);
    for (uint32_t i = 0; i < h->device_count; i++) {
        const struct svsm_image_device *d = &devices[i];
        if (!name_ok(d->name) || d->owner >= h->task_count || d->flags > SVSM_DEVICE_DMA) {
            return "device: name, owner or flags";
        }
        if (d->port_count == 0 || d->port_first > UINT16_MAX - (d->port_count - 1)) {
            return "device: ports";
        }
        if (d->irq != SVSM_IRQ_NONE && (d->irq > 15 || d->event_bits == 0)) {
            return "device: interrupt";
        }
    }
    return NULL;
}

static const char *boots_check(const struct image_view *v)
{
    const struct svsm_image_header *h = v->header;
    const struct svsm_image_boot *boots = (const void *)(v->base + h->boot_offset);
    const struct svsm_image_endpoint *endpoints = (const void *)(v->base + h->endpoint_offset);
    const struct svsm_image_operation *ops = (const void *)(v->base + h->operation_offset);
    for (uint32_t i = 0; i < h->boot_count; i++) {
        if (boots[i].endpoint >= h->endpoint_count) {
            return "boot entry: endpoint";
        }
        const struct svsm_image_endpoint *e = &endpoints[boots[i].endpoint];
        if (boots[i].operation >= e->operation_count ||
            ops[e->operation_first + boots[i].operation].flags == 0 ||
            ops[e->operation_first + boots[i].operation].buffer_count != 0) {
            return "boot entry: no such operation, or one with buffers";
        }
        if (boots[i].vcpu >= SVSM_VCPUS_MAX && boots[i].vcpu != SVSM_VCPU_ALL) {
            return "boot entry: vCPU";
        }
    }
    return NULL;
}

static const char *header_check(const struct image_view *v)
{
    const struct svsm_image_header *h = v->header;
    if (h->magic != SVSM_IMAGE_MAGIC) {
        return "no image description here";
    }
    if (h->abi_version != SVSM_ABI_VERSION) {
        return "image of another interface version";
    }
    if (h->size != v->size || (h->flags & ~SVSM_INFO_TEST_IMAGE) != 0) {
        return "image size or flags";
    }
    if (h->task_count == 0 ||
        !table_ok(v, h->task_count, SVSM_TASKS_MAX, h->task_offset,
                  sizeof(struct svsm_image_task)) ||
        !table_ok(v, h->endpoint_count, 256, h->endpoint_offset,
                  sizeof(struct svsm_image_endpoint)) ||
        !table_ok(v, h->operation_count, 4096, h->operation_offset,
                  sizeof(struct svsm_image_operation)) ||
        !table_ok(v, h->handle_count, 1024, h->handle_offset, sizeof(struct svsm_image_handle)) ||
        !table_ok(v, h->device_count, 64, h->device_offset, sizeof(struct svsm_image_device)) ||
        !table_ok(v, h->boot_count, 256, h->boot_offset, sizeof(struct svsm_image_boot))) {
        return "image tables";
    }
    return NULL;
}

const char *image_check(const void *image, size_t size)
{
    struct image_view v = {.base = image, .size = size, .header = image};
    const char *bad;
    if (size < sizeof(struct svsm_image_header) || (uintptr_t)image % 8 != 0) {
        return "image too short";
    }
    if ((bad = header_check(&v)) != NULL) {
        return bad;
    }
    const struct svsm_image_task *all = (const void *)(v.base + v.header->task_offset);
    for (uint32_t i = 0; i < v.header->task_count; i++) {
        if ((bad = task_check(&v, &all[i])) != NULL) {
            return bad;
        }
    }
    if ((bad = endpoints_check(&v)) != NULL || (bad = handles_check(&v)) != NULL ||
        (bad = devices_check(&v)) != NULL || (bad = boots_check(&v)) != NULL) {
        return bad;
    }
    return NULL;
}
