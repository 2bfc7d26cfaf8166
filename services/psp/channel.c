/* SPDX-License-Identifier: MIT */
/* Exchanges with the PSP. See channel.h. */
#include "channel.h"
#include "message.h"

#include <string.h>

#include <svsm/clock.h>
#include <svsm/platform.h>
#include <svsm/service.h>

#define TRIES 100u
#define PAUSE_NS UINT64_C(20000000) /* between two: two seconds in all */

static struct snp_vmpck key;
static bool has_key;
static uint32_t flags; /* SVSM_SNP_* at the start */
static struct psp_msg request, answer;
static uint8_t text[PSP_PAYLOAD_MAX];

/* No key, no more messages: nobody can use a number twice, and nobody is believed any more. */
static void channel_end(const char *why)
{
    explicit_bzero(&key, sizeof(key));
    has_key = false;
    (void)svsm_platform(SVSM_SNP_END, NULL, NULL);
    svsm_log(SVSM_LOG_ERROR, "no more messages to the PSP: %s", why);
}

static struct svsm_snp_state channel_state(void)
{
    struct svsm_snp_state state = {0};
    (void)svsm_platform(SVSM_SNP_STATE, &state, NULL);
    return state;
}

bool channel_begin(void)
{
    flags = channel_state().flags;
    if ((flags & SVSM_SNP_PRESENT) == 0) {
        svsm_log(SVSM_LOG_INFO, "this machine has no PSP");
        return false;
    }
    has_key = svsm_platform(SVSM_SNP_KEY, &key, NULL) == SVSM_SUCCESS;
    if (!has_key) {
        channel_end("the key was lost in a crash before");
    }
    return has_key;
}

bool channel_present(void)
{
    return (flags & SVSM_SNP_PRESENT) != 0;
}

bool channel_secure_tsc(void)
{
    return (flags & SVSM_SNP_SECURE_TSC) != 0;
}

/* Send (or send again) until the host is not busy. */
static uint32_t carry(enum svsm_snp how)
{
    uint32_t result = svsm_platform(how, &request, &answer);
    for (unsigned i = 1; i < TRIES && result == SVSM_ERR_BUSY; i++) {
        (void)svsm_wait(svsm_clock_ns() + PAUSE_NS, 0, NULL);
        result = svsm_platform(SVSM_SNP_RESEND, NULL, &answer);
    }
    if (result != SVSM_SUCCESS && result != SVSM_ERR_BUSY) {
        channel_end("the host gave no answer, or one that is not to this request");
        return SVSM_ERR_INVALID_REQUEST;
    }
    return result;
}

/* The text of the answer that has come, into text[]. */
static uint32_t open_answer(size_t *size)
{
    if (!message_open(&key, &answer, text, size)) {
        channel_end("an answer is not the PSP's");
        return SVSM_ERR_INVALID_REQUEST;
    }
    return SVSM_SUCCESS;
}

/* A request that an earlier call gave up (the host was busy), or that a rollback made us forget, is
 * carried to its end first. What it asked for interests nobody any more. */
static uint32_t settle(struct svsm_snp_state *state)
{
    size_t size = 0;
    *state = channel_state();
    if (state->next != 0 && (state->flags & SVSM_SNP_PENDING) != 0) {
        uint32_t result = carry(SVSM_SNP_RESEND);
        if (result == SVSM_SUCCESS) {
            result = open_answer(&size);
            explicit_bzero(text, sizeof(text));
        }
        if (result != SVSM_SUCCESS) {
            return result;
        }
        *state = channel_state();
    }
    if (state->next == 0) {
        channel_end("ring 0 has ended the channel");
        return SVSM_ERR_INVALID_REQUEST;
    }
    return SVSM_SUCCESS;
}

uint32_t channel_exchange(uint8_t type, const void *payload, size_t size, void *out, size_t room,
                          size_t *out_size)
{
    struct svsm_snp_state state;
    if (!channel_present()) {
        return SVSM_ERR_UNSUPPORTED_CALL;
    }
    if (!has_key) {
        return SVSM_ERR_INVALID_REQUEST;
    }
    uint32_t result = settle(&state);
    if (result != SVSM_SUCCESS) {
        return result;
    }
    if (!message_seal(&key, state.next, type, payload, size, &request)) {
        channel_end("a request cannot be sealed");
        return SVSM_ERR_INVALID_REQUEST;
    }
    result = carry(SVSM_SNP_SEND);
    if (result == SVSM_SUCCESS) {
        result = open_answer(out_size);
    }
    if (result == SVSM_SUCCESS && *out_size > room) {
        result = SVSM_ERR_INVALID_FORMAT;
    }
    if (result == SVSM_SUCCESS) {
        memcpy(out, text, *out_size);
    }
    explicit_bzero(text, sizeof(text));
    return result;
}

void channel_tsc(uint64_t scale, uint64_t offset, uint32_t factor)
{
    struct svsm_snp_tsc tsc = {.scale = scale, .offset = offset, .factor = factor};
    (void)svsm_platform(SVSM_SNP_TSC, &tsc, NULL);
}
