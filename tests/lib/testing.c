/* SPDX-License-Identifier: MIT */
/*
 * svsm/testing.h: services' manifests through the image builder's own reader and encoder, the
 * services over the fake platform, and a task "tester" (the last one) that makes the test's calls.
 */
#include <svsm/testing.h>

#include "blob.h"
#include "links.h"
#include <fake.h>
#include <host.h>
#include <sanitizer.h>
#include <task/core.h>
#include <task/event.h>
#include <task/image.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384
#define LENT_ALIGN 64
#define LOG_MAX 4096
_Static_assert(SVSM_TEST_GUEST_GPA == FAKE_GUEST_GPA && SVSM_TEST_GUEST_PAGES == FAKE_GUEST_PAGES,
               "the guest's memory");

#define STEP_NS UINT64_C(1000000)
#define PATIENCE 1000000u /* steps of time that a call may wait for */

/* A service's data as it was before it ran for the first time. */
static struct {
    const struct svsm_host_task *task;
    uint8_t *copy;
} snapshots[SVSM_TASKS_MAX];

static struct {
    const struct svsm_host_task *services[SVSM_TASKS_MAX];
    unsigned count; /* of services; the tester's index */
    struct manifest *manifests[SVSM_TASKS_MAX];
    struct links links;
    struct system_file system;
    struct program programs[SVSM_TASKS_MAX];
    struct fake_native natives[SVSM_TASKS_MAX];
    struct bytes blob;
    /* The call that the tester is to make. */
    uint32_t handle, operation;
    uint64_t args[SVSM_ARGS];
    uint64_t result;
    bool done;
    struct {
        size_t len;
        char text[SVSM_LOG_TEXT_MAX + 1];
    } log[LOG_MAX];
    unsigned log_count;
} test;

[[gnu::noreturn]] static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "svsm/testing: %s: %s\n", what, name);
    abort();
}

static const uint8_t *snapshot(const struct svsm_host_task *task)
{
    size_t size = (size_t)(task->data_end - task->data);
    unsigned i = 0;
    while (i < SVSM_TASKS_MAX && snapshots[i].task != NULL) {
        if (snapshots[i].task == task) {
            return snapshots[i].copy;
        }
        i++;
    }
    if (i == SVSM_TASKS_MAX) {
        give_up("too many services in one program", "");
    }
    snapshots[i].task = task;
    snapshots[i].copy = malloc(size + 1);
    raw_copy(snapshots[i].copy, task->data, size);
    return snapshots[i].copy;
}

static void region_add(struct program *p, uint64_t *va, uint64_t size, uint32_t flags,
                       const uint8_t *data)
{
    if (size == 0) {
        return;
    }
    p->regions[p->region_count++] = (struct program_region){
        .va = *va,
        .pages = (uint32_t)(size / SVSM_PAGE_SIZE),
        .flags = flags,
        .bytes = data == NULL ? 0 : size,
        .data = data,
    };
    *va += size;
}

/* What the encoder is told of a program: the sizes of its parts, and its first data. */
static void program_describe(unsigned i, const struct svsm_host_task *task)
{
    struct program *p = &test.programs[i];
    uint64_t va = SVSM_IMAGE_VA;
    *p = (struct program){.entry = va};
    region_add(p, &va, SVSM_PAGE_SIZE, SVSM_REGION_EXECUTE, NULL);
    if (task != NULL) {
        uint64_t data = (uint64_t)(task->data_end - task->data);
        region_add(p, &va, (uint64_t)(task->constants_end - task->constants), 0, NULL);
        region_add(p, &va, data, SVSM_REGION_WRITE, snapshot(task));
    }
}

static void service_program(const struct fake_upcall *up)
{
    struct svsm_host_upcall upcall = {.operation = up->operation, .info = up->info};
    memcpy(upcall.args, up->args, sizeof(upcall.args));
    test.services[up->task->index]->upcall(&upcall);
}

