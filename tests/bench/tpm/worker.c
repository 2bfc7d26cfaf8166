/* SPDX-License-Identifier: MIT */
/* Takes jobs and times them. The same file for every worker; it needs no libc but memcpy. */
#include "worker.h"
#include "job.h"

#include <string.h>

#define PERMANENT 1 /* enum tpm_state */

static _Alignas(16) uint8_t message[MESSAGE_MAX];
static _Alignas(16) uint8_t reply[MESSAGE_MAX];
static uint8_t result[STATE_MAX];
static uint8_t state[STATE_MAX];
static uint64_t times[REPEAT_MAX];

static int after_run(const uint8_t *command, size_t size)
{
    uint8_t response[RESPONSE_MAX];
    size_t len = size == 0 ? 0 : worker_command(command, size, response, sizeof(response));
    return size == 0 || response_good(response, len);
}

/* The thing itself, once; what is timed stands between the two ticks_now(). */
static size_t once(const struct job *job, const uint8_t *bytes, uint64_t *took)
{
    size_t len = 0;
    size_t kept = job->kind == JOB_POWER ? worker_save(PERMANENT, state, sizeof(state)) : 0;
    uint64_t began = ticks_now();
    switch (job->kind) {
    case JOB_COMMAND:
        len = worker_command(bytes, job->size, result, RESPONSE_MAX);
        break;
    case JOB_POWER:
        len = worker_restore(PERMANENT, state, kept);
        break;
    case JOB_SAVE:
        len = worker_save(bytes[0], result, sizeof(result));
        break;
    case JOB_RESTORE:
        len = worker_restore(bytes[0], bytes + 1, job->size - 1);
        break;
    default:
        break;
    }
    *took = ticks_now() - began;
    return len;
}

static void job_run(const struct job *job, const uint8_t *bytes, struct answer *answer)
{
    answer->good = 1;
    for (uint32_t i = 0; i < job->repeat && answer->good; i++) {
        answer->size = (uint32_t)once(job, bytes, &times[i]);
        answer->count = i + 1;
        answer->good = answer->size != 0;
        if (job->kind == JOB_COMMAND) {
            answer->good = response_good(result, answer->size) &&
                           after_run(bytes + job->size, job->after_size);
        }
    }
    if (job->kind == JOB_POWER || job->kind == JOB_RESTORE) {
        answer->size = 0; /* there are no bytes to send */
    }
}

static int job_valid(const struct job *job, size_t bytes)
{
    return job->repeat <= REPEAT_MAX && (uint64_t)job->size + job->after_size == bytes &&
           (job->kind == JOB_COMMAND || job->kind == JOB_POWER || job->size > 0);
}

int worker_serve(void)
{
    for (;;) {
        struct job job;
        struct answer answer = {0};
        long got = worker_receive(message, sizeof(message));
        if (got == 0) {
            return 0;
        }
        if (got < (long)sizeof(job)) {
            return 1;
        }
        memcpy(&job, message, sizeof(job));
        if (!job_valid(&job, (size_t)got - sizeof(job))) {
            return 1;
        }
        job_run(&job, message + sizeof(job), &answer);
        size_t used = sizeof(answer);
        memcpy(reply, &answer, sizeof(answer));
        memcpy(reply + used, times, answer.count * sizeof(times[0]));
        used += answer.count * sizeof(times[0]);
        memcpy(reply + used, result, answer.size);
        used += answer.size;
        if (worker_send(reply, used) != (long)used) {
            return 1;
        }
    }
}
