/* SPDX-License-Identifier: MIT */
/*
 * Recorded vectors against a TPM behind svsm-run's socket. Usage: wire NAME FILE SOCKET EVERY
 * The TPM is in the state of the file's first line already. NAME is that of the line printed. Of
 * the vectors that are refused only each EVERYth is put, since an emulated machine takes its time.
 */
#include "replay.h"
#include "tpm_client.h"

#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 120000 /* an RSA key on an emulated CPU */

static size_t ask(void *tpm, const struct bytes *command, uint8_t answer[REPLAY_ANSWER_MAX])
{
    const int *fd = tpm;
    long size = tpm_client_command(*fd, command->data, command->size, answer, REPLAY_ANSWER_MAX,
                                   PATIENCE_MS);
    return size < 0 ? 0 : (size_t)size;
}

int main(int argc, char **argv)
{
    struct vectors_state state;
    if (argc != 5) {
        fprintf(stderr, "usage: wire NAME FILE SOCKET EVERY\n");
        return 2;
    }
    FILE *f = fopen(argv[2], "r");
    int fd = tpm_client_open(argv[3]);
    if (f == NULL || fd < 0) {
        fprintf(stderr, "wire: cannot open %s\n", f == NULL ? argv[2] : argv[3]);
        return 3;
    }
    struct replay r = {.ask = ask, .tpm = &fd, .stream = true, .every = (unsigned)atoi(argv[4])};
    bool good = vectors_open(f, &state) && replay_run(&r, f);
    vectors_state_free(&state);
    fclose(f);
    close(fd);
    if (!good) {
        printf("not ok %s - the vectors could not be read to their end\n", argv[1]);
        return 1;
    }
    return replay_report(&r, argv[1]);
}
