/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the core share: task 0, the driver of each test ("client"), task 1, the service
 * it calls, and what both of them did, for the assertions outside.
 */
#pragma once
#include <fake.h>

#define CLIENT 0
#define SERVICE 1
#define LIMIT 1000 /* steps a run may take */

/* What the two programs do, apart from their initialisation. A test sets them. */
extern void (*client_body)(const struct fake_upcall *up);
extern void (*service_body)(const struct fake_upcall *up);

/* The results of the client's calls, in order; how often the service ran, and with what last. */
extern struct fake_result seen[16];
extern unsigned seen_count;
extern unsigned service_runs;
extern struct fake_upcall service_last;

/*
 * Client calls service; operations: 0 null, 1 windows in and out, 2 lease read-write, 3 fixed
 * window. Both controlled by task 2 where a test needs it. A test may change it before go().
 */
extern struct fake_task setup[3];

/* For the client's program: SVSM_SYS_CALL, its result kept in `seen`. */
struct fake_result call(uint32_t handle, uint64_t op, uint64_t a, uint64_t b, uint64_t c,
                        uint64_t d);

void begin(uint32_t policy); /* fill `setup`, forget what was seen */
void go(void);               /* boot one vCPU and run until nothing is left to do */

uint64_t crashes(uint32_t task);
uint32_t cause(uint32_t task);           /* of the last fault */
uint8_t *client_memory(uint64_t offset); /* in its heap */
uint8_t *service_memory(uint64_t va);
