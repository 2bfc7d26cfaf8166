/* SPDX-License-Identifier: MIT */
/*
 * The other vCPU: calls hello and the vTPM without end and looks at every answer. Nothing that
 * happens to the vTPM may show here but SVSM_ERR_BUSY.
 *   1 gate    argument: 1 = make no TPM commands, 0 = do; result register 0: is one under way?
 *   2 report  results: calls of hello, answered TPM commands, busy answers, wrong answers
 * Both run in the second activation, on the driver's vCPU.
 */
#include "other.h"
#include "command.h"
#include "../tasks/raw.h"

#define HELLO_PER_COMMAND 16

static uint64_t closed = 1; /* until the driver has started the TPM */
static uint64_t inside;
static uint64_t hello_calls, tpm_calls, busy, wrong;

static void set(uint64_t *what, uint64_t value)
{
    __atomic_store_n(what, value, __ATOMIC_SEQ_CST);
}

static void add(uint64_t *what)
{
    __atomic_fetch_add(what, 1, __ATOMIC_SEQ_CST);
}

static int hello_once(uint32_t handle, uint64_t round)
{
    static const char name[] = "vCPU", expected[] = "Hello, vCPU!";
    char text[64];
    if (round % 2 == 0) {
        return raw_call(handle, 0, 0, 0, 0, 0).rax == SVSM_SUCCESS;
    }
    struct raw_result r = raw_call(handle, 1, (uint64_t)(uintptr_t)name, sizeof(name) - 1,
                                   (uint64_t)(uintptr_t)text, sizeof(text));
    return r.rax == SVSM_SUCCESS && r.r9 == sizeof(expected) - 1 &&
           bytes_equal(text, expected, sizeof(expected) - 1);
}

/* PCR 0, which nobody extends here: its value is all zeros. */
static void tpm_once(uint32_t handle)
{
    static const uint8_t zeros[DIGEST];
    struct bytes command, response;
    command_pcr_read(&command, 1);
    switch (command_send(handle, &command, &response)) {
    case SVSM_SUCCESS:
        add(&tpm_calls);
        if (command_code(&response) != 0 || response.len != PCR_READ_VALUES + 2 + DIGEST ||
            !bytes_equal(response.data + PCR_READ_VALUES + 2, zeros, DIGEST)) {
            add(&wrong);
        }
        break;
    case SVSM_ERR_BUSY:
        add(&busy);
        break;
    default:
        add(&wrong);
    }
}

[[gnu::noreturn]] static void run(void)
{
    uint32_t hello = raw_handle("hello", SVSM_HANDLE_ENDPOINT);
    uint32_t vtpm = raw_handle("vtpm", SVSM_HANDLE_ENDPOINT);
    for (;;) {
        for (uint64_t i = 0; i < HELLO_PER_COMMAND; i++) {
            add(&hello_calls);
            if (!hello_once(hello, i)) {
                add(&wrong);
            }
        }
        set(&inside, 1);
        if (__atomic_load_n(&closed, __ATOMIC_SEQ_CST) == 0) {
            tpm_once(vtpm);
        }
        set(&inside, 0);
    }
}

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    switch (op) {
    case OTHER_RUN:
        run();
    case OTHER_GATE:
        set(&closed, a0);
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, __atomic_load_n(&inside, __ATOMIC_SEQ_CST), 0, 0,
                          0);
        return 0;
    case OTHER_REPORT:
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, hello_calls, tpm_calls, busy, wrong);
        return 0;
    default:
        return 0;
    }
}
