/* SPDX-License-Identifier: MIT */
/* Leases: range check, copy in at once, queue and commit at return. */
#include <task/lease.h>
#include <task/port.h>

const struct lease *lease_find(const struct frame *f, uint64_t number, uint64_t offset,
                               uint64_t size, unsigned right)
{
    if (number >= f->lease_count) {
        return NULL;
    }
    const struct lease *l = &AT(f->leases, number);
    if ((l->rights & right) != right || offset > l->size || size > l->size - offset) {
        return NULL;
    }
    return l;
}

void lease_copy_in(struct cpu *cpu, const struct lease *lease, uint64_t offset, uva_t dst,
                   uint64_t size)
{
    struct chain *chain = &cpu->chain;
    const struct frame *self = &AT(chain->frames, chain->depth);
    const struct frame *owner = &AT(chain->frames, lease->owner);
    for (uint64_t done = 0; done < size;) {
        uint64_t part = size - done < sizeof(cpu->bounce) ? size - done : sizeof(cpu->bounce);
        task_enter(cpu, owner->task, owner->activation);
        port_copy_in(cpu->bounce, (uva_t){lease->va + offset + done}, part);
        task_enter(cpu, self->task, self->activation);
        port_copy_out((uva_t){dst.value + done}, cpu->bounce, part);
        done += part;
    }
}

bool lease_stage(struct frame *f, uint64_t number, uint64_t offset, uva_t src, uint64_t size)
{
    const struct task *t = f->task;
    uint64_t room = t->image->stage_pages * SVSM_PAGE_SIZE - f->stage_used;
    if (size > room || f->stage_count >= ARRAY_COUNT(f->stage)) {
        return false;
    }
    uint8_t *stage = AT(t->activations, f->activation).stage;
    AT(f->stage, f->stage_count) = (struct stage_entry){
        .lease = (uint8_t)number,
        .offset = (uint32_t)offset,
        .size = (uint32_t)size,
        .at = f->stage_used,
    };
    port_copy_in(stage + f->stage_used, src, size);
    f->stage_count++;
    f->stage_used += (uint32_t)size;
    return true;
}

void lease_commit(struct cpu *cpu, const struct frame *f)
{
    const uint8_t *stage = AT(f->task->activations, f->activation).stage;
    for (uint32_t i = 0; i < f->stage_count; i++) {
        const struct stage_entry *e = &AT(f->stage, i);
        const struct lease *l = &AT(f->leases, e->lease);
        const struct frame *owner = &AT(cpu->chain.frames, l->owner);
        task_enter(cpu, owner->task, owner->activation);
        port_copy_out((uva_t){l->va + e->offset}, stage + e->at, e->size);
    }
}
