/* SPDX-License-Identifier: MIT */
#include "invlpgb.h"
#include "event.h"
#include "memory.h"
#include "smp.h"

#define LENGTH 3u
#define RAX_VA 0x01u
#define RAX_ASID 0x04u
#define RAX_GLOBAL 0x08u
#define RAX_RESERVED 0xfc0u
#define ECX_COUNT 0xffffu
#define ECX_2M 0x80000000u
#define ECX_RESERVED 0x7fff0000u
#define EDX_ASID 0xffffu

/* [memory] A guest names itself by ASID 0; what is reserved is refused. */
static bool is_legal(const struct vmsa *v)
{
    return v->cpl == 0 && !(v->rax & RAX_RESERVED) && !(v->rcx & ECX_RESERVED) &&
           (v->rcx & ECX_COUNT) < machine.launch->invlpgb &&
           (!(v->rax & RAX_ASID) || !(v->rdx & EDX_ASID));
}

static void flush(struct vcpu *vcpu, const struct broadcast *b)
{
    bool global = b->what & RAX_GLOBAL;

    if (b->stride == 0) {
        tlb_flush(vcpu, global);
        return;
    }
    uint64_t va = b->what & ~(PAGE_SIZE - 1);
    for (uint64_t i = 0; i < b->count * b->stride; i += PAGE_SIZE) {
        tlb_flush_page(vcpu, va + i, global);
    }
}

/* QEMU's own TLB is emptied by the exit. */
static void complete(struct vcpu *vcpu)
{
    for (uint32_t i = 0; i < machine.launch->vcpu_count && vcpu->broadcast_count != 0; i++) {
        struct vcpu *other = &machine.vcpus[i];
        if (other == vcpu) {
            continue;
        }
        for (uint32_t k = 0; k < vcpu->broadcast_count; k++) {
            flush(other, &vcpu->broadcasts[k]);
        }
        smp_shoot(other);
    }
    vcpu->broadcast_count = 0;
}

static void add(struct vcpu *vcpu, const struct vmsa *v)
{
    if (vcpu->broadcast_count == MACHINE_BROADCASTS) {
        complete(vcpu); /* no TLBSYNC is needed for an INVLPGB to be done sooner */
    }
    struct broadcast *b = &vcpu->broadcasts[vcpu->broadcast_count++];
    *b = (struct broadcast){.what = v->rax, .count = (uint32_t)(v->rcx & ECX_COUNT) + 1};
    if (v->rax & RAX_VA) {
        b->stride = v->rcx & ECX_2M ? SNP_SIZE_2M : PAGE_SIZE;
    }
    flush(vcpu, b);
}

void invlpgb_undefined(struct level *level, bool is_tlbsync)
{
    const struct vmsa *v = level->vmsa;

    if (is_tlbsync ? v->cpl != 0 : !is_legal(v)) {
        event_exception_error(level, EVENT_GP, 0);
        return;
    }
    if (is_tlbsync) {
        complete(level->vcpu);
    } else {
        add(level->vcpu, v);
    }
    event_skip(level, LENGTH);
}
