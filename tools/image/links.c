/* SPDX-License-Identifier: MIT */
/* Rules between the manifests of one system. See links.h. */
#include "links.h"
#include <string.h>

/* I/O ports that ring 0 keeps: interrupt controllers and its console. */
static const struct {
    uint16_t first, last;
    const char *what;
} kept_ports[] = {
    {0x20, 0x21, "the interrupt controller"},
    {0xa0, 0xa1, "the interrupt controller"},
    {0x3f8, 0x3ff, "its console"},
};

uint32_t links_task(const struct links *l, const char *name)
{
    for (uint32_t i = 0; i < l->task_count; i++) {
        if (strcmp(l->tasks[i]->name, name) == 0) {
            return i;
        }
    }
    return LINKS_NONE;
}

const struct manifest_endpoint *links_endpoint_of(const struct links *l, uint32_t index)
{
    return &l->tasks[l->endpoints[index].task]->endpoints[l->endpoints[index].own];
}

uint32_t links_endpoint(const struct links *l, const char *name)
{
    for (uint32_t i = 0; i < l->endpoint_count; i++) {
        if (strcmp(links_endpoint_of(l, i)->name, name) == 0) {
            return i;
        }
    }
    return LINKS_NONE;
}

/* ", did you mean 'x'?" or nothing. */
static const char *hint(char *out, size_t size, const char *word, const char *const *words,
                        size_t count)
{
    const char *near = diag_nearest(word, words, count);
    snprintf(out, size, near == NULL ? "%.0s" : "; did you mean '%s'?", near == NULL ? "" : near);
    return out;
}

static void unknown_task(struct diag *d, const struct links *l, const char *file, unsigned line,
                         const char *what, const char *name)
{
    const char *names[SVSM_TASKS_MAX];
    char text[64];
    for (uint32_t i = 0; i < l->task_count; i++) {
        names[i] = l->tasks[i]->name;
    }
    diag_error(d, file, line, "%s: there is no task '%s'%s", what, name,
               hint(text, sizeof(text), name, names, l->task_count));
}

static void unknown_endpoint(struct diag *d, const struct links *l, const char *file, unsigned line,
                             const char *what, const char *name)
{
    const char *names[LINKS_ENDPOINTS_MAX];
    char text[64];
    for (uint32_t i = 0; i < l->endpoint_count; i++) {
        names[i] = links_endpoint_of(l, i)->name;
    }
    diag_error(d, file, line, "%s: no task provides endpoint '%s'%s", what, name,
               hint(text, sizeof(text), name, names, l->endpoint_count));
}

static void check_task_names(struct diag *d, const struct links *l)
{
    for (uint32_t i = 0; i < l->task_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (l->tasks[i]->platform && l->tasks[j]->platform) {
                diag_error(
                    d, l->tasks[i]->file, l->tasks[i]->line,
                    "task '%s' has the platform, and so has '%s', in %s:%u: its key is given "
                    "once",
                    l->tasks[i]->name, l->tasks[j]->name, l->tasks[j]->file, l->tasks[j]->line);
            }
            if (strcmp(l->tasks[i]->name, l->tasks[j]->name) == 0) {
                diag_error(d, l->tasks[i]->file, l->tasks[i]->line,
                           "task '%s' exists already, in %s:%u", l->tasks[i]->name,
                           l->tasks[j]->file, l->tasks[j]->line);
            }
        }
    }
}

/* Number the endpoints; names and protocols are unique. */
static void collect_endpoints(struct diag *d, struct links *l)
{
    l->endpoint_count = 0;
    for (uint32_t t = 0; t < l->task_count; t++) {
        const struct manifest *m = l->tasks[t];
        for (uint32_t e = 0; e < m->endpoint_count; e++) {
            const struct manifest_endpoint *own = &m->endpoints[e];
            for (uint32_t i = 0; i < l->endpoint_count; i++) {
                const struct manifest_endpoint *other = links_endpoint_of(l, i);
                const struct manifest *provider = l->tasks[l->endpoints[i].task];
                if (strcmp(other->name, own->name) == 0) {
                    diag_error(d, m->file, own->line, "endpoint '%s' exists already, in %s:%u",
                               own->name, provider->file, other->line);
                }
                if (own->protocol != SVSM_PROTOCOL_NONE && own->protocol == other->protocol) {
                    diag_error(d, m->file, own->line,
                               "protocol %u leads to endpoint '%s' already, in %s:%u",
                               own->protocol, other->name, provider->file, other->line);
                }
            }
            l->endpoints[l->endpoint_count++] = (struct links_endpoint){.task = t, .own = e};
        }
    }
}

