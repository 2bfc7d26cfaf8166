/* SPDX-License-Identifier: MIT */
/* Reads a task manifest. See manifest.h and README.md. */
#include "manifest.h"
#include "setting.h"
#include <string.h>
#include <svsm/abi/layout.h>

#define WORDS(array) (array), sizeof(array) / sizeof((array)[0])

const char *const manifest_policies[SVSM_POLICIES] = {"clean", "rollback", "never"};

static const char *const task_settings[] = {
    "name",    "policy",    "stateful", "heap",   "stack",   "activations", "stage", "budget_ms",
    "crashes", "endpoints", "calls",    "events", "devices", "controls",    "log",   "platform",
};

static uint32_t to_pages(uint64_t bytes)
{
    return (uint32_t)((bytes + SVSM_PAGE_SIZE - 1) / SVSM_PAGE_SIZE);
}

static void read_buffer(const struct setting_reader *r, const config_setting_t *g,
                        struct svsm_buffer *out)
{
    static const char *const names[] = {"kind", "rights", "address", "length", "max"};
    static const char *const kinds[] = {"window", "lease", "partial"}; /* as svsm_buffer_kind */
    static const char *const rights[] = {"r", "w", "rw"};
    unsigned kind = 0;
    unsigned right = 0;
    uint64_t address = 0;
    uint64_t length = SVSM_LENGTH_FIXED;
    uint64_t max = 0;
    if (!setting_group(r, g, "buffer", WORDS(names))) {
        return;
    }
    bool ok = setting_word(r, g, "kind", SETTING_REQUIRED, WORDS(kinds), &kind);
    ok = setting_word(r, g, "rights", SETTING_REQUIRED, WORDS(rights), &right) && ok;
    ok = setting_number(r, g, "address", SETTING_REQUIRED, 0, SVSM_ARGS - 1, &address) && ok;
    ok = setting_size(r, g, "max", SETTING_REQUIRED, SVSM_WINDOW_MAX, &max) && ok;
    setting_number(r, g, "length", SETTING_OPTIONAL, 0, SVSM_ARGS - 1, &length);
    if (ok && max == 0) {
        setting_error(r, g, "buffer: max is 0; a buffer holds at least one byte");
    }
    if (ok && kind + SVSM_BUFFER_WINDOW == SVSM_BUFFER_PARTIAL && length == SVSM_LENGTH_FIXED) {
        setting_error(r, g,
                      "buffer: kind \"partial\" needs length: the argument that is to tell the "
                      "service how many bytes are there");
    }
    if (length == address) {
        setting_error(r, g, "buffer: argument %u is both address and length", (unsigned)address);
    }
    *out = (struct svsm_buffer){
        .kind = (uint8_t)(kind + SVSM_BUFFER_WINDOW),
        .rights = (uint8_t)(right + SVSM_BUFFER_READ), /* r, w, rw are 1, 2, 3 */
        .address_arg = (uint8_t)address,
        .length_arg = (uint8_t)length,
        .max_size = (uint32_t)max,
    };
}

/* Rules between the buffers of one operation, and what they ask of the windows. */
static void relate_buffers(const struct setting_reader *r, const config_setting_t *at,
                           const struct manifest_operation *o, struct manifest *m)
{
    unsigned windows[2] = {0, 0};
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        for (uint32_t j = 0; j < i; j++) {
            if (o->buffers[j].address_arg == b->address_arg &&
                ((b->rights | o->buffers[j].rights) & SVSM_BUFFER_WRITE) != 0) {
                setting_error(r, at,
                              "operation '%s': writable alias: two buffers at argument %u; declare "
                              "one with rights \"rw\"",
                              o->name, b->address_arg);
            }
        }
        if (b->kind == SVSM_BUFFER_LEASE) {
            continue;
        }
        if ((b->rights & SVSM_BUFFER_READ) != 0) {
            windows[0]++;
            m->request_pages =
                to_pages(b->max_size) > m->request_pages ? to_pages(b->max_size) : m->request_pages;
        }
        if ((b->rights & SVSM_BUFFER_WRITE) != 0) {
            windows[1]++;
            m->reply_pages =
                to_pages(b->max_size) > m->reply_pages ? to_pages(b->max_size) : m->reply_pages;
        }
    }
    if (windows[0] > 1 || windows[1] > 1) {
        setting_error(r, at, "operation '%s': two windows to %s; make one of them a lease", o->name,
                      windows[0] > 1 ? "read" : "write");
    }
}

