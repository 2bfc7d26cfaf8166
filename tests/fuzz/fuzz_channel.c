/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: the channel to the PSP as the task that owns it and the host misuse it together
 * (microkernel/snp/psp_channel.c, task/platform.c). The input says what the task sends, with any
 * header and text, when it crashes, and what the host answers. Whatever they do:
 *   - no number goes out under two texts, and none below one that did (a nonce is used once);
 *   - an answer reaches the task only if it is the one to what is pending;
 *   - a channel that has ended stays so, and the key is handed out once.
 */
#include "fuzz.h"
#include <fake.h>
#include <fake_message.h>
#include <snp/psp.h>
#include <svsm/abi/result.h>
#include <svsm/abi/syscall.h>
#include <task/core.h>

#define STEPS_MAX 200
#define REQUEST SVSM_HEAP_VA
#define ANSWER (SVSM_HEAP_VA + 4096)
#define STATE (SVSM_HEAP_VA + 2 * 4096)

static struct input in;
static unsigned steps, keys;
static struct psp_msg sent; /* the last that went out */
static bool any_sent, answered, ended;
static struct psp_msg given; /* the host's answer to it */

static void program(const struct fake_upcall *up);
static struct fake_task list[] = {{.name = "psp",
                                   .program = program,
                                   .policy = SVSM_POLICY_ROLLBACK,
                                   .crash_max = 100,
                                   .operation_count = 1,
                                   .operations = {{.flags = SVSM_OPERATION_IDEMPOTENT}},
                                   .handle_count = 1,
                                   .handles = {FAKE_PLATFORM}}};

/* A header that is nearly right, a text of a byte. */
static struct psp_msg message(uint64_t number, uint8_t type)
{
    struct psp_msg m = fake_message(number, type);

    m.payload[0] = input_byte(&in) % 4;
    for (unsigned n = input_byte(&in) % 4; n > 1; n--) {
        size_t at = input_number(&in, 2) % sizeof(m);
        ((uint8_t *)&m)[at] = input_byte(&in);
    }
    return m;
}

static unsigned exchange(const void *request, void *answer)
{
    const struct psp_msg *r = request;
    uint8_t how = input_byte(&in);

    require(!ended, "a channel that has ended sends");
    if (any_sent && r->header.msg_seqno == sent.header.msg_seqno) {
        require(memcmp(r, &sent, sizeof(sent)) == 0, "one number under two texts");
        require(!answered, "a number that has been answered");
    } else {
        require(r->header.msg_seqno == (any_sent ? sent.header.msg_seqno + 2 : 1),
                "the next number");
        require(!any_sent || answered, "what was pending is given up");
    }
    sent = *r;
    any_sent = true;
    answered = false;
    given = message(r->header.msg_seqno + (how & 4 ? input_byte(&in) : 1),
                    how & 8 ? input_byte(&in) : (uint8_t)(r->header.msg_type + 1));
    memcpy(answer, &given, sizeof(given));
    ended = how % 4 == 2;
    return how % 4 == 3 ? 0 : how % 4;
}

static bool fits(void)
{
    const struct psp_msg_header *a = &given.header, *r = &sent.header;

    return a->msg_seqno == r->msg_seqno + 1 && a->msg_type == r->msg_type + 1 &&
           a->msg_version == r->msg_version && a->algo == 1 && a->hdr_version == 1 &&
           a->hdr_size == 0x60 && a->msg_vmpck == 0 && a->msg_size <= 4000;
}

/* What the task is told of the exchange that it asked for. */
static void told(const struct task *t, uint64_t rax)
{
    if (rax == SVSM_SUCCESS) {
        require(fits(), "an answer to something else");
        require(memcmp(fake_memory(t, ANSWER), &given, sizeof(given)) == 0,
                "the answer as it came");
        answered = true;
    } else if (rax == SVSM_ERR_INVALID_REQUEST) {
        ended = true; /* by a doubtful answer, or before */
    }
}

static struct svsm_snp_state state(const struct task *t)
{
    struct svsm_snp_state s;

    (void)fake_syscall(SVSM_SYS_SNP_REQUEST, 0, SVSM_SNP_STATE, STATE, 0, 0, 0);
    memcpy(&s, fake_memory(t, STATE), sizeof(s));
    return s;
}

static void step(const struct task *t, uint8_t what)
{
    struct svsm_snp_state s = state(t);

    switch (what % 8) {
    case 0:
        if (fake_syscall(SVSM_SYS_SNP_REQUEST, 0, SVSM_SNP_KEY, STATE, 0, 0, 0).rax ==
            SVSM_SUCCESS) {
            require(keys++ == 0, "the key a second time");
        }
        break;
    case 1: /* what is pending, again; else there is nothing to send again */
        if ((s.flags & SVSM_SNP_PENDING) != 0) {
            told(t, fake_syscall(SVSM_SYS_SNP_REQUEST, 0, SVSM_SNP_RESEND, 0, ANSWER, 0, 0).rax);
        }
        break;
    case 2:
        if (input_byte(&in) % 8 == 0) {
            (void)fake_syscall(SVSM_SYS_SNP_REQUEST, 0, SVSM_SNP_END, 0, 0, 0, 0);
            ended = true;
        }
        break;
    case 3:
        fake_exception(what % 32, REQUEST);
        break;
    default: {
        uint64_t number = what & 0x40 ? input_number(&in, 8) : s.next;
        const struct psp_msg m =
            message(number, what & 0x20 ? input_byte(&in) : PSP_MSG_REPORT_REQ);
        memcpy(fake_memory(t, REQUEST), &m, sizeof(m));
        uint64_t rax =
            fake_syscall(SVSM_SYS_SNP_REQUEST, 0, SVSM_SNP_SEND, REQUEST, ANSWER, 0, 0).rax;
        require(rax != SVSM_ERR_INCOMPLETE || (s.flags & SVSM_SNP_PENDING) != 0,
                "something else is pending");
        told(t, rax);
        break;
    }
    }
    require(!ended || state(t).next == 0, "a channel that has ended");
}

static void program(const struct fake_upcall *up)
{
    while (in.at != in.end && steps++ < STEPS_MAX) {
        step(up->task, input_byte(&in));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    in = (struct input){data, data + size};
    fake_psp = (struct fake_psp){.exchange = exchange, .key = {1}, .secure_tsc = true};
    steps = keys = 0;
    any_sent = answered = ended = false;
    fake_boot(list, 1, 0, 1);
    for (unsigned i = 0; i < 4 * STEPS_MAX && fake_step(0); i++) {
        require(fake_stopped() == NULL, "the machine goes on");
    }
    return 0;
}
