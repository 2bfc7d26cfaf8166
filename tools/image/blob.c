/* SPDX-License-Identifier: MIT */
/* Encodes the system description. See blob.h. */
#include "blob.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <svsm/abi/layout.h>

/* Where everything goes; the header's offsets and counts. */
struct plan {
    struct svsm_image_header header;
    uint64_t symbols[SVSM_TASKS_MAX];
    uint64_t contents[SVSM_TASKS_MAX][SVSM_REGIONS_MAX];
};

static uint64_t up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static uint32_t handle_count(const struct manifest *m)
{
    return m->call_count + m->event_count + m->device_count + m->control_count + (m->log ? 1 : 0) +
           (m->platform ? 1 : 0);
}

static void count_entries(const struct links *l, struct svsm_image_header *h)
{
    h->task_count = l->task_count;
    h->endpoint_count = l->endpoint_count;
    h->boot_count = l->system->boot_count;
    for (uint32_t i = 0; i < l->task_count; i++) {
        const struct manifest *m = l->tasks[i];
        h->handle_count += handle_count(m);
        h->device_count += m->device_count;
        for (uint32_t e = 0; e < m->endpoint_count; e++) {
            h->operation_count += m->endpoints[e].operation_count;
        }
    }
}

static uint32_t place(uint64_t *at, uint32_t count, size_t entry)
{
    uint64_t offset = up(*at, 8);
    *at = offset + (uint64_t)count * entry;
    return (uint32_t)offset;
}

static struct plan make_plan(const struct links *l, const struct program *programs)
{
    struct plan p = {.header = {.magic = SVSM_IMAGE_MAGIC, .abi_version = SVSM_ABI_VERSION}};
    struct svsm_image_header *h = &p.header;
    uint64_t at = sizeof(*h);
    h->flags = l->system->kind == SYSTEM_TEST ? SVSM_INFO_TEST_IMAGE : 0;
    count_entries(l, h);
    h->task_offset = place(&at, h->task_count, sizeof(struct svsm_image_task));
    h->endpoint_offset = place(&at, h->endpoint_count, sizeof(struct svsm_image_endpoint));
    h->operation_offset = place(&at, h->operation_count, sizeof(struct svsm_image_operation));
    h->handle_offset = place(&at, h->handle_count, sizeof(struct svsm_image_handle));
    h->device_offset = place(&at, h->device_count, sizeof(struct svsm_image_device));
    h->boot_offset = place(&at, h->boot_count, sizeof(struct svsm_image_boot));
    for (uint32_t i = 0; i < l->task_count; i++) {
        at = up(at, 8);
        p.symbols[i] = at;
        at += programs[i].symbols.size;
    }
    for (uint32_t i = 0; i < l->task_count; i++) {
        for (uint32_t r = 0; r < programs[i].region_count; r++) {
            at = up(at, SVSM_PAGE_SIZE);
            p.contents[i][r] = at;
            at += programs[i].regions[r].bytes;
        }
    }
    h->size = up(at, SVSM_PAGE_SIZE);
    return p;
}

