/* SPDX-License-Identifier: MIT */
/*
 * The channel to the PSP as its task sees it (abi/svsm/abi/syscall.h). The channel and its latch
 * are here, out of reach of a rollback of the task. Ring 0 never sees a key but the moment it hands
 * it over, and does no cryptography.
 *
 * Only one task has the handle, and it has one activation (image_check): no lock.
 */
#include <task/platform.h>
#include <snp/psp.h>
#include <snp/psp_channel.h>
#include <task/fault.h>
#include <task/handle.h>
#include <task/port.h>
#include <task/range.h>
#include <svsm/abi/result.h>

static struct psp_channel channel;
static bool tsc_taken;
static struct psp_msg answer;

_Static_assert(sizeof(struct psp_msg) <= sizeof(((struct cpu *)0)->bounce), "a message fits");

void platform_init(void)
{
    channel = (struct psp_channel){0};
}

/* Send what is pending, once. */
static uint32_t exchange(uint64_t destination)
{
    switch (port_psp_exchange(&channel.request, &answer)) {
    case PSP_ANSWERED:
        if (!psp_channel_accept(&channel, &answer)) {
            return SVSM_ERR_INVALID_REQUEST;
        }
        port_copy_out((uva_t){destination}, &answer, sizeof(answer));
        return SVSM_SUCCESS;
    case PSP_AGAIN:
        return SVSM_ERR_BUSY;
    case PSP_FAILED:
    default:
        psp_channel_end(&channel);
        return SVSM_ERR_INVALID_REQUEST;
    }
}

static enum next send(struct cpu *cpu, const struct task *t)
{
    struct regs *r = &cpu->regs;
    if (!range_ok(t, r->rdx, sizeof(struct psp_msg), false)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    if (!range_ok(t, r->r10, sizeof(struct psp_msg), true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->r10);
    }
    port_copy_in(cpu->bounce, (uva_t){r->rdx}, sizeof(struct psp_msg));
    /* SAFETY: no cast of an integer: bounce is aligned and as large as a message. */
    switch (psp_channel_send(&channel, (const struct psp_msg *)(const void *)cpu->bounce)) {
    case PSP_CHANNEL_SEND:
        r->rax = exchange(r->r10);
        return NEXT_RUN;
    case PSP_CHANNEL_OTHER:
        r->rax = SVSM_ERR_INCOMPLETE;
        return NEXT_RUN;
    case PSP_CHANNEL_ENDED:
        r->rax = SVSM_ERR_INVALID_REQUEST;
        return NEXT_RUN;
    case PSP_CHANNEL_MALFORMED:
    default:
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rdx);
    }
}

static enum next resend(struct cpu *cpu, const struct task *t)
{
    struct regs *r = &cpu->regs;
    if (!range_ok(t, r->r10, sizeof(struct psp_msg), true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->r10);
    }
    r->rax = channel.phase == PSP_CHANNEL_PENDING ? exchange(r->r10) : SVSM_ERR_INVALID_REQUEST;
    return NEXT_RUN;
}

/* Store a structure where the task wants it. */
static enum next give(struct cpu *cpu, const struct task *t, const void *from, size_t size)
{
    struct regs *r = &cpu->regs;
    if (!range_ok(t, r->rdx, size, true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    port_copy_out((uva_t){r->rdx}, from, size);
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

static enum next key(struct cpu *cpu, const struct task *t)
{
    struct snp_vmpck vmpck = {0};
    struct regs *r = &cpu->regs;
    if (!range_ok(t, r->rdx, sizeof(vmpck), true)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    if (!port_psp_key(&vmpck)) {
        r->rax = SVSM_ERR_INVALID_REQUEST;
        return NEXT_RUN;
    }
    enum next next = give(cpu, t, &vmpck, sizeof(vmpck));
    memset(&vmpck, 0, sizeof(vmpck));
    __asm__ volatile("" : : "r"(&vmpck) : "memory"); /* SAFETY: empty, keeps the memset */
    return next;
}

static enum next state(struct cpu *cpu, const struct task *t)
{
    struct svsm_snp_state s = {
        .next = psp_channel_next(&channel),
        .flags = port_psp_present() ? SVSM_SNP_PRESENT : 0,
    };
    if (port_psp_present() && port_psp_secure_tsc()) {
        s.flags |= SVSM_SNP_SECURE_TSC;
    }
    if (channel.phase == PSP_CHANNEL_PENDING) {
        s.flags |= SVSM_SNP_PENDING;
    }
    return give(cpu, t, &s, sizeof(s));
}

/* Once: other vCPUs may run by what was said. A task that was restarted says it again in vain. */
static enum next tsc(struct cpu *cpu, const struct task *t)
{
    struct svsm_snp_tsc from;
    struct regs *r = &cpu->regs;
    if (!range_ok(t, r->rdx, sizeof(from), false)) {
        return fault_raise(cpu, SVSM_FAULT_POINTER, r->rdx);
    }
    port_copy_in(&from, (uva_t){r->rdx}, sizeof(from));
    const struct psp_tsc to = {from.scale, from.offset, from.factor};
    if (tsc_taken || !port_psp_secure_tsc() || !psp_tsc_is_sound(&to)) {
        r->rax = SVSM_ERR_INVALID_REQUEST;
        return NEXT_RUN;
    }
    tsc_taken = true;
    port_tsc_info(&to);
    r->rax = SVSM_SUCCESS;
    return NEXT_RUN;
}

enum next platform_request(struct cpu *cpu)
{
    struct regs *r = &cpu->regs;
    const struct task *t = AT(cpu->chain.frames, cpu->chain.depth).task;
    if (handle_find(t->image, r->rdi, SVSM_HANDLE_PLATFORM) == NULL) {
        return fault_raise(cpu, SVSM_FAULT_HANDLE, r->rdi);
    }
    switch (r->rsi) {
    case SVSM_SNP_STATE:
        return state(cpu, t);
    case SVSM_SNP_KEY:
        return key(cpu, t);
    case SVSM_SNP_SEND:
        return send(cpu, t);
    case SVSM_SNP_RESEND:
        return resend(cpu, t);
    case SVSM_SNP_END:
        psp_channel_end(&channel);
        r->rax = SVSM_SUCCESS;
        return NEXT_RUN;
    case SVSM_SNP_TSC:
        return tsc(cpu, t);
    default:
        return fault_raise(cpu, SVSM_FAULT_ARGUMENT, r->rsi);
    }
}
