/* SPDX-License-Identifier: MIT */
/* The report for people. See report.h. */
#include "manifest.h"
#include "report.h"
#include <inttypes.h>
#include <svsm/abi/layout.h>

static void print_buffers(FILE *out, const struct svsm_image_operation *o)
{
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        fprintf(out, "%s %s %s at argument %u, ", i == 0 ? ":" : ";", report_kinds[b->kind],
                report_rights[b->rights], b->address_arg);
        if (b->length_arg == SVSM_LENGTH_FIXED) {
            fprintf(out, "%" PRIu32 " bytes", b->max_size);
        } else {
            fprintf(out, "length in argument %u, up to %" PRIu32, b->length_arg, b->max_size);
        }
    }
}

static void print_endpoint(FILE *out, const struct flat *f, const struct svsm_image_endpoint *e)
{
    fprintf(out, "    endpoint %s", e->name);
    if (e->protocol != SVSM_PROTOCOL_NONE) {
        fprintf(out, " (guest protocol %" PRIu32 ")", e->protocol);
    }
    fprintf(out, "\n");
    for (uint32_t i = 0; i < e->operation_count; i++) {
        const struct svsm_image_operation *o = report_operation(f, e->operation_first + i);
        if ((o->flags & SVSM_OPERATION_VALID) == 0) {
            continue;
        }
        fprintf(out, "      %" PRIu32 " %s%s", i, o->name,
                (o->flags & SVSM_OPERATION_IDEMPOTENT) != 0 ? " (idempotent)" : "");
        print_buffers(out, o);
        fprintf(out, "\n");
    }
}

static void print_handle(FILE *out, const struct flat *f, const struct svsm_image_task *t,
                         uint32_t i)
{
    const struct svsm_image_handle *h = report_handle(f, t->handle_first + i);
    fprintf(out, "    handle %" PRIu32 ": %s %s", i, report_handle_types[h->type], h->name);
    if (h->type == SVSM_HANDLE_EVENT) {
        fprintf(out, ", bits 0x%" PRIx64, h->rights);
    } else if (h->type == SVSM_HANDLE_CONTROL && h->rights != 0) {
        fprintf(out, ", inject");
    } else if (h->type == SVSM_HANDLE_DEVICE) {
        const struct svsm_image_device *d = report_device(f, h->object);
        fprintf(out, ", ports 0x%x to 0x%x", d->port_first, d->port_first + d->port_count - 1);
        if (d->irq != SVSM_IRQ_NONE) {
            fprintf(out, ", interrupt %u", d->irq);
        }
        if (d->event_bits != 0) {
            fprintf(out, ", event bits 0x%" PRIx64, d->event_bits);
        }
    }
    fprintf(out, "\n");
}

static void print_task(FILE *out, const struct flat *f, uint32_t index)
{
    const struct svsm_image_task *t = report_task(f, index);
    struct report_memory m = report_memory(t);
    char hex[65];
    report_hex(hex, t->digest);
    fprintf(out, "\ntask %" PRIu32 " %s: policy %s, ", index, t->name,
            manifest_policies[t->policy]);
    if (t->budget_ns == 0) {
        fprintf(out, "NO BUDGET");
    } else {
        fprintf(out, "budget %" PRIu64 " ms", t->budget_ns / 1000000);
    }
    fprintf(out, ", %" PRIu32 " activation%s, withdrawn after more than %" PRIu32 " crashes",
            t->activations, t->activations == 1 ? "" : "s", t->crash_max);
    if (t->crash_window_ms != 0) {
        fprintf(out, " in %" PRIu32 " s", t->crash_window_ms / 1000);
    }
    fprintf(out,
            "\n    sha256 %s\n"
            "    text %" PRIu64 ", rodata %" PRIu64 ", data %" PRIu64 ", bss %" PRIu64
            ", heap %" PRIu64 ", stack %" PRIu64 ", tls %" PRIu64 "\n"
            "    windows %" PRIu64 ", stage %" PRIu64 ", shadow %" PRIu64 ", page tables %" PRIu64
            "; all %" PRIu64 " bytes, symbols %" PRIu32 "\n",
            hex, m.text, m.rodata, m.data, m.bss, m.heap, m.stack, m.tls, m.windows, m.stage,
            m.shadow, m.tables, m.total, t->symbols_size);
    for (uint32_t i = 0; i < t->endpoint_count; i++) {
        print_endpoint(out, f, report_endpoint(f, t->endpoint_first + i));
    }
    for (uint32_t i = 0; i < t->handle_count; i++) {
        print_handle(out, f, t, i);
    }
}

