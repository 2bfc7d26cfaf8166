/* SPDX-License-Identifier: MIT */
/*
 * A call taken out of a save area: only from one that is stopped, whose exit was a VMGEXIT, with
 * something else than 0 in the calling area, which is read and cleared in one go, once, and not
 * touched before the other two are known. What is taken are the registers. Where nothing is taken,
 * nothing is remembered. The answer: RAX is the whole result, the registers of the mask are those
 * returned, everything else in the save area stays; only one answer per call.
 *
 * The machine is a stub that may answer in any way.
 */
#include <guest/vcpu.c>
#include "proof.h"

static struct registry_vcpu record;
static struct vmsa vmsa;
static bool stopped, stop_answer, exchanged, exchange_answer, started;
static uint8_t byte;

struct registry_vcpu *registry_lock(uint32_t vcpu)
{
    __CPROVER_assert(record.locked == 0, "locked once");
    record.locked = 1;
    return &record;
}

void registry_unlock(struct registry_vcpu *r)
{
    __CPROVER_assert(r == &record && record.locked == 1, "unlocked");
    record.locked = 0;
}

bool snp_vmsa_stop(struct vmsa *v)
{
    __CPROVER_assert(v == &vmsa && record.locked == 1 && !stopped, "the active one, once");
    stopped = stop_answer;
    return stop_answer;
}

void snp_vmsa_start(struct vmsa *v)
{
    started = true;
}

bool snp_exchange_byte(gpa_t at, uint8_t value, uint8_t *old)
{
    __CPROVER_assert(stopped && vmsa.guest_exit_code == VMEXIT_VMGEXIT, "known to be a call");
    __CPROVER_assert(!exchanged && value == 0, "cleared, once");
    exchanged = true;
    *old = byte;
    return exchange_answer;
}

static void taken(void)
{
    struct guest_call call;
    uint32_t active = record.active;

    enum vcpu_taken t = vcpu_take(0, &call);

    bool has = active != REGISTRY_NONE;
    bool is = has && stop_answer && vmsa.guest_exit_code == VMEXIT_VMGEXIT &&
              record.areas[active].ca_index != REGISTRY_NO_CA && exchange_answer && byte != 0;
    __CPROVER_assert(record.locked == 0, "nothing stays locked");
    __CPROVER_assert((t == VCPU_EMPTY) == !has, "without a save area");
    __CPROVER_assert((t == VCPU_CALL) == (is && byte == 1) && (t == VCPU_BAD) == (is && byte != 1),
                     "a call if and only if there is one");
    __CPROVER_assert(record.calling == (is ? active : REGISTRY_NONE), "who waits for an answer");
    if (!is) {
        REACH("nothing");
        return;
    }
    __CPROVER_assert(call.protocol == vmsa.rax >> 32 && call.call == (vmsa.rax & 0xffffffff) &&
                         call.rcx == vmsa.rcx && call.rdx == vmsa.rdx && call.r8 == vmsa.r8 &&
                         call.r9 == vmsa.r9,
                     "the registers");
    if (t == VCPU_BAD) {
        REACH("garbage");
    } else {
        REACH("a call");
    }
}

static void answered(void)
{
    struct vmsa before = vmsa;
    uint32_t result;
    unsigned mask;
    uint64_t out[3];
    bool waits = record.calling != REGISTRY_NONE;

    guest_answer(0, result, mask, out);

    __CPROVER_assert(record.calling == REGISTRY_NONE && record.locked == 0, "one answer");
    if (!waits) {
        __CPROVER_assert(vmsa.rax == before.rax && vmsa.rcx == before.rcx, "nobody waits");
        REACH("nobody");
        return;
    }
    __CPROVER_assert(vmsa.rax == result, "the result, zero-extended");
    __CPROVER_assert(vmsa.rcx == (mask & 1 ? out[0] : before.rcx) &&
                         vmsa.rdx == (mask & 2 ? out[1] : before.rdx) &&
                         vmsa.r8 == (mask & 4 ? out[2] : before.r8),
                     "what the mask names");
    __CPROVER_assert(vmsa.r9 == before.r9 && vmsa.rip == before.rip && vmsa.efer == before.efer &&
                         vmsa.cr3 == before.cr3 && vmsa.rsp == before.rsp,
                     "the rest stays");
    REACH("answered");
}

int main(void)
{
    record.active = REGISTRY_NONE;
    uint32_t active;
    __CPROVER_assume(active < REGISTRY_AREAS || active == REGISTRY_NONE);
    record.active = active;
    record.calling = REGISTRY_NONE;
    size_t ca_index;
    uint64_t exit_code, rax, rcx, rdx, r8, r9, rip, efer;
    bool stop, exchange;
    uint8_t pending;
    vmsa.guest_exit_code = exit_code;
    vmsa.rax = rax;
    vmsa.rcx = rcx;
    vmsa.rdx = rdx;
    vmsa.r8 = r8;
    vmsa.r9 = r9;
    vmsa.rip = rip;
    vmsa.efer = efer;
    stop_answer = stop;
    exchange_answer = exchange;
    byte = pending;
    for (unsigned i = 0; i < REGISTRY_AREAS; i++) {
        record.areas[i].vmsa = &vmsa;
        record.areas[i].ca_index = ca_index;
    }
    taken();
    answered();
}