static void read_operation(const struct setting_reader *r, const config_setting_t *g,
                           struct manifest *m, struct manifest_operation *out)
{
    const config_setting_t *list = setting_list(r, g, "buffers", SETTING_OPTIONAL, SVSM_LEASES_MAX);
    unsigned before = r->diag->errors;
    out->valid = true;
    out->line = setting_line(r, g);
    setting_name(r, g, "name", SETTING_REQUIRED, out->name);
    setting_bool(r, g, "idempotent", &out->idempotent);
    out->buffer_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < out->buffer_count; i++) {
        read_buffer(r, config_setting_get_elem(list, i), &out->buffers[i]);
    }
    if (r->diag->errors == before) {
        relate_buffers(r, list == NULL ? g : list, out, m);
    }
    for (uint32_t i = 0; i < out->buffer_count; i++) {
        if (out->buffers[i].kind == SVSM_BUFFER_LEASE &&
            (out->buffers[i].rights & SVSM_BUFFER_WRITE) != 0 && m->stage_pages == 0) {
            setting_error(r, g,
                          "operation '%s' lends memory to write, but the task has no stage; set "
                          "stage, for instance \"16K\"",
                          out->name);
            return;
        }
    }
}

static void read_operations(const struct setting_reader *r, const config_setting_t *list,
                            struct manifest *m, struct manifest_endpoint *e)
{
    static const char *const names[] = {"name", "number", "idempotent", "buffers"};
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
        uint64_t number = e->operation_count;
        if (!setting_group(r, g, "operation", WORDS(names))) {
            continue;
        }
        if (number < SVSM_OP_MAX) {
            setting_number(r, g, "number", SETTING_OPTIONAL, number, SVSM_OP_MAX - 1, &number);
        }
        if (number >= SVSM_OP_MAX) {
            setting_error(r, g, "endpoint '%s': operation %u is one too many; at most %u", e->name,
                          (unsigned)number, SVSM_OP_MAX);
            return;
        }
        struct manifest_operation *o = &e->operations[number];
        read_operation(r, g, m, o);
        for (uint32_t j = 0; j < e->operation_count; j++) {
            if (o->name[0] != 0 && strcmp(e->operations[j].name, o->name) == 0) {
                setting_error(r, g, "endpoint '%s' has two operations '%s'", e->name, o->name);
            }
        }
        e->operation_count = (uint32_t)number + 1;
    }
}

static void read_endpoint(const struct setting_reader *r, const config_setting_t *g,
                          struct manifest *m, struct manifest_endpoint *out)
{
    static const char *const names[] = {"name", "protocol", "operations"};
    uint64_t protocol = SVSM_PROTOCOL_NONE;
    out->line = setting_line(r, g);
    out->protocol = SVSM_PROTOCOL_NONE;
    if (!setting_group(r, g, "endpoint", WORDS(names))) {
        return;
    }
    setting_name(r, g, "name", SETTING_REQUIRED, out->name);
    if (setting_number(r, g, "protocol", SETTING_OPTIONAL, 0, SVSM_PROTOCOL_NONE - 1, &protocol) &&
        protocol == 0) {
        setting_error(r, g, "protocol 0 is ring 0's own; choose another");
    }
    out->protocol = (uint32_t)protocol;
    const config_setting_t *list = setting_list(r, g, "operations", SETTING_REQUIRED, SVSM_OP_MAX);
    if (list != NULL && config_setting_length(list) == 0) {
        setting_error(r, list, "endpoint '%s' has no operation", out->name);
    }
    if (list != NULL) {
        read_operations(r, list, m, out);
    }
}

static void read_endpoints(const struct setting_reader *r, const config_setting_t *g,
                           struct manifest *m)
{
    const config_setting_t *list =
        setting_list(r, g, "endpoints", SETTING_OPTIONAL, MANIFEST_ENDPOINTS_MAX);
    m->endpoint_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < m->endpoint_count; i++) {
        read_endpoint(r, config_setting_get_elem(list, i), m, &m->endpoints[i]);
    }
}

static void refuse_twice(const struct setting_reader *r, const config_setting_t *at,
                         const char *key, const struct manifest_reference *refs, uint32_t last)
{
    for (uint32_t i = 0; i < last; i++) {
        if (refs[last].name[0] != 0 && strcmp(refs[i].name, refs[last].name) == 0) {
            setting_error(r, at, "%s: '%s' is named twice", key, refs[last].name);
        }
    }
}

static void read_calls(const struct setting_reader *r, const config_setting_t *g,
                       struct manifest *m)
{
    const config_setting_t *list =
        setting_list(r, g, "calls", SETTING_OPTIONAL, MANIFEST_REFERENCES_MAX);
    m->call_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < m->call_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, i);
        m->calls[i].line = setting_line(r, e);
        setting_name_value(r, e, "calls", m->calls[i].name);
        refuse_twice(r, e, "calls", m->calls, i);
    }
}

