/* SPDX-License-Identifier: MIT */
/*
 * libtpms on our shim as a peer of swtpm: commands on standard input, answers on standard output,
 * from the state that a file of recorded vectors begins with. Usage: serve FILE
 * A command is as long as its header says.
 */
#include "host.h"
#include "vectors.h"

#include <unistd.h>

#define HEADER 10u
#define COMMAND_MAX 4096u

static bool read_all(uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t n = read(STDIN_FILENO, out, size);
        if (n <= 0) {
            return false;
        }
        out += n;
        size -= (size_t)n;
    }
    return true;
}

/* Its length; 0: there are no more, or it is too long. */
static size_t command_read(uint8_t command[COMMAND_MAX])
{
    if (!read_all(command, HEADER)) {
        return 0;
    }
    size_t size = (size_t)command[2] << 24 | (size_t)command[3] << 16 | (size_t)command[4] << 8 |
                  (size_t)command[5];
    if (size < HEADER || size > COMMAND_MAX || !read_all(command + HEADER, size - HEADER)) {
        return 0;
    }
    return size;
}

int main(int argc, char **argv)
{
    uint8_t command[COMMAND_MAX];
    uint8_t answer[COMMAND_MAX];
    struct vectors_state state;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (f == NULL || !vectors_open(f, &state)) {
        fprintf(stderr, "usage: serve FILE\n");
        return 2;
    }
    fclose(f);
    host_cpu_flags(true);
    if (!host_tpm_start(state.permanent.data, state.permanent.size, state.volatile_state.data,
                        state.volatile_state.size)) {
        return 1;
    }
    vectors_state_free(&state);
    for (size_t size; (size = command_read(command)) > 0;) {
        size_t got = host_tpm_command(command, size, answer, sizeof(answer));
        if (got == 0 || write(STDOUT_FILENO, answer, got) != (ssize_t)got) {
            return 1;
        }
    }
    host_tpm_stop();
    return 0;
}