static const struct manifest_operation *not_idempotent(const struct manifest_endpoint *e)
{
    for (uint32_t i = 0; i < e->operation_count; i++) {
        if (e->operations[i].valid && !e->operations[i].idempotent) {
            return &e->operations[i];
        }
    }
    return NULL;
}

static void check_references(struct diag *d, const struct links *l, const struct manifest *m)
{
    for (uint32_t i = 0; i < m->call_count; i++) {
        const struct manifest_reference *c = &m->calls[i];
        uint32_t target = links_endpoint(l, c->name);
        if (target == LINKS_NONE) {
            unknown_endpoint(d, l, m->file, c->line, "calls", c->name);
            continue;
        }
        const struct manifest_operation *o = not_idempotent(links_endpoint_of(l, target));
        if (m->policy == SVSM_POLICY_ROLLBACK && o != NULL) {
            diag_error(d, m->file, c->line,
                       "task '%s' has policy \"rollback\" and may call '%s', whose operation '%s' "
                       "is not idempotent: a replayed call would repeat it",
                       m->name, c->name, o->name);
        }
    }
    for (uint32_t i = 0; i < m->event_count; i++) {
        if (links_task(l, m->events[i].name) == LINKS_NONE) {
            unknown_task(d, l, m->file, m->events[i].line, "events", m->events[i].name);
        }
    }
    for (uint32_t i = 0; i < m->control_count; i++) {
        const struct manifest_reference *c = &m->controls[i];
        if (links_task(l, c->name) == LINKS_NONE) {
            unknown_task(d, l, m->file, c->line, "controls", c->name);
        }
        if (c->rights != 0 && l->system != NULL && l->system->kind != SYSTEM_TEST) {
            diag_error(d, m->file, c->line,
                       "task '%s' may inject faults into '%s', but system '%s' is of kind \"%s\"; "
                       "only kind \"test\" allows it",
                       m->name, c->name, l->system->name, manifest_kinds[l->system->kind]);
        }
    }
}

static void check_device(struct diag *d, const struct manifest *m, const struct manifest_device *v,
                         const struct manifest *other_task, const struct manifest_device *other)
{
    if (strcmp(v->name, other->name) == 0) {
        diag_error(d, m->file, v->line, "device '%s' exists already, in %s:%u", v->name,
                   other_task->file, other->line);
    }
    if (v->port_first < other->port_first + other->port_count &&
        other->port_first < v->port_first + v->port_count) {
        diag_error(d, m->file, v->line,
                   "device '%s': its ports belong to device '%s' too, in %s:%u", v->name,
                   other->name, other_task->file, other->line);
    }
    if (v->irq != SVSM_IRQ_NONE && v->irq == other->irq) {
        diag_error(d, m->file, v->line,
                   "device '%s': interrupt %u belongs to device '%s' too, in %s:%u", v->name,
                   v->irq, other->name, other_task->file, other->line);
    }
}

static void check_devices(struct diag *d, const struct links *l, uint32_t task)
{
    const struct manifest *m = l->tasks[task];
    for (uint32_t i = 0; i < m->device_count; i++) {
        const struct manifest_device *v = &m->devices[i];
        for (size_t k = 0; k < sizeof(kept_ports) / sizeof(kept_ports[0]); k++) {
            if (v->port_first <= kept_ports[k].last &&
                kept_ports[k].first < v->port_first + v->port_count) {
                diag_error(d, m->file, v->line,
                           "device '%s': ports 0x%x to 0x%x are ring 0's, for %s", v->name,
                           kept_ports[k].first, kept_ports[k].last, kept_ports[k].what);
            }
        }
        for (uint32_t t = 0; t <= task; t++) {
            uint32_t count = t == task ? i : l->tasks[t]->device_count;
            for (uint32_t j = 0; j < count; j++) {
                check_device(d, m, v, l->tasks[t], &l->tasks[t]->devices[j]);
            }
        }
    }
}

