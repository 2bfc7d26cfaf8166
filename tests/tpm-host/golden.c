/* SPDX-License-Identifier: MIT */
/*
 * Recorded vectors against libtpms on our shim, in this process. Usage: golden NAME FILE CPU-FLAGS
 * CPU-FLAGS: "all" that this machine has, or "none": wolfCrypt's code without AES-NI, SHA-NI, AVX
 * and so on. NAME is that of the line printed.
 */
#include "host.h"
#include "replay.h"

#include <libtpms/tpm_library.h>
#include <stdlib.h>
#include <string.h>

static size_t ask(void *tpm, const struct bytes *command, uint8_t answer[REPLAY_ANSWER_MAX])
{
    (void)tpm;
    return host_tpm_command(command->data, command->size, answer, REPLAY_ANSWER_MAX);
}

int main(int argc, char **argv)
{
    struct replay r = {.ask = ask};
    struct vectors_state state;
    if (argc != 4 || (strcmp(argv[3], "all") != 0 && strcmp(argv[3], "none") != 0)) {
        fprintf(stderr, "usage: golden NAME FILE all|none\n");
        return 2;
    }
    FILE *f = fopen(argv[2], "r");
    if (f == NULL) {
        fprintf(stderr, "golden: cannot read %s\n", argv[2]);
        return 3;
    }
    unsigned flags = host_cpu_flags(strcmp(argv[3], "all") == 0);
    bool good = vectors_open(f, &state) &&
                host_tpm_start(state.permanent.data, state.permanent.size,
                               state.volatile_state.data, state.volatile_state.size);
    if (good) {
        unsigned version = TPMLIB_GetVersion();
        printf("# %s: libtpms %u.%u.%u, recorded with %s, CPU flags %#x\n", argv[1],
               version >> 16 & 0xff, version >> 8 & 0xff, version & 0xff, state.libtpms, flags);
        good = replay_run(&r, f);
    } else {
        printf("# the recorded state does not load\n");
    }
    vectors_state_free(&state);
    fclose(f);
    if (!good) {
        printf("not ok %s - the vectors could not be read to their end\n", argv[1]);
        return 1;
    }
    host_tpm_stop();
    return replay_report(&r, argv[1]);
}
