/* SPDX-License-Identifier: MIT */
/*
 * Tests of services as ordinary programs. The services' unchanged sources run over the kernel's own
 * call, lease and rollback code on a fake machine (tests/fake), with their own manifests:
 *
 *   SVSM_TEST_SERVICE(hello);
 *   ...
 *   svsm_test_start((const struct svsm_host_task *[]){&svsm_host_hello, NULL});
 *   uint64_t args[SVSM_ARGS] = {svsm_test_address("Ada"), 3, svsm_test_address(out), sizeof(out)};
 *   assert_int_equal(svsm_test_call("hello", 1, args), SVSM_SUCCESS);
 *
 * Globals and malloc()ed memory of a service are its state and are restored as its policy says.
 * ASan and UBSan watch it, and reads behind the end of an input are found as well. What differs
 * from a task: libc is glibc, stacks are larger than the manifest says, chunks of the service's
 * heap are guarded by libsvsmrt's allocator only, and constructors run once, not at each return to
 * the image. A real crash (SIGSEGV, a sanitizer's report) ends the test program: it is a bug.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/call.h>
#include <svsm/abi/result.h>
#include <svsm/abi/syscall.h>

struct svsm_host_task;
#define SVSM_TEST_SERVICE(name) extern const struct svsm_host_task svsm_host_##name

/* Boot a machine with these services (NULL-terminated) and initialise them in this order. Whatever
 * ran before is gone. Manifests that the image builder would refuse end the program. */
void svsm_test_start(const struct svsm_host_task *const *services);

/*
 * Call operation `operation` of an endpoint, as another task would. An argument that the operation
 * declares as a buffer's address is an address in the test (svsm_test_address()), and there must be
 * as many bytes behind it as the length argument says; they are lent to the service, and are as it
 * left them afterwards. `args` holds the result registers then. Returns the result code, or
 * SVSM_TEST_STOPPED.
 */
uint32_t svsm_test_call(const char *endpoint, uint32_t operation, uint64_t args[SVSM_ARGS]);
/* The machine stopped itself: svsm_test_stopped() says why. */
#define SVSM_TEST_STOPPED UINT32_MAX

static inline uint64_t svsm_test_address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

/*
 * The guest: a few pages of memory, each there or not (all are, zeroed, after each start), and its
 * calls, by protocol and number. args: RCX, RDX, R8, R9.
 */
#define SVSM_TEST_GUEST_GPA UINT64_C(0x100000)
#define SVSM_TEST_GUEST_PAGES 8
struct svsm_test_guest {
    uint32_t result; /* as the guest sees it, or SVSM_TEST_STOPPED */
    unsigned mask;   /* SVSM_GUEST_*: which of out[] it sees */
    uint64_t out[3]; /* RCX, RDX, R8 */
};
struct svsm_test_guest svsm_test_guest_call(uint32_t protocol, uint32_t number,
                                            const uint64_t args[SVSM_ARGS]);
uint8_t *svsm_test_guest_memory(uint64_t gpa);
void svsm_test_guest_page(uint32_t page, bool there);

/*
 * The machine's PSP, from the next start on; NULL, as at first: none. `exchange` has a message
 * (struct psp_msg) answered and returns 0, or 1: the host is busy, or 2: it failed. The key is
 * VMPCK0.
 */
typedef unsigned svsm_test_exchange(const void *request, void *answer);
void svsm_test_psp(svsm_test_exchange *exchange, const uint8_t key[32], bool secure_tsc);
/* What the psp task told ring 0 of the clock since the start; all zero: nothing. */
struct svsm_snp_tsc svsm_test_tsc(void);

/* Make a task crash at its n-th system call from now on (1 = the next); 0: do not. The return from
 * an upcall is a system call too. */
void svsm_test_kill_at(const char *task, uint64_t n);

/* Let time pass and run whatever is due. */
void svsm_test_pass(uint64_t ns);

/* Set bits in a task's event word and run it. */
void svsm_test_event(const char *task, uint64_t bits);

/* An ISA interrupt: sets the event bits that the owner's manifest names, and runs it. */
void svsm_test_irq(uint32_t irq);

/* The devices: what I/O ports answer and take, one byte at a time. NULL: reads give zeroes. */
void svsm_test_ports(uint8_t (*in)(uint16_t port), void (*out)(uint16_t port, uint8_t value));

/* Has a record that contains `text` been written to the log since the last clearing? How many? */
unsigned svsm_test_logged(const char *text);
void svsm_test_log_clear(void);

/* Counters of a task since the start. */
struct svsm_task_status svsm_test_status(const char *task);

/* Why the machine has stopped, or NULL. */
const char *svsm_test_stopped(void);

/* false: the CPU gives no entropy. True again after each start. */
void svsm_test_entropy(bool there);