/* The tasks on the way from where a walk over calls began. */
struct walk {
    const struct links *links;
    struct diag *diag;
    uint32_t count;
    uint32_t path[SVSM_TASKS_MAX + 1];
    unsigned line; /* of the first call */
    bool found;
};

static void walk_text(const struct walk *w, uint32_t from, char *out, size_t size)
{
    size_t at = 0;
    for (uint32_t i = from; i < w->count && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s", i == from ? "" : " -> ",
                         w->links->tasks[w->path[i]]->name);
        at += n > 0 ? (size_t)n : 0;
    }
}

/* Look at where the path ends now: false if it may not be walked further. */
static bool walk_visit(struct walk *w)
{
    char text[1024] = "";
    const struct manifest *start = w->links->tasks[w->path[0]];
    for (uint32_t i = 0; i + 1 < w->count; i++) {
        if (w->path[i] == w->path[w->count - 1]) {
            if (i == 0 && !w->found) { /* each cycle is told once, from where it is met first */
                walk_text(w, i, text, sizeof(text));
                diag_error(w->diag, start->file, w->line, "call cycle: %s", text);
                w->found = true;
            }
            return false;
        }
    }
    if (w->count > SVSM_CALL_DEPTH_MAX) {
        if (!w->found) {
            walk_text(w, 0, text, sizeof(text));
            diag_error(w->diag, start->file, w->line, "calls are more than %u tasks deep: %s",
                       SVSM_CALL_DEPTH_MAX, text);
            w->found = true;
        }
        return false;
    }
    return true;
}

/* Recursion ends: a path has at most SVSM_CALL_DEPTH_MAX + 1 tasks. */
static void walk_from(struct walk *w, uint32_t task)
{
    const struct manifest *m = w->links->tasks[task];
    w->path[w->count++] = task;
    if (walk_visit(w)) {
        for (uint32_t i = 0; i < m->call_count; i++) {
            uint32_t target = links_endpoint(w->links, m->calls[i].name);
            if (w->count == 1) {
                w->line = m->calls[i].line;
            }
            if (target != LINKS_NONE && !w->found) {
                walk_from(w, w->links->endpoints[target].task);
            }
        }
    }
    w->count--;
}

static void check_calls(struct diag *d, const struct links *l)
{
    bool found = false;
    for (uint32_t i = 0; i < l->task_count && !found; i++) {
        struct walk w = {.links = l, .diag = d};
        walk_from(&w, i);
        found = w.found;
    }
}

static void check_boot(struct diag *d, const struct links *l, const struct system_boot *b)
{
    const char *file = l->system->file;
    uint32_t target = links_endpoint(l, b->endpoint);
    if (target == LINKS_NONE) {
        unknown_endpoint(d, l, file, b->line, "boot", b->endpoint);
        return;
    }
    const struct manifest_endpoint *e = links_endpoint_of(l, target);
    const char *names[SVSM_OP_MAX];
    char text[64];
    for (uint32_t i = 0; i < e->operation_count; i++) {
        names[i] = e->operations[i].name;
        if (!e->operations[i].valid || strcmp(names[i], b->operation) != 0) {
            continue;
        }
        if (e->operations[i].buffer_count != 0) {
            diag_error(d, file, b->line,
                       "boot: operation '%s' of endpoint '%s' has buffers, and nobody is there to "
                       "lend them",
                       b->operation, b->endpoint);
        }
        return;
    }
    diag_error(d, file, b->line, "boot: endpoint '%s' has no operation '%s'%s", b->endpoint,
               b->operation, hint(text, sizeof(text), b->operation, names, e->operation_count));
}

bool links_check(struct diag *d, struct links *l)
{
    unsigned before = d->errors;
    check_task_names(d, l);
    collect_endpoints(d, l);
    for (uint32_t i = 0; i < l->task_count; i++) {
        check_references(d, l, l->tasks[i]);
        check_devices(d, l, i);
    }
    check_calls(d, l);
    for (uint32_t i = 0; l->system != NULL && i < l->system->boot_count; i++) {
        check_boot(d, l, &l->system->boots[i]);
    }
    return d->errors == before;
}