static void read_events(const struct setting_reader *r, const config_setting_t *g,
                        struct manifest *m)
{
    static const char *const names[] = {"task", "bits"};
    const config_setting_t *list =
        setting_list(r, g, "events", SETTING_OPTIONAL, MANIFEST_REFERENCES_MAX);
    m->event_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < m->event_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, i);
        struct manifest_reference *ref = &m->events[i];
        ref->line = setting_line(r, e);
        if (setting_group(r, e, "event", WORDS(names))) {
            setting_name(r, e, "task", SETTING_REQUIRED, ref->name);
            setting_number(r, e, "bits", SETTING_REQUIRED, 1, UINT64_MAX, &ref->rights);
            refuse_twice(r, e, "events", m->events, i);
        }
    }
}

static void read_controls(const struct setting_reader *r, const config_setting_t *g,
                          struct manifest *m)
{
    static const char *const names[] = {"task", "inject"};
    const config_setting_t *list =
        setting_list(r, g, "controls", SETTING_OPTIONAL, MANIFEST_REFERENCES_MAX);
    m->control_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < m->control_count; i++) {
        const config_setting_t *e = config_setting_get_elem(list, i);
        struct manifest_reference *ref = &m->controls[i];
        bool inject = false;
        ref->line = setting_line(r, e);
        if (setting_group(r, e, "control", WORDS(names))) {
            setting_name(r, e, "task", SETTING_REQUIRED, ref->name);
            setting_bool(r, e, "inject", &inject);
            ref->rights = inject ? SVSM_CONTROL_INJECT : 0;
            refuse_twice(r, e, "controls", m->controls, i);
        }
    }
}

static void read_ports(const struct setting_reader *r, const config_setting_t *g,
                       struct manifest_device *d)
{
    uint64_t first = 0;
    uint64_t count = 0;
    const config_setting_t *list = setting_list(r, g, "ports", SETTING_REQUIRED, 2);
    if (list == NULL) {
        return;
    }
    if (config_setting_length(list) != 2 ||
        !setting_integer(config_setting_get_elem(list, 0), &first) ||
        !setting_integer(config_setting_get_elem(list, 1), &count)) {
        setting_error(r, list, "ports: two numbers expected: [ first, count ]");
        return;
    }
    if (count == 0 || first > UINT16_MAX || count > UINT16_MAX + 1 - first || count > UINT16_MAX) {
        setting_error(r, list, "ports: %llu from 0x%llx on is outside the port space",
                      (unsigned long long)count, (unsigned long long)first);
        return;
    }
    d->port_first = (uint16_t)first;
    d->port_count = (uint16_t)count;
}

static void read_device(const struct setting_reader *r, const config_setting_t *g,
                        struct manifest_device *d)
{
    static const char *const names[] = {"name", "ports", "irq", "event_bits", "dma"};
    uint64_t irq = SVSM_IRQ_NONE;
    bool dma = false;
    d->line = setting_line(r, g);
    if (!setting_group(r, g, "device", WORDS(names))) {
        return;
    }
    setting_name(r, g, "name", SETTING_REQUIRED, d->name);
    read_ports(r, g, d);
    bool has_irq = setting_number(r, g, "irq", SETTING_OPTIONAL, 0, 15, &irq);
    setting_number(r, g, "event_bits", has_irq ? SETTING_REQUIRED : SETTING_OPTIONAL, 1, UINT64_MAX,
                   &d->event_bits);
    setting_bool(r, g, "dma", &dma);
    d->irq = (uint16_t)irq;
    d->flags = dma ? SVSM_DEVICE_DMA : 0;
}

static void read_devices(const struct setting_reader *r, const config_setting_t *g,
                         struct manifest *m)
{
    const config_setting_t *list =
        setting_list(r, g, "devices", SETTING_OPTIONAL, MANIFEST_DEVICES_MAX);
    m->device_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < m->device_count; i++) {
        read_device(r, config_setting_get_elem(list, i), &m->devices[i]);
    }
}

static void read_crashes(const struct setting_reader *r, const config_setting_t *g,
                         struct manifest *m)
{
    static const char *const names[] = {"max", "within_s"};
    const config_setting_t *c = config_setting_get_member(g, "crashes");
    uint64_t max = 5;
    uint64_t within = 60;
    if (c != NULL && setting_group(r, c, "crashes", WORDS(names))) {
        setting_number(r, c, "max", SETTING_REQUIRED, 0, UINT32_MAX, &max);
        setting_number(r, c, "within_s", SETTING_REQUIRED, 0, UINT32_MAX / 1000, &within);
    }
    m->crash_max = (uint32_t)max;
    m->crash_window_ms = (uint32_t)within * 1000;
}