static void print_graph(FILE *out, const struct flat *f)
{
    fprintf(out, "\nwho reaches whom\n");
    for (uint32_t i = 0; i < f->header->endpoint_count; i++) {
        const struct svsm_image_endpoint *e = report_endpoint(f, i);
        if (e->protocol != SVSM_PROTOCOL_NONE) {
            fprintf(out, "    guest, protocol %" PRIu32 " -> %s.%s (up to %" PRIu32 " deep)\n",
                    e->protocol, report_task(f, e->task)->name, e->name, report_depth(f, e->task));
        }
    }
    for (uint32_t i = 0; i < f->header->boot_count; i++) {
        const struct svsm_image_boot *b = report_boot(f, i);
        const struct svsm_image_endpoint *e = report_endpoint(f, b->endpoint);
        const char *operation = report_operation(f, e->operation_first + b->operation)->name;
        fprintf(out, "    boot, ");
        if (b->vcpu == SVSM_VCPU_ALL) {
            fprintf(out, "every vCPU");
        } else {
            fprintf(out, "vCPU %" PRIu32, b->vcpu);
        }
        fprintf(out, " -> %s.%s.%s\n", report_task(f, e->task)->name, e->name, operation);
    }
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        const struct svsm_image_task *t = report_task(f, i);
        for (uint32_t h = 0; h < t->handle_count; h++) {
            const struct svsm_image_handle *handle = report_handle(f, t->handle_first + h);
            if (handle->type == SVSM_HANDLE_ENDPOINT) {
                const struct svsm_image_endpoint *e = report_endpoint(f, handle->object);
                fprintf(out, "    %s -> %s.%s (up to %" PRIu32 " deep)\n", t->name,
                        report_task(f, e->task)->name, e->name, report_depth(f, e->task));
            }
        }
    }
}

static void print_findings(FILE *out, const struct flat *f)
{
    char text[REPORT_WARNING_MAX];
    uint32_t n = 0;
    fprintf(out, "\nnot contained\n");
    for (; report_not_contained(f, n, text); n++) {
        fprintf(out, "    %s\n", text);
    }
    if (n == 0) {
        fprintf(out, "    nothing known\n");
    }
}

void report_text(FILE *out, const struct flat *f, const struct elffile_sizes *kernel)
{
    uint64_t ring0 = f->location.pa - f->base;
    uint64_t pool = f->location.pool_pages * SVSM_PAGE_SIZE;
    fprintf(out, "%s image, %" PRIu32 " tasks, loaded at 0x%" PRIx64 ", entry 0x%" PRIx64 "\n",
            (f->header->flags & SVSM_INFO_TEST_IMAGE) != 0 ? "test" : "regular",
            f->header->task_count, f->base, f->entry);
    fprintf(out, "ring 0: %" PRIu64 " bytes", ring0);
    if (kernel != NULL) {
        fprintf(out, " (text %" PRIu64 ", rodata %" PRIu64 ", data %" PRIu64 ", bss %" PRIu64 ")",
                kernel->text, kernel->rodata, kernel->data, kernel->bss);
    }
    fprintf(out, "\ndescription and contents of tasks: %" PRIu64 " bytes\n", f->location.size);
    fprintf(out, "set aside for tables, stacks, heaps, windows, shadows: %" PRIu64 " bytes\n",
            pool);
    fprintf(out, "total reserved: %" PRIu64 " bytes (%" PRIu64 " KiB)\n",
            ring0 + f->location.size + pool, (ring0 + f->location.size + pool) >> 10);
    for (uint32_t i = 0; i < f->header->task_count; i++) {
        print_task(out, f, i);
    }
    print_graph(out, f);
    print_findings(out, f);
}
