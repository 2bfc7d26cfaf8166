/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: TPM commands, through libtpms and our shim on wolfCrypt. An input is a sequence of
 * commands, put to a TPM in the recorded state of tests/vectors (file in SVSM_FUZZ_STATE): for each
 * a byte of flags, two bytes of length, and the command, whose own length field is set right unless
 * FLAG_RAW says to leave it. libtpms.a knows nothing of coverage, so which command had which
 * answer is counted besides.
 */
#include "fuzz.h"
#include "host.h"
#include "vectors.h"

#define HEADER 10u
#define COMMAND_MAX 4096u
#define COMMANDS_MAX 16u
#define FLAG_RAW 1u

#define TAG_NO_SESSIONS 0x8001u
#define TAG_SESSIONS 0x8002u
#define TAG_TPM12 0x00c4u /* the answer to a tag that is none */

#define COUNTERS 8192u

int LLVMFuzzerInitialize(int *argc, char ***argv);
void shim_reseed(void);

/* libFuzzer takes what is here for coverage. */
[[gnu::section("__libfuzzer_extra_counters")]] static uint8_t counters[COUNTERS];

static struct vectors_state state;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *path = getenv("SVSM_FUZZ_STATE");
    FILE *f = path == NULL ? NULL : fopen(path, "r");
    require(f != NULL && vectors_open(f, &state), "SVSM_FUZZ_STATE names recorded vectors");
    fclose(f);
    host_cpu_flags(true);
    return 0;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void check_answer(const uint8_t *answer, size_t size)
{
    require(size >= HEADER, "an answer has a header");
    uint32_t tag = (uint32_t)answer[0] << 8 | answer[1];
    uint32_t code = get32(answer + 6);
    require(get32(answer + 2) == size, "an answer has the length that it states");
    require(tag == TAG_NO_SESSIONS || tag == TAG_SESSIONS || tag == TAG_TPM12, "an answer's tag");
    require(code == 0 || size == HEADER, "a refusal is a header and no more");
}

static void put(const uint8_t *command, size_t size)
{
    uint8_t answer[COMMAND_MAX];
    size_t answer_size = host_tpm_command(command, size, answer, sizeof(answer));
    check_answer(answer, answer_size);
    if (size >= HEADER) {
        uint32_t mix = get32(command + 6) * 0x9e3779b1u ^ get32(answer + 6) * 0x85ebca6bu;
        counters[(mix ^ mix >> 15) % COUNTERS] = 1;
    }
}

static void command_run(struct input *in)
{
    uint8_t command[COMMAND_MAX];
    uint8_t flags = input_byte(in);
    size_t size = input_number(in, 2) % (COMMAND_MAX + 1);
    size_t left = (size_t)(in->end - in->at);
    size = size < left ? size : left;
    memcpy(command, in->at, size);
    in->at += size;
    if (size >= HEADER && (flags & FLAG_RAW) == 0) {
        command[2] = command[3] = 0;
        command[4] = (uint8_t)(size >> 8);
        command[5] = (uint8_t)size;
    }
    put(command, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t random[] = {0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8};
    uint8_t answer[COMMAND_MAX];
    struct input in = {data, data + size};
    host_entropy(HOST_ENTROPY_FIXED); /* so that an input does the same again */
    shim_reseed();
    require(host_tpm_start(state.permanent.data, state.permanent.size, state.volatile_state.data,
                           state.volatile_state.size),
            "the recorded state loads");
    for (unsigned i = 0; i < COMMANDS_MAX && in.at < in.end; i++) {
        command_run(&in);
    }
    size_t got = host_tpm_command(random, sizeof(random), answer, sizeof(answer));
    require(got >= HEADER && get32(answer + 6) == 0, "the TPM still works");
    host_tpm_stop();
    return 0;
}
