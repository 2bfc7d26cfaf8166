/* SPDX-License-Identifier: MIT */
/* The report for programs. See report.h. */
#include "manifest.h"
#include "report.h"
#include <jansson.h>
#include <svsm/abi/layout.h>

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *memory(const struct svsm_image_task *t)
{
    struct report_memory m = report_memory(t);
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "text", number(m.text),
                     "rodata", number(m.rodata), "data", number(m.data), "bss", number(m.bss),
                     "heap", number(m.heap), "stack", number(m.stack), "tls", number(m.tls),
                     "windows", number(m.windows), "stage", number(m.stage), "shadow",
                     number(m.shadow), "tables", number(m.tables), "total", number(m.total));
}

static json_t *operations(const struct flat *f, const struct svsm_image_endpoint *e)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < e->operation_count; i++) {
        const struct svsm_image_operation *o = report_operation(f, e->operation_first + i);
        if ((o->flags & SVSM_OPERATION_VALID) == 0) {
            continue;
        }
        json_t *buffers = json_array();
        for (uint32_t b = 0; b < o->buffer_count; b++) {
            const struct svsm_buffer *v = &o->buffers[b];
            json_t *length =
                v->length_arg == SVSM_LENGTH_FIXED ? json_null() : json_integer(v->length_arg);
            json_array_append_new(
                buffers, json_pack("{s:s,s:s,s:i,s:o,s:o}", "kind", report_kinds[v->kind], "rights",
                                   report_rights[v->rights], "address", v->address_arg, "length",
                                   length, "max", number(v->max_size)));
        }
        json_array_append_new(
            list, json_pack("{s:o,s:s,s:b,s:o}", "number", number(i), "name", o->name, "idempotent",
                            (o->flags & SVSM_OPERATION_IDEMPOTENT) != 0, "buffers", buffers));
    }
    return list;
}

static json_t *endpoints(const struct flat *f, const struct svsm_image_task *t)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < t->endpoint_count; i++) {
        const struct svsm_image_endpoint *e = report_endpoint(f, t->endpoint_first + i);
        json_t *protocol = e->protocol == SVSM_PROTOCOL_NONE ? json_null() : number(e->protocol);
        json_array_append_new(list, json_pack("{s:s,s:o,s:o}", "name", e->name, "protocol",
                                              protocol, "operations", operations(f, e)));
    }
    return list;
}

static json_t *handles(const struct flat *f, const struct svsm_image_task *t)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < t->handle_count; i++) {
        const struct svsm_image_handle *h = report_handle(f, t->handle_first + i);
        json_t *o = json_pack("{s:o,s:s,s:s}", "handle", number(i), "type",
                              report_handle_types[h->type], "name", h->name);
        if (h->type == SVSM_HANDLE_EVENT) {
            json_object_set_new(o, "bits", number(h->rights));
        } else if (h->type == SVSM_HANDLE_CONTROL) {
            json_object_set_new(o, "inject", json_boolean(h->rights != 0));
        } else if (h->type == SVSM_HANDLE_ENDPOINT) {
            const struct svsm_image_endpoint *e = report_endpoint(f, h->object);
            json_object_set_new(o, "task", json_string(report_task(f, e->task)->name));
            json_object_set_new(o, "depth", number(report_depth(f, e->task)));
        } else if (h->type == SVSM_HANDLE_DEVICE) {
            const struct svsm_image_device *d = report_device(f, h->object);
            json_object_set_new(o, "port_first", number(d->port_first));
            json_object_set_new(o, "port_count", number(d->port_count));
            json_object_set_new(o, "irq", d->irq == SVSM_IRQ_NONE ? json_null() : number(d->irq));
            json_object_set_new(o, "event_bits", number(d->event_bits));
            json_object_set_new(o, "dma", json_boolean((d->flags & SVSM_DEVICE_DMA) != 0));
        }
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *task(const struct flat *f, uint32_t index)
{
    const struct svsm_image_task *t = report_task(f, index);
    char hex[65];
    report_hex(hex, t->digest);
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "name", t->name, "policy",
                     manifest_policies[t->policy], "sha256", hex, "activations",
                     number(t->activations), "budget_ms", number(t->budget_ns / 1000000),
                     "crash_max", number(t->crash_max), "crash_window_ms",
                     number(t->crash_window_ms), "depth", number(report_depth(f, index)), "memory",
                     memory(t), "symbols", number(t->symbols_size), "endpoints", endpoints(f, t),
                     "handles", handles(f, t));
}

static json_t *boots(const struct flat *f)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < f->header->boot_count; i++) {
        const struct svsm_image_boot *b = report_boot(f, i);
        const struct svsm_image_endpoint *e = report_endpoint(f, b->endpoint);
        json_t *vcpu = b->vcpu == SVSM_VCPU_ALL ? json_string("all") : number(b->vcpu);
        json_array_append_new(
            list,
            json_pack("{s:s,s:s,s:s,s:o}", "task", report_task(f, e->task)->name, "endpoint",
                      e->name, "operation",
                      report_operation(f, e->operation_first + b->operation)->name, "vcpu", vcpu));
    }
    return list;
}

static json_t *ring0(const struct flat *f, const struct elffile_sizes *kernel)
{
    json_t *o = json_pack("{s:o}", "bytes", number(f->location.pa - f->base));
    if (kernel != NULL) {
        json_object_set_new(o, "text", number(kernel->text));
        json_object_set_new(o, "rodata", number(kernel->rodata));
        json_object_set_new(o, "data", number(kernel->data));
        json_object_set_new(o, "bss", number(kernel->bss));
    }
    return o;
}

bool report_json(FILE *out, const struct flat *f, const struct elffile_sizes *kernel)
{
    char text[REPORT_WARNING_MAX];
    json_t *tasks = json_array();
    json_t *findings = json_array();
    uint64_t pool = f->location.pool_pages * SVSM_PAGE_SIZE;
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        json_array_append_new(tasks, task(f, i));
    }
    for (uint32_t n = 0; report_not_contained(f, n, text); n++) {
        json_array_append_new(findings, json_string(text));
    }
    json_t *all =
        json_pack("{s:b,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "test",
                  (f->header->flags & SVSM_INFO_TEST_IMAGE) != 0, "load_address", number(f->base),
                  "entry", number(f->entry), "ring0", ring0(f, kernel), "description_bytes",
                  number(f->location.size), "pool_bytes", number(pool), "total_bytes",
                  number(f->location.pa - f->base + f->location.size + pool), "tasks", tasks,
                  "boot", boots(f), "not_contained", findings);
    bool ok = all != NULL && json_dumpf(all, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(all);
    return ok;
}