static void read_sizes(const struct setting_reader *r, const config_setting_t *g,
                       struct manifest *m)
{
    uint64_t heap = 0;
    uint64_t stack = 64 * 1024;
    uint64_t stage = 0;
    uint64_t activations = 1;
    uint64_t budget = 0;
    setting_size(r, g, "heap", SETTING_OPTIONAL, SVSM_HEAP_MAX, &heap);
    if (setting_size(r, g, "stack", SETTING_OPTIONAL, SVSM_STACK_MAX, &stack) && stack == 0) {
        setting_error(r, g, "stack: a task needs at least one page");
    }
    setting_size(r, g, "stage", SETTING_OPTIONAL, SVSM_WINDOW_MAX, &stage);
    setting_number(r, g, "activations", SETTING_OPTIONAL, 1, SVSM_ACTIVATIONS_MAX, &activations);
    setting_number(r, g, "budget_ms", SETTING_REQUIRED, 0, 24 * 3600 * 1000, &budget);
    m->heap_pages = to_pages(heap);
    m->stack_pages = to_pages(stack);
    m->stage_pages = to_pages(stage);
    m->activations = (uint32_t)activations;
    m->budget_ns = budget * 1000000;
}

/* Rules between a task's own settings. */
static void relate_task(const struct setting_reader *r, const config_setting_t *g,
                        const struct manifest *m)
{
    uint32_t handles = m->call_count + m->event_count + m->device_count + m->control_count +
                       (m->log ? 1 : 0) + (m->platform ? 1 : 0);
    if (m->stateful && m->policy == SVSM_POLICY_CLEAN) {
        setting_error(
            r, g,
            "task '%s' is stateful and has policy \"clean\": a crash would lose its state "
            "under a running guest; use \"rollback\" or \"never\"",
            m->name);
    }
    if (m->activations > 1 && m->policy != SVSM_POLICY_CLEAN) {
        setting_error(r, g,
                      "task '%s' has %u activations and policy \"%s\": state is only put back "
                      "soundly under one activation; use activations = 1 or policy \"clean\"",
                      m->name, m->activations, manifest_policies[m->policy]);
    }
    if (m->policy == SVSM_POLICY_ROLLBACK && m->device_count != 0) {
        setting_error(r, g,
                      "task '%s' has policy \"rollback\" and device '%s': input and output cannot "
                      "be taken back; move the device to a driver task",
                      m->name, m->devices[0].name);
    }
    if (m->platform && (m->activations > 1 || m->policy == SVSM_POLICY_CLEAN)) {
        setting_error(
            r, g,
            "task '%s' has the platform: it keeps a key that is given once, so it has one "
            "activation and policy \"rollback\" or \"never\"",
            m->name);
    }
    if (handles > SVSM_INFO_HANDLES) {
        setting_error(r, g, "task '%s' has too many handles: %u, at most %u", m->name, handles,
                      SVSM_INFO_HANDLES);
    }
}

bool manifest_read(struct diag *d, const char *file, const void *bytes, size_t size,
                   struct manifest *out)
{
    struct setting_reader r = {.diag = d, .file = file};
    unsigned before = d->errors;
    unsigned policy = 0;
    config_t config;
    memset(out, 0, sizeof(*out));
    snprintf(out->file, sizeof(out->file), "%s", file);
    config_setting_t *g = setting_open(&r, &config, bytes, size, "task");
    if (g == NULL) {
        setting_close(&r, &config);
        return false;
    }
    out->line = setting_line(&r, g);
    if (setting_group(&r, g, "task", WORDS(task_settings))) {
        setting_name(&r, g, "name", SETTING_REQUIRED, out->name);
        bool policy_ok =
            setting_word(&r, g, "policy", SETTING_REQUIRED, WORDS(manifest_policies), &policy);
        out->policy = (enum svsm_policy)policy;
        setting_bool(&r, g, "stateful", &out->stateful);
        setting_bool(&r, g, "log", &out->log);
        setting_bool(&r, g, "platform", &out->platform);
        read_sizes(&r, g, out);
        read_crashes(&r, g, out);
        read_endpoints(&r, g, out);
        read_calls(&r, g, out);
        read_events(&r, g, out);
        read_devices(&r, g, out);
        read_controls(&r, g, out);
        if (policy_ok) {
            relate_task(&r, g, out);
        }
    }
    setting_close(&r, &config);
    return d->errors == before;
}
