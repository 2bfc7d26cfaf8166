/* SPDX-License-Identifier: MIT */
/* The report's figures and findings. See report.h. */
#include "report.h"
#include <svsm/abi/layout.h>
#include <svsm/abi/pool_size.h>

const char *const report_handle_types[SVSM_HANDLE_TYPES] = {"none", "endpoint", "event",   "device",
                                                            "log",  "control",  "platform"};
const char *const report_rights[4] = {"", "r", "w", "rw"};
const char *const report_kinds[4] = {"none", "window", "lease", "partial"};

struct report_memory report_memory(const struct svsm_image_task *t)
{
    struct report_memory m = {0};
    uint64_t from_blob = 0;
    for (uint32_t i = 0; i < t->region_count; i++) {
        const struct svsm_image_region *r = &t->regions[i];
        uint64_t size = r->pages * SVSM_PAGE_SIZE;
        if ((r->flags & SVSM_REGION_EXECUTE) != 0) {
            m.text += size;
        } else if ((r->flags & SVSM_REGION_WRITE) == 0) {
            m.rodata += size;
        } else {
            m.data += r->bytes;
            m.bss += size - r->bytes;
        }
        from_blob += (r->bytes + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE * SVSM_PAGE_SIZE;
    }
    m.heap = t->heap_pages * SVSM_PAGE_SIZE;
    m.stack = (uint64_t)t->activations * t->stack_pages * SVSM_PAGE_SIZE;
    m.tls = t->activations * SVSM_TLS_BYTES;
    m.windows = (uint64_t)t->activations * (t->request_pages + t->reply_pages) * SVSM_PAGE_SIZE;
    m.stage = (uint64_t)t->activations * t->stage_pages * SVSM_PAGE_SIZE;
    if (t->policy == SVSM_POLICY_ROLLBACK) {
        struct svsm_image_task without = *t;
        without.policy = SVSM_POLICY_NEVER;
        m.shadow = (svsm_pool_task_pages(t) - svsm_pool_task_pages(&without)) * SVSM_PAGE_SIZE;
    }
    m.total = from_blob + svsm_pool_task_pages(t) * SVSM_PAGE_SIZE;
    uint64_t state = svsm_pool_state_pages(t) * SVSM_PAGE_SIZE;
    uint64_t zero_only = 0; /* read-only pages without contents, from the pool */
    for (uint32_t i = 0; i < t->region_count; i++) {
        const struct svsm_image_region *r = &t->regions[i];
        if ((r->flags & SVSM_REGION_WRITE) == 0) {
            zero_only += r->pages * SVSM_PAGE_SIZE -
                         (r->bytes + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE * SVSM_PAGE_SIZE;
        }
    }
    m.tables = svsm_pool_task_pages(t) * SVSM_PAGE_SIZE - state - zero_only - m.stack - m.windows -
               m.stage - m.shadow;
    return m;
}

uint32_t report_depth(const struct flat *f, uint32_t task)
{
    uint32_t depth[SVSM_TASKS_MAX];
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        depth[i] = 1;
    }
    /* Longest path by relaxation; a cycle would grow to the bound. */
    for (uint32_t round = 0; round <= SVSM_CALL_DEPTH_MAX; round++) {
        for (uint32_t i = 0; i < f->header->task_count; i++) {
            const struct svsm_image_task *t = report_task(f, i);
            for (uint32_t h = 0; h < t->handle_count; h++) {
                const struct svsm_image_handle *handle = report_handle(f, t->handle_first + h);
                if (handle->type == SVSM_HANDLE_ENDPOINT) {
                    uint32_t callee = depth[report_endpoint(f, handle->object)->task];
                    depth[i] = depth[i] > callee + 1 ? depth[i] : callee + 1;
                }
            }
        }
    }
    return depth[task];
}

/* Findings are counted down in `n`; the one that meets zero is told. */
static bool hit(uint32_t *n)
{
    return (*n)-- == 0;
}

static bool task_finding(const struct flat *f, uint32_t task, uint32_t *n,
                         char out[REPORT_WARNING_MAX])
{
    const struct svsm_image_task *t = report_task(f, task);
    if (t->budget_ns == 0 && hit(n)) {
        snprintf(out, REPORT_WARNING_MAX,
                 "%s: no budget: an endless loop in it keeps its caller's vCPU", t->name);
        return true;
    }
    if (t->policy == SVSM_POLICY_NEVER && hit(n)) {
        snprintf(out, REPORT_WARNING_MAX, "%s: policy never: its crash ends the machine", t->name);
        return true;
    }
    for (uint32_t i = 0; i < t->handle_count; i++) {
        const struct svsm_image_handle *h = report_handle(f, t->handle_first + i);
        if (h->type == SVSM_HANDLE_CONTROL && (h->rights & SVSM_CONTROL_INJECT) != 0 && hit(n)) {
            snprintf(out, REPORT_WARNING_MAX, "%s: may inject faults into %s", t->name, h->name);
            return true;
        }
        if (h->type == SVSM_HANDLE_CONTROL && hit(n)) {
            snprintf(out, REPORT_WARNING_MAX, "%s: may crash %s", t->name, h->name);
            return true;
        }
    }
    return false;
}

bool report_not_contained(const struct flat *f, uint32_t n, char out[REPORT_WARNING_MAX])
{
    if ((f->header->flags & SVSM_INFO_TEST_IMAGE) != 0 && hit(&n)) {
        snprintf(out, REPORT_WARNING_MAX,
                 "test image: weaker entropy and fault injection are allowed");
        return true;
    }
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        if (task_finding(f, i, &n, out)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < f->header->device_count; i++) {
        const struct svsm_image_device *d = report_device(f, i);
        if ((d->flags & SVSM_DEVICE_DMA) != 0 && hit(&n)) {
            snprintf(out, REPORT_WARNING_MAX,
                     "%s: device %s reads and writes memory by itself, wherever the host lets it",
                     report_task(f, d->owner)->name, d->name);
            return true;
        }
    }
    return false;
}

void report_hex(char out[65], const uint8_t digest[32])
{
    for (unsigned i = 0; i < 32; i++) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}