bool blob_digest(const uint8_t *blob, const struct svsm_image_task *t, uint8_t digest[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
    for (uint32_t i = 0; ok && i < t->region_count; i++) {
        ok = EVP_DigestUpdate(context, blob + t->regions[i].offset, t->regions[i].bytes) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return ok;
}

static struct svsm_image_task task_entry(const struct manifest *m, const struct program *p)
{
    struct svsm_image_task t = {
        .entry = p->entry,
        .policy = m->policy,
        .activations = m->activations,
        .heap_pages = m->heap_pages,
        .stack_pages = m->stack_pages,
        .request_pages = m->request_pages,
        .reply_pages = m->reply_pages,
        .stage_pages = m->stage_pages,
        .region_count = p->region_count,
        .budget_ns = m->budget_ns,
        .crash_max = m->crash_max,
        .crash_window_ms = m->crash_window_ms,
        .handle_count = handle_count(m),
        .endpoint_count = m->endpoint_count,
        .symbols_size = (uint32_t)p->symbols.size,
    };
    memcpy(t.name, m->name, sizeof(t.name));
    return t;
}

static bool write_task(const struct plan *plan, uint32_t index, const struct manifest *m,
                       const struct program *p, uint32_t first_handle, uint32_t first_endpoint,
                       uint8_t *blob)
{
    struct svsm_image_task t = task_entry(m, p);
    t.handle_first = first_handle;
    t.endpoint_first = first_endpoint;
    t.symbols_offset = p->symbols.size == 0 ? 0 : (uint32_t)plan->symbols[index];
    if (p->symbols.size != 0) {
        memcpy(blob + plan->symbols[index], p->symbols.data, p->symbols.size);
    }
    for (uint32_t i = 0; i < p->region_count; i++) {
        const struct program_region *r = &p->regions[i];
        uint64_t offset = r->bytes == 0 ? 0 : plan->contents[index][i];
        t.regions[i] = (struct svsm_image_region){
            .va = r->va, .pages = r->pages, .flags = r->flags, .offset = offset, .bytes = r->bytes};
        if (r->bytes != 0) {
            memcpy(blob + offset + r->lead, r->data, r->bytes - r->lead);
        }
    }
    bool ok = blob_digest(blob, &t, t.digest);
    memcpy(blob + plan->header.task_offset + index * sizeof(t), &t, sizeof(t));
    return ok;
}

/* Tables are filled from the front; these say where the next entry goes. */
struct cursor {
    struct svsm_image_endpoint *endpoint;
    struct svsm_image_operation *operation;
    struct svsm_image_handle *handle;
    struct svsm_image_device *device;
    uint32_t endpoints, operations, handles, devices;
};

static void write_endpoints(const struct manifest *m, uint32_t task, struct cursor *c)
{
    for (uint32_t i = 0; i < m->endpoint_count; i++) {
        const struct manifest_endpoint *e = &m->endpoints[i];
        struct svsm_image_endpoint *out = &c->endpoint[c->endpoints++];
        memcpy(out->name, e->name, sizeof(out->name));
        out->task = task;
        out->protocol = e->protocol;
        out->operation_first = c->operations;
        out->operation_count = e->operation_count;
        for (uint32_t j = 0; j < e->operation_count; j++) {
            const struct manifest_operation *o = &e->operations[j];
            struct svsm_image_operation *to = &c->operation[c->operations++];
            memcpy(to->name, o->name, sizeof(to->name));
            to->flags = (o->valid ? SVSM_OPERATION_VALID : 0) |
                        (o->idempotent ? SVSM_OPERATION_IDEMPOTENT : 0);
            to->buffer_count = o->buffer_count;
            memcpy(to->buffers, o->buffers, sizeof(to->buffers));
        }
    }
}

static void write_handle(struct cursor *c, const char *name, enum svsm_handle_type type,
                         uint32_t object, uint64_t rights)
{
    struct svsm_image_handle *h = &c->handle[c->handles++];
    memcpy(h->name, name, strlen(name));
    h->type = type;
    h->object = object;
    h->rights = rights;
}

static void write_handles(const struct links *l, uint32_t task, struct cursor *c)
{
    const struct manifest *m = l->tasks[task];
    for (uint32_t i = 0; i < m->call_count; i++) {
        const char *name = m->calls[i].name;
        write_handle(c, name, SVSM_HANDLE_ENDPOINT, links_endpoint(l, name), 0);
    }
    for (uint32_t i = 0; i < m->event_count; i++) {
        const struct manifest_reference *e = &m->events[i];
        write_handle(c, e->name, SVSM_HANDLE_EVENT, links_task(l, e->name), e->rights);
    }
    for (uint32_t i = 0; i < m->device_count; i++) {
        const struct manifest_device *v = &m->devices[i];
        write_handle(c, v->name, SVSM_HANDLE_DEVICE, c->devices, 0);
        struct svsm_image_device *out = &c->device[c->devices++];
        memcpy(out->name, v->name, sizeof(out->name));
        out->owner = task;
        out->port_first = v->port_first;
        out->port_count = v->port_count;
        out->irq = v->irq;
        out->flags = v->flags;
        out->event_bits = v->event_bits;
    }
    for (uint32_t i = 0; i < m->control_count; i++) {
        const struct manifest_reference *r = &m->controls[i];
        write_handle(c, r->name, SVSM_HANDLE_CONTROL, links_task(l, r->name), r->rights);
    }
    if (m->log) {
        write_handle(c, "log", SVSM_HANDLE_LOG, 0, 0);
    }
    if (m->platform) {
        write_handle(c, "platform", SVSM_HANDLE_PLATFORM, 0, 0);
    }
}

static void write_boots(const struct links *l, struct svsm_image_boot *out)
{
    for (uint32_t i = 0; i < l->system->boot_count; i++) {
        const struct system_boot *b = &l->system->boots[i];
        out[i].endpoint = links_endpoint(l, b->endpoint);
        out[i].vcpu = b->vcpu;
        const struct manifest_endpoint *e = links_endpoint_of(l, out[i].endpoint);
        for (uint32_t j = 0; j < e->operation_count; j++) {
            if (e->operations[j].valid && strcmp(e->operations[j].name, b->operation) == 0) {
                out[i].operation = j;
            }
        }
    }
}

bool blob_build(struct diag *d, const struct links *l, const struct program *programs,
                struct bytes *out)
{
    struct plan p = make_plan(l, programs);
    *out = (struct bytes){.size = p.header.size};
    if (p.header.size > UINT32_MAX || (out->data = calloc(1, out->size)) == NULL) {
        diag_error(d, NULL, 0, "the tasks take %llu bytes: out of memory",
                   (unsigned long long)p.header.size);
        return false;
    }
    uint8_t *b = out->data;
    struct cursor c = {
        .endpoint = (struct svsm_image_endpoint *)(b + p.header.endpoint_offset),
        .operation = (struct svsm_image_operation *)(b + p.header.operation_offset),
        .handle = (struct svsm_image_handle *)(b + p.header.handle_offset),
        .device = (struct svsm_image_device *)(b + p.header.device_offset),
    };
    memcpy(b, &p.header, sizeof(p.header));
    for (uint32_t i = 0; i < l->task_count; i++) {
        if (!write_task(&p, i, l->tasks[i], &programs[i], c.handles, c.endpoints, b)) {
            diag_error(d, NULL, 0, "SHA-256 failed");
            return false;
        }
        write_endpoints(l->tasks[i], i, &c);
        write_handles(l, i, &c);
    }
    write_boots(l, (struct svsm_image_boot *)(b + p.header.boot_offset));
    return true;
}