static void tester_program(const struct fake_upcall *up)
{
    if (up->operation != SVSM_OP_EVENT) {
        return;
    }
    struct fake_result r = fake_syscall(SVSM_SYS_CALL, test.handle, test.operation, test.args[0],
                                        test.args[1], test.args[2], test.args[3]);
    test.result = r.rax;
    test.args[0] = r.rdx;
    test.args[1] = r.r10;
    test.args[2] = r.r8;
    test.args[3] = r.r9;
    test.done = true;
}

static void manifest_add(struct diag *d, const char *name, const char *text, size_t size)
{
    unsigned i = test.links.task_count++;
    if (test.manifests[i] == NULL) {
        test.manifests[i] = malloc(sizeof(struct manifest));
    }
    if (!manifest_read(d, name, text, size, test.manifests[i])) {
        give_up("the manifest is wrong", name);
    }
    test.links.tasks[i] = test.manifests[i];
}

/* The tester may call every endpoint; handle n is endpoint n of the image. */
static void tester_add(struct diag *d)
{
    char text[TEXT_MAX];
    size_t at = (size_t)snprintf(text, sizeof(text),
                                 "task: { name = \"tester\"; policy = \"clean\"; heap = \"8M\"; "
                                 "budget_ms = 0; calls = [");
    const char *comma = "";
    for (unsigned i = 0; i < test.count; i++) {
        const struct manifest *m = test.manifests[i];
        for (unsigned e = 0; e < m->endpoint_count && at < sizeof(text); e++) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s \"%s\"", comma,
                                   m->endpoints[e].name);
            comma = ",";
        }
    }
    if (at < sizeof(text)) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, " ]; };");
    }
    if (at >= sizeof(text)) {
        give_up("too many endpoints", "tester");
    }
    manifest_add(d, "tester", text, at);
}

static void system_make(struct diag *d)
{
    char text[TEXT_MAX];
    size_t at = (size_t)snprintf(text, sizeof(text),
                                 "system: { name = \"test\"; kind = \"test\"; tasks = [");
    for (unsigned i = 0; i < test.links.task_count; i++) {
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s \"%s\"", i == 0 ? "" : ",",
                               test.manifests[i]->name);
    }
    at += (size_t)snprintf(text + at, sizeof(text) - at, " ]; boot = (); };");
    if (!manifest_read_system(d, "test", text, at, &test.system)) {
        give_up("the system is wrong", "test");
    }
    test.links.system = &test.system;
}

static void log_keep(uint32_t task, enum svsm_log_level level, const char *text, size_t len)
{
    (void)task;
    (void)level;
    if (test.log_count < LOG_MAX) {
        memcpy(test.log[test.log_count].text, text, len);
        test.log[test.log_count].text[len] = 0;
        test.log_count++;
    }
}

void svsm_test_start(const struct svsm_host_task *const *services)
{
    struct diag d = {.out = stderr};
    test.links = (struct links){0};
    test.log_count = 0;
    for (test.count = 0; services[test.count] != NULL; test.count++) {
        const struct svsm_host_task *s = services[test.count];
        if (test.count == SVSM_TASKS_MAX - 1) {
            give_up("too many services", "");
        }
        test.services[test.count] = s;
        manifest_add(&d, "manifest", s->manifest, (size_t)(s->manifest_end - s->manifest));
        program_describe(test.count, s);
        test.natives[test.count] =
            (struct fake_native){service_program, s->data, (uint64_t)(s->data_end - s->data),
                                 s->constants, (uint64_t)(s->constants_end - s->constants)};
    }
    tester_add(&d);
    program_describe(test.count, NULL);
    test.natives[test.count] = (struct fake_native){.program = tester_program};
    system_make(&d);
    free(test.blob.data);
    if (!links_check(&d, &test.links) || !blob_build(&d, &test.links, test.programs, &test.blob)) {
        give_up("the image builder refuses this system", "see above");
    }
    fake_log_hook = log_keep;
    fake_boot_image((const struct svsm_image_header *)test.blob.data, test.natives);
    fake_run(0, UINT_MAX);
}

static struct task *task_named(const char *name)
{
    uint32_t i = links_task(&test.links, name);
    if (i == LINKS_NONE) {
        give_up("no such task", name);
    }
    return fake_task_get(i);
}

