/* SPDX-License-Identifier: MIT */
/*
 * The worker to compare with: the service's tpm.c and nv_memory.c compiled for the host, over the
 * distribution's libtpms.so, which is on the distribution's OpenSSL.
 */
#include "job.h"
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>
#include <svsm/random.h>
#include <tpm.h>

/* For tpm_stir(), which nothing here calls. */
void svsm_random(void *out, size_t size)
{
    if (getrandom(out, size, 0) != (ssize_t)size) {
        abort();
    }
}

size_t worker_command(const uint8_t *command, size_t size, uint8_t *response, size_t room)
{
    return tpm_command(command, size, response, room);
}

size_t worker_save(uint8_t kind, uint8_t *out, size_t room)
{
    return tpm_state_save((enum tpm_state)kind, out, room);
}

size_t worker_restore(uint8_t kind, const uint8_t *state, size_t size)
{
    return (size_t)tpm_state_restore((enum tpm_state)kind, state, size);
}

long worker_receive(void *out, size_t room)
{
    return read(WORKER_FD, out, room);
}

long worker_send(const void *in, size_t size)
{
    return write(WORKER_FD, in, size);
}

int main(void)
{
    if (!tpm_power_on()) {
        fputs("bench: libtpms does not start\n", stderr);
        return 1;
    }
    return worker_serve();
}
