/* SPDX-License-Identifier: MIT */
/* See guest_calls.h. */
#include "guest_calls.h"
#include <svsm/abi/result.h>
#include <svsm/abi/svsm_protocol.h>
#include <task/guest.h>
#include <task/guest_call.h>

#define BUFFER_MAX 8192u /* of any operation */

static uint8_t shadow[sizeof(fake_guest_memory)];
static struct {
    unsigned calls;
    bool under_way; /* or has just ended */
    uint64_t args[SVSM_ARGS];
} guest[FAKE_VCPUS];

void guest_calls_start(void)
{
    fake_guest_reset();
    memset(shadow, 0, sizeof(shadow));
    memset(guest, 0, sizeof(guest));
}

static uint64_t pick(struct input *in)
{
    uint8_t kind = input_byte(in);

    if (kind < 128) {
        return FAKE_GUEST_GPA + (kind % 8) * 4096u + (kind & 64 ? input_number(in, 2) % 4096 : 0);
    }
    if (kind < 224) {
        return kind & 32 ? input_number(in, 2) : kind % 32;
    }
    return kind & 1 ? UINT64_MAX - kind : FAKE_GUEST_GPA - kind % 16;
}

void guest_calls_one(struct input *in, uint32_t vcpu)
{
    uint8_t what = input_byte(in);

    if (what >= 224) {
        fake_guest_take(what % FAKE_GUEST_PAGES, what & 8 ? input_byte(in) : 0);
        return;
    }
    if (what >= 208) {
        fake_guest_give(what % FAKE_GUEST_PAGES);
        return;
    }
    if (!core_guest_may_run(fake_cpu(vcpu)) || fake_stopped() != NULL) {
        return;
    }
    for (unsigned i = 0; i < SVSM_ARGS; i++) {
        guest[vcpu].args[i] = pick(in);
    }
    guest[vcpu].under_way = true;
    guest[vcpu].calls++;
    fake_guest_call(vcpu, (uint64_t)(what / 8 % 8) << 32 | what % 8, guest[vcpu].args);
}

static bool may_change(uint64_t gpa)
{
    bool may = false;

    for (uint32_t v = 0; v < FAKE_VCPUS; v++) {
        for (unsigned i = 0; i < SVSM_ARGS && guest[v].under_way; i++) {
            may |= gpa - guest[v].args[i] < BUFFER_MAX;
        }
    }
    return may;
}

void guest_calls_check(void)
{
    for (size_t i = 0; memcmp(shadow, fake_guest_memory, sizeof(shadow)) != 0 && i < sizeof(shadow);
         i++) {
        require(shadow[i] == fake_guest_memory[i] || may_change(FAKE_GUEST_GPA + i),
                "memory of the guest that no call names");
        shadow[i] = fake_guest_memory[i];
    }
    for (uint32_t v = 0; v < FAKE_VCPUS && fake_stopped() == NULL; v++) {
        const struct fake_guest_answer *a = &fake_guest_answers[v];
        bool waits = fake_cpu(v)->chain.guest;
        require(a->count + waits == guest[v].calls, "one answer for each call");
        require(guest_call_result(a->result) == a->result, "a result that guests do not know");
        require((a->mask & ~(unsigned)(SVSM_GUEST_RCX | SVSM_GUEST_RDX | SVSM_GUEST_R8)) == 0,
                "registers");
        guest[v].under_way = waits;
    }
}

void guest_calls_rest(void)
{
    for (uint32_t v = 0; v < FAKE_VCPUS && fake_stopped() == NULL; v++) {
        require(!fake_cpu(v)->chain.guest || fake_cpu(v)->chain.depth != 0,
                "a guest that waits for nobody");
    }
}
