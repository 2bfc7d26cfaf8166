/* SPDX-License-Identifier: MIT */
/* See model.h. */
#include "model.h"
#include "fuzz.h"
#include <svsm/abi/result.h>
#include <task/state.h>

static struct {
    bool may_stop;
    struct {
        bool known;
        uint64_t pristine;        /* all writable memory at the first entry */
        uint64_t begun, returned; /* state at the last entry, and at the RETURN from it */
        uint32_t generation_then; /* at that RETURN */
        bool has_returned;
    } tasks[SVSM_TASKS_MAX];
} model;

static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* Over the writable memory, or the part of it that is state. */
static uint64_t memory_sum(const struct task *t, uint32_t flags)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < t->area_count; i++) {
        const struct area *a = &t->areas[i];
        if ((a->flags & flags) != flags) {
            continue;
        }
        const uint64_t *p = fake_memory(t, a->va);
        for (uint64_t n = 0; n < a->size / 8; n++) {
            if (p[n] != 0) {
                sum = mix(mix(sum, a->va + n), p[n]);
            }
        }
    }
    return sum;
}

void model_start(bool may_stop)
{
    memset(&model, 0, sizeof(model));
    model.may_stop = may_stop;
}

static bool alone(const struct task *t)
{
    return t->image->activations == 1;
}

void model_enter(const struct fake_upcall *up)
{
    const struct task *t = up->task;
    uint32_t i = t->index;
    if (!alone(t)) {
        return;
    }
    if (!model.tasks[i].known) {
        require(up->operation == SVSM_OP_INIT, "the first upcall is not INIT");
        model.tasks[i].known = true;
        model.tasks[i].pristine = memory_sum(t, AREA_WRITE);
    }
    uint64_t state = memory_sum(t, AREA_STATE);
    if (up->operation == SVSM_OP_INIT) {
        require(memory_sum(t, AREA_WRITE) == model.tasks[i].pristine, "INIT on used memory");
    } else if (model.tasks[i].has_returned &&
               model.tasks[i].generation_then == atomic_load(&t->generation)) {
        require(state == model.tasks[i].returned, "the state is not the one that was committed");
    } else {
        require(t->image->policy == SVSM_POLICY_ROLLBACK, "a clean task goes on after a crash");
        require(state == model.tasks[i].begun, "the state was not rolled back");
    }
    model.tasks[i].begun = state;
    model.tasks[i].has_returned = false;
}

/* If it is refused, the generation will be another one. */
void model_return(const struct task *t)
{
    model.tasks[t->index].returned = memory_sum(t, AREA_STATE);
    model.tasks[t->index].generation_then = atomic_load(&t->generation);
    model.tasks[t->index].has_returned = true;
}

struct model_call model_call_begin(const struct task *t)
{
    return (struct model_call){memory_sum(t, AREA_WRITE)};
}

void model_call_end(const struct model_call *m, const struct task *t, uint64_t result)
{
    require(result <= UINT32_MAX, "a result of more than 32 bits");
    bool answered = result < SVSM_ERR_INCOMPLETE; /* the service's own */
    if (!answered && alone(t)) {
        require(memory_sum(t, AREA_WRITE) == m->memory, "a call without an answer left a trace");
    }
}

static void check_frame(const struct cpu *cpu, uint32_t depth,
                        uint32_t held[][SVSM_ACTIVATIONS_MAX])
{
    const struct frame *f = &cpu->chain.frames[depth];
    require(f->task >= tasks && f->task < tasks + task_count, "a frame without a task");
    require(f->activation < f->task->image->activations, "no such activation");
    require(atomic_load(&f->task->activations[f->activation].owner) == cpu->index + 1,
            "a frame whose activation somebody else holds");
    require(f->lease_count <= SVSM_LEASES_MAX && f->stage_count <= STAGE_ENTRIES_MAX,
            "more leases or staged writes than there may be");
    require(f->stage_used <= f->task->image->stage_pages * SVSM_PAGE_SIZE, "the stage is overrun");
    for (uint32_t i = 0; i < f->lease_count; i++) {
        require(f->leases[i].owner < depth && (f->leases[i].owner > 0 || cpu->chain.guest),
                "a lease of nobody below");
    }
    held[f->task->index][f->activation]++;
}

static void check_task(const struct task *t, const uint32_t held[SVSM_ACTIVATIONS_MAX])
{
    uint32_t inside = 0;
    for (uint32_t a = 0; a < t->image->activations; a++) {
        unsigned owner = atomic_load(&t->activations[a].owner);
        bool taken = owner != ACTIVATION_FREE && owner != ACTIVATION_PARKED;
        require(held[a] == (taken ? 1u : 0u), "activations and frames do not match");
        inside += held[a];
    }
    if (!alone(t)) {
        require((atomic_load(&t->inside) & ~INSIDE_BROKEN) == inside,
                "who is inside is miscounted");
    }
    require(atomic_load(&t->life) <= SVSM_TASK_WITHDRAWN, "no such state of a task");
    require(t->crash_count <= t->image->crash_max + 1, "crashes that were not acted upon");
}

void model_check(void)
{
    uint32_t held[SVSM_TASKS_MAX][SVSM_ACTIVATIONS_MAX] = {0};
    if (fake_stopped() != NULL) {
        require(model.may_stop && strstr(fake_stopped(), "policy is never") != NULL,
                fake_stopped());
        return;
    }
    for (uint32_t v = 0; v < FAKE_VCPUS; v++) {
        const struct cpu *cpu = fake_cpu(v);
        require(cpu->chain.depth <= SVSM_CALL_DEPTH_MAX, "a chain that is too deep");
        for (uint32_t d = 1; d <= cpu->chain.depth; d++) {
            check_frame(cpu, d, held);
        }
    }
    for (uint32_t i = 0; i < task_count; i++) {
        check_task(&tasks[i], held[i]);
    }
}

void model_rest(void)
{
    for (uint32_t v = 0; v < FAKE_VCPUS && fake_stopped() == NULL; v++) {
        const struct cpu *cpu = fake_cpu(v);
        require(cpu->chain.depth == 0 || cpu->chain.frames[cpu->chain.depth].waiting,
                "a task at rest that does not wait");
    }
}