/* Bytes of a buffer as the test lends it. */
static uint64_t lent_size(const struct svsm_buffer *b, const uint64_t args[SVSM_ARGS])
{
    return b->length_arg < SVSM_ARGS ? args[b->length_arg] : b->max_size;
}

/* Copy the call's buffers into the tester's heap (`in`), or back. Addresses come from `args`. */
static void buffers_copy(const struct svsm_image_operation *o, const uint64_t args[SVSM_ARGS],
                         bool in)
{
    const struct task *tester = fake_task_get(test.count);
    uint8_t *heap = fake_native_heap(tester);
    size_t room = tester->image->heap_pages * SVSM_PAGE_SIZE;
    size_t at = 0;
    for (uint32_t i = 0; i < o->buffer_count; i++) {
        const struct svsm_buffer *b = &o->buffers[i];
        uint64_t size = lent_size(b, args);
        /* SAFETY: of the cast: the test passed the address of `size` bytes of its own. */
        void *own = (void *)(uintptr_t)args[b->address_arg];
        if (size > room - at) {
            give_up("the buffers of one call are too large", "at most 8M");
        }
        if (in && size != 0) {
            memcpy(heap + at, own, size);
        } else if (size != 0 && (b->rights & SVSM_BUFFER_WRITE) != 0) {
            memcpy(own, heap + at, size);
        }
        if (in) {
            test.args[b->address_arg] = (uint64_t)(uintptr_t)(heap + at);
        }
        at += (size + LENT_ALIGN - 1) / LENT_ALIGN * LENT_ALIGN;
    }
}

/* Run until the tester is through; time passes while somebody waits. */
static void call_run(void)
{
    unsigned patience = PATIENCE;
    test.done = false;
    event_post(fake_task_get(test.count), 1);
    fake_run(0, UINT_MAX);
    while (!test.done && fake_stopped() == NULL) {
        if (patience-- == 0) {
            give_up("a call does not come back", "it waits for something that does not happen");
        }
        fake_pass(STEP_NS);
        fake_run(0, UINT_MAX);
    }
}

uint32_t svsm_test_call(const char *endpoint, uint32_t operation, uint64_t args[SVSM_ARGS])
{
    static const struct svsm_image_operation none;
    const struct svsm_image_operation *o = &none;
    uint64_t asked[SVSM_ARGS];
    uint32_t index = links_endpoint(&test.links, endpoint);
    if (index == LINKS_NONE) {
        give_up("no such endpoint", endpoint);
    }
    const struct svsm_image_endpoint *e = image_endpoint(index);
    if (operation < e->operation_count) {
        o = image_operation(e->operation_first + operation);
    }
    memcpy(asked, args, sizeof(asked));
    memcpy(test.args, args, sizeof(test.args));
    buffers_copy(o, asked, true);
    test.handle = index;
    test.operation = operation;
    test.result = SVSM_TEST_STOPPED;
    call_run();
    buffers_copy(o, asked, false);
    memcpy(args, test.args, sizeof(test.args));
    return (uint32_t)test.result;
}

struct svsm_test_guest svsm_test_guest_call(uint32_t protocol, uint32_t number,
                                            const uint64_t args[SVSM_ARGS])
{
    unsigned patience = PATIENCE;
    const struct fake_guest_answer *a = &fake_guest_answers[0];
    unsigned before = a->count;
    fake_guest_call(0, (uint64_t)protocol << 32 | number, args);
    fake_run(0, UINT_MAX);
    while (a->count == before && fake_stopped() == NULL) {
        if (patience-- == 0) {
            give_up("a call of the guest does not come back", "");
        }
        fake_pass(STEP_NS);
        fake_run(0, UINT_MAX);
    }
    uint32_t result = fake_stopped() == NULL ? a->result : SVSM_TEST_STOPPED;
    return (struct svsm_test_guest){result, a->mask, {a->out[0], a->out[1], a->out[2]}};
}

