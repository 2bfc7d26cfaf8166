/* SPDX-License-Identifier: MIT */
/*
 * The fake platform: port.h for an ordinary host program. The kernel's own core (microkernel/task)
 * runs over it unchanged; tasks are C functions on stacks of their own, vCPUs are stepped one
 * kernel entry at a time by the test, so every interleaving is chosen and repeatable.
 *
 * Task memory is host memory found by (task, user address); fake_memory() gives a task program the
 * host pointer of one of its own addresses. A write through it counts as dirty: the fake compares
 * pages with the shadow, which is what the CPU's dirty bit tells the real platform.
 */
#pragma once
#include <task/task.h>
#include <svsm/abi/info.h>
#include <svsm/abi/log.h>
#include <svsm/abi/syscall.h>

#define FAKE_VCPUS 4

struct fake_upcall {
    struct task *task;
    uint32_t vcpu;
    uint32_t operation;
    uint64_t args[SVSM_ARGS];
    uint64_t info; /* R9, see call.h */
};

/* A task's program: runs one upcall, ends it with fake_return() or falls off its end, which is
 * RETURN(0). */
typedef void fake_program(const struct fake_upcall *up);

struct fake_operation {
    uint32_t flags; /* SVSM_OPERATION_IDEMPOTENT; VALID is added */
    uint32_t buffer_count;
    struct svsm_buffer buffers[SVSM_LEASES_MAX];
};

/* A task with at most one endpoint, in the order of the array given to fake_boot(). */
struct fake_task {
    const char *name;
    fake_program *program;
    uint32_t policy;
    uint32_t activations; /* 0 = 1 */
    uint32_t crash_max;
    uint32_t crash_window_ms;
    uint64_t budget_ns;
    uint32_t protocol; /* that the guest reaches its endpoint by; 0 = none */
    uint32_t operation_count;
    struct fake_operation operations[4];
    uint32_t handle_count;
    struct svsm_image_handle handles[6];
};

#define FAKE_PLATFORM                                                                              \
    {                                                                                              \
        .name = "platform", .type = SVSM_HANDLE_PLATFORM                                           \
    }

/* Handles for fake_task.handles. Objects are indexes of tasks (endpoint n belongs to task n). */
#define FAKE_CALLS(n)                                                                              \
    {                                                                                              \
        .name = "calls", .type = SVSM_HANDLE_ENDPOINT, .object = (n)                               \
    }
#define FAKE_NOTIFIES(n, bits)                                                                     \
    {                                                                                              \
        .name = "event", .type = SVSM_HANDLE_EVENT, .object = (n), .rights = (bits)                \
    }
#define FAKE_CONTROLS(n)                                                                           \
    {                                                                                              \
        .name = "control", .type = SVSM_HANDLE_CONTROL, .object = (n),                             \
        .rights = SVSM_CONTROL_INJECT                                                              \
    }

/* Build an image of these tasks, set the core up on it and reset clock, vCPUs and counters. Boot
 * entries: operation 0 of task `boot_task` on vCPU n for each n below boot_vcpus. */
void fake_boot(const struct fake_task *list, uint32_t count, uint32_t boot_task,
               uint32_t boot_vcpus);

/*
 * A task that is a program of the host: it works with real addresses. Each of its areas is host
 * memory, and the core is told the areas' host addresses, so the task's pointers are checked as
 * ever. `data` (whole pages, may be empty) is its writable region, `constants` the read-only one.
 */
struct fake_native {
    fake_program *program;
    uint8_t *data;
    uint64_t data_size;
    const uint8_t *constants;
    uint64_t constants_size;
};

/* The same for a ready image, every task of which is native; natives[i] is task i's. Both must
 * stay. Regions are in the order: code, constants, data, the last two only where they are not
 * empty. */
void fake_boot_image(const struct svsm_image_header *header, const struct fake_native *natives);

/* Of the native task that runs. */
const struct fake_upcall *fake_upcall_now(void);
const struct svsm_task_info *fake_native_info(const struct task *t);
void *fake_native_heap(const struct task *t);

/* One step of a vCPU: run its task to its next entry into ring 0, or its root. false: idle. */
bool fake_step(uint32_t vcpu);

/* Step until the vCPU is idle; fails the test after `limit` steps. */
void fake_run(uint32_t vcpu, unsigned limit);

/* Let time pass; the running task of `vcpu`, if any, is ticked that often. */
void fake_pass(uint64_t ns);
uint64_t fake_now(void);
void fake_tick_next_step(uint32_t vcpu, unsigned ticks);

/*
 * The guest: FAKE_GUEST_PAGES pages of memory from FAKE_GUEST_GPA on. A page is there or not; one
 * that is to vanish does so behind that many successful checks, reads and writes of any page (0:
 * now). fake_guest_call() makes a call of the vCPU, which must stand idle; fake_run() goes on.
 */
#define FAKE_GUEST_GPA UINT64_C(0x100000)
#define FAKE_GUEST_PAGES 8
struct fake_guest_answer {
    unsigned count; /* answers given so far */
    uint32_t result;
    unsigned mask;
    uint64_t out[3];
};
extern uint8_t fake_guest_memory[FAKE_GUEST_PAGES * 4096];
extern struct fake_guest_answer fake_guest_answers[FAKE_VCPUS];
extern uint64_t fake_guest_areas[FAKE_VCPUS]; /* save areas that its calls come from */
void fake_guest_reset(void);                  /* all pages there, zeroed; no answers */
void fake_guest_take(uint32_t page, unsigned after);
/* The same with another status than ERR_ADDRESS: ERR_BUSY, another vCPU has claimed it. */
void fake_guest_take_as(uint32_t page, unsigned after, enum status status);
void fake_guest_give(uint32_t page);
void fake_guest_call(uint32_t vcpu, uint64_t rax, const uint64_t args[SVSM_ARGS]);

/*
 * The PSP: NULL, there is none. Called for each message that ring 0 sends; answers as enum
 * psp_outcome does (0 answered, 1 again, 2 failed). The key is given once after each boot.
 */
typedef unsigned fake_psp_exchange(const void *request, void *answer);
struct fake_psp {
    fake_psp_exchange *exchange;
    uint8_t key[32];
    bool key_given;
    bool secure_tsc;
    uint64_t scale, offset; /* as the task told ring 0; zero before */
    uint32_t factor;
};
extern struct fake_psp fake_psp; /* kept over boots, but for key_given and what was told */

struct task *fake_task_get(uint32_t index);
struct cpu *fake_cpu(uint32_t vcpu);

/* Stopped by port_stop or a failed CHECK? Then why, else NULL. A stop ends fake_step. */
const char *fake_stopped(void);

/* For task programs, on their own stacks. */
struct fake_result {
    uint64_t rax, rdx, r10, r8, r9;
};
struct fake_result fake_syscall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                                uint64_t r10, uint64_t r8, uint64_t r9);
[[gnu::noreturn]] void fake_return(uint64_t result, uint64_t reply_len, uint64_t out0);
[[gnu::noreturn]] void fake_exception(uint64_t vector, uint64_t address);
void *fake_memory(const struct task *t, uint64_t va);

/* What a record of the log and an access to a port lead to, if not NULL. */
typedef void fake_log(uint32_t task, enum svsm_log_level level, const char *text, size_t len);
extern fake_log *fake_log_hook;
extern uint8_t (*fake_in)(uint16_t port);
extern void (*fake_out)(uint16_t port, uint8_t value);

/* Entropy on command: false makes port_random fail. */
extern bool fake_entropy;
/* Kicks seen, bit n = vCPU n; cleared by the test. */
extern uint32_t fake_kicks;
