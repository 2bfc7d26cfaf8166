/* SPDX-License-Identifier: MIT */
/*
 * What a service is made of. It defines one `const struct svsm_service svsm_service` with a table
 * of handlers per endpoint, in the order of its manifest; libsvsmrt does the rest.
 *
 *   static uint32_t hello_null(struct svsm_call *call) { return SVSM_SUCCESS; }
 *   static svsm_handler *const hello_operations[] = {hello_null};
 *   const struct svsm_service svsm_service = {
 *       .endpoints = {{hello_operations, 1}}, .endpoint_count = 1};
 *
 * A handler runs to its end and its return value is the call's result code (svsm/abi/result.h).
 * What it did to its memory and to leases counts only if it returns; a crash undoes it as the
 * manifest's policy says. There are no threads, files or signals; malloc, string.h, stdio's printf
 * family (to the log), time.h and assert work as everywhere.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <svsm/abi/call.h>
#include <svsm/abi/info.h>
#include <svsm/abi/lease.h>
#include <svsm/abi/log.h>
#include <svsm/abi/result.h>

/* Service-side errors. svsm_err_of() is the one place where result codes become these. */
enum [[nodiscard]] svsm_err{
    SVSM_OK = 0,       SVSM_E_BUSY, /* nothing happened; try again */
    SVSM_E_INCOMPLETE, /* the called service parked the call; repeat it with the same arguments */
    SVSM_E_CRASHED,    /* the called service crashed; nothing of the call took effect there */
    SVSM_E_WITHDRAWN,  /* it crashed too often and is gone */
    SVSM_E_TIMED_OUT,  SVSM_E_UNSUPPORTED, /* no such operation */
    SVSM_E_REFUSED,                        /* any other result code of the service */
};

/* One call as its handler sees it. */
struct svsm_call {
    uint64_t operation;
    uint64_t args[SVSM_ARGS];
    uint64_t info;           /* SVSM_INFO_*, svsm/abi/call.h */
    uint64_t reply_len;      /* set by svsm_reply() */
    uint64_t out[SVSM_ARGS]; /* result registers, zero at first */
};

typedef uint32_t svsm_handler(struct svsm_call *call);

struct svsm_endpoint_table {
    svsm_handler *const *operations; /* NULL entries are answered SVSM_ERR_UNSUPPORTED_CALL */
    uint32_t count;
};

#define SVSM_ENDPOINTS_MAX 4

struct svsm_service {
    enum svsm_err (*init)(
        void); /* before the first call and after each return to the image; may be NULL */
    void (*event)(uint64_t bits); /* event bits were set; may be NULL */
    uint32_t endpoint_count;
    struct svsm_endpoint_table endpoints[SVSM_ENDPOINTS_MAX];
};
extern const struct svsm_service svsm_service;

/* The input window behind argument `arg`, its length being argument `len_arg`. */
static inline const void *svsm_input(const struct svsm_call *call, unsigned arg)
{
    return (const void *)call->args[arg]; /* SAFETY: ring 0 put the window's address there */
}

/* The output window behind argument `arg`. */
static inline void *svsm_output(const struct svsm_call *call, unsigned arg)
{
    return (void *)call->args[arg]; /* SAFETY: as above */
}

/* The output half of a window of rights "rw", whose input half is svsm_input(). */
void *svsm_reply_window(const struct svsm_call *call);

/* Hand out the first `len` bytes of the output window; at most what its length argument said. */
static inline void svsm_reply(struct svsm_call *call, size_t len)
{
    call->reply_len = len;
}

/* Handles: one-word types, found by the names of the manifest. A name the manifest does not have
 * is a mistake of the service, so these end it with a message instead of failing. */
struct svsm_endpoint {
    uint32_t handle;
};
struct svsm_event {
    uint32_t handle;
};
struct svsm_device {
    uint32_t handle;
};
struct svsm_control {
    uint32_t handle;
};
struct svsm_endpoint svsm_endpoint(const char *name);
struct svsm_event svsm_event(const char *name);
struct svsm_device svsm_device(const char *name);
struct svsm_control svsm_control(const char *name);

/*
 * Call another service. `args` go in, result registers come out in the same array. The raw result
 * code is stored in *result if that is not NULL.
 */
enum svsm_err svsm_call(struct svsm_endpoint endpoint, uint32_t operation, uint64_t args[SVSM_ARGS],
                        uint32_t *result);
enum svsm_err svsm_err_of(uint32_t result);

/* Leases of the current call, by number (the value of their address argument). svsm_lease_read()
 * fails only where the memory is a guest's that is gone: answer SVSM_ERR_INVALID_ADDRESS. */
enum svsm_err svsm_lease_read(uint64_t lease, uint64_t offset, void *dst, size_t size);
void svsm_lease_write(uint64_t lease, uint64_t offset, const void *src, size_t size);

void svsm_notify(struct svsm_event event, uint64_t bits);
void svsm_yield(void);

/* Device ports: `port` counts from the device's first. */
uint8_t svsm_in8(struct svsm_device device, uint32_t port);
void svsm_out8(struct svsm_device device, uint32_t port, uint8_t value);
void svsm_in_string(struct svsm_device device, uint32_t port, void *dst, size_t size);
void svsm_out_string(struct svsm_device device, uint32_t port, const void *src, size_t size);

/* Set `bits` in the own event word at or after `when` (svsm_clock_ns() time); 0 cancels. */
void svsm_timer(uint64_t when, uint64_t bits);
/* Stand still until one of `bits` is set in the own event word or `when` is reached. */
enum svsm_err svsm_wait(uint64_t when, uint64_t bits, uint64_t *taken);

[[gnu::format(printf, 2, 3)]] void svsm_log(enum svsm_log_level level, const char *format, ...);
[[gnu::noreturn]] void svsm_panic(uint64_t code, const char *text);

/* What ring 0 tells the task about itself; read-only. */
const struct svsm_task_info *svsm_info(void);
static inline uint32_t svsm_cpu_features(void)
{
    return svsm_info()->cpu_features;
}