uint8_t *svsm_test_guest_memory(uint64_t gpa)
{
    if (gpa < SVSM_TEST_GUEST_GPA || gpa - SVSM_TEST_GUEST_GPA >= sizeof(fake_guest_memory)) {
        give_up("no memory of the guest's", "svsm_test_guest_memory");
    }
    return fake_guest_memory + (gpa - SVSM_TEST_GUEST_GPA);
}

void svsm_test_guest_page(uint32_t page, bool there)
{
    if (there) {
        fake_guest_give(page);
    } else {
        fake_guest_take(page, 0);
    }
}

void svsm_test_psp(svsm_test_exchange *exchange, const uint8_t key[32], bool secure_tsc)
{
    fake_psp = (struct fake_psp){.exchange = exchange, .secure_tsc = secure_tsc};
    memcpy(fake_psp.key, key, sizeof(fake_psp.key));
}

struct svsm_snp_tsc svsm_test_tsc(void)
{
    return (struct svsm_snp_tsc){
        .scale = fake_psp.scale, .offset = fake_psp.offset, .factor = fake_psp.factor};
}

void svsm_test_kill_at(const char *task, uint64_t n)
{
    struct task *t = task_named(task);
    atomic_store(&t->inject_syscall, n);
    if (n != 0) {
        atomic_fetch_or(&t->attention, ATTENTION_INJECT);
    }
}

void svsm_test_pass(uint64_t ns)
{
    fake_pass(ns);
    fake_run(0, UINT_MAX);
}

void svsm_test_event(const char *task, uint64_t bits)
{
    event_post(task_named(task), bits);
    fake_run(0, UINT_MAX);
}

void svsm_test_irq(uint32_t irq)
{
    core_irq(irq);
    fake_run(0, UINT_MAX);
}

static uint8_t no_input(uint16_t port)
{
    (void)port;
    return 0;
}

void svsm_test_ports(uint8_t (*in)(uint16_t port), void (*out)(uint16_t port, uint8_t value))
{
    fake_in = in != NULL ? in : no_input;
    fake_out = out;
}

unsigned svsm_test_logged(const char *text)
{
    unsigned count = 0;
    for (unsigned i = 0; i < test.log_count; i++) {
        count += strstr(test.log[i].text, text) != NULL ? 1 : 0;
    }
    return count;
}

void svsm_test_log_clear(void)
{
    test.log_count = 0;
}

struct svsm_task_status svsm_test_status(const char *task)
{
    struct task *t = task_named(task);
    return (struct svsm_task_status){
        .calls = atomic_load(&t->calls),
        .crashes = atomic_load(&t->crashes),
        .replays = atomic_load(&t->replays),
        .syscalls = atomic_load(&t->syscalls),
        .injected = atomic_load(&t->injected),
        .generation = atomic_load(&t->generation),
        .state = atomic_load(&t->life),
        .last_cause = atomic_load(&t->last_cause),
    };
}

const char *svsm_test_stopped(void)
{
    return fake_stopped();
}

void svsm_test_entropy(bool there)
{
    fake_entropy = there;
}

/* The machine below a service (host.h). */

void svsm_host_syscall(uint64_t number, const uint64_t in[6], uint64_t out[5])
{
    struct fake_result r = fake_syscall(number, in[0], in[1], in[2], in[3], in[4], in[5]);
    out[0] = r.rax;
    out[1] = r.rdx;
    out[2] = r.r10;
    out[3] = r.r8;
    out[4] = r.r9;
}

const struct svsm_task_info *svsm_host_info(void)
{
    return fake_native_info(fake_upcall_now()->task);
}

void *svsm_host_heap(void)
{
    return fake_native_heap(fake_upcall_now()->task);
}

void *svsm_host_reply(uint32_t activation)
{
    return AT(fake_upcall_now()->task->activations, activation).reply;
}

const struct svsm_time_page *svsm_host_time_page(void)
{
    static const struct svsm_time_page page = {.mult = 1, .tsc_hz = UINT64_C(1000000000)};
    return &page;
}

uint64_t svsm_host_tsc(void)
{
    return fake_now();
}
