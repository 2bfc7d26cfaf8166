/* SPDX-License-Identifier: MIT */
/* Leases: range check, copy in at once, queue and commit at return. */
#include <task/lease.h>
#include <task/guest.h>
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

bool lease_copy_in(struct cpu *cpu, const struct lease *lease, uint64_t offset, uva_t dst,
                   uint64_t size)
{
    struct chain *chain = &cpu->chain;
    const struct frame *self = &AT(chain->frames, chain->depth);
    const struct frame *owner = &AT(chain->frames, lease->owner);
    for (uint64_t done = 0; done < size;) {
        uint64_t part = size - done < sizeof(cpu->bounce) ? size - done : sizeof(cpu->bounce);
        if (lease->owner == 0) {
            if (port_guest_read(cpu->bounce, lease->va + offset + done, part) != OK) {
                return false;
            }
        } else {
            task_enter(cpu, owner->task, owner->activation);
            port_copy_in(cpu->bounce, (uva_t){lease->va + offset + done}, part);
            task_enter(cpu, self->task, self->activation);
        }
        port_copy_out((uva_t){dst.value + done}, cpu->bounce, part);
        done += part;
    }
    return true;
}

const struct lease *lease_of_below(const struct chain *chain, uint32_t depth, unsigned through)
{
    const struct frame *below = &AT(chain->frames, depth - 1);
    return &AT(below->leases, through - 1);
}

bool lease_room(const struct chain *chain, uint32_t depth, const struct lease *l, uint64_t size)
{
    uint64_t bytes = size;
    uint32_t entries = 1;
    for (;;) {
        const struct frame *f = &AT(chain->frames, depth);
        bytes += f->stage_used;
        entries += f->stage_count;
        if (bytes > f->task->image->stage_pages * SVSM_PAGE_SIZE || entries > STAGE_ENTRIES_MAX) {
            return false;
        }
        if (l->through == 0) {
            return true;
        }
        if (f->reply_through != 0) {
            bytes += f->reply_capacity;
            entries++;
        }
        depth--;
        l = lease_of_below(chain, depth + 1, l->through);
    }
}

/* The next bytes of the frame's stage, entered for a lease. There is room. */
static uint8_t *stage_take(struct frame *f, uint64_t lease, uint64_t offset, uint64_t size)
{
    uint8_t *at = AT(f->task->activations, f->activation).stage + f->stage_used;
    AT(f->stage, f->stage_count) = (struct stage_entry){
        .lease = (uint8_t)lease,
        .offset = (uint32_t)offset,
        .size = (uint32_t)size,
        .at = f->stage_used,
    };
    f->stage_count++;
    f->stage_used += (uint32_t)size;
    return at;
}

bool lease_stage(struct cpu *cpu, const struct lease *l, uint64_t number, uint64_t offset,
                 uva_t src, uint64_t size)
{
    struct chain *chain = &cpu->chain;
    if (!lease_room(chain, chain->depth, l, size)) {
        return false;
    }
    uint8_t *at = stage_take(&AT(chain->frames, chain->depth), number, offset, size);
    port_copy_in(at, src, size);
    return true;
}

/* Bytes from the frame on top to memory of a frame below it, or to that of the one just below by
 * way of its lease. */
static void deliver(struct cpu *cpu, unsigned owner_depth, unsigned through, uint64_t va,
                    const uint8_t *bytes, uint64_t size)
{
    struct chain *chain = &cpu->chain;
    if (through != 0) {
        struct frame *below = &AT(chain->frames, chain->depth - 1);
        uint64_t offset = va - lease_of_below(chain, chain->depth, through)->va;
        memcpy(stage_take(below, through - 1, offset, size), bytes, size);
        return;
    }
    const struct frame *owner = &AT(chain->frames, owner_depth);
    task_enter(cpu, owner->task, owner->activation);
    port_copy_out((uva_t){va}, bytes, size);
}

void lease_commit(struct cpu *cpu, const struct frame *f)
{
    const uint8_t *stage = AT(f->task->activations, f->activation).stage;
    for (uint32_t i = 0; i < f->stage_count; i++) {
        const struct stage_entry *e = &AT(f->stage, i);
        const struct lease *l = &AT(f->leases, e->lease);
        deliver(cpu, l->owner, l->through, l->va + e->offset, stage + e->at, e->size);
    }
}

void lease_reply(struct cpu *cpu, const struct frame *f, uint64_t size)
{
    const uint8_t *reply = AT(f->task->activations, f->activation).reply;
    if (size != 0) {
        deliver(cpu, f->reply_owner, f->reply_through, f->reply_va, reply, size);
    }
}
