/* SPDX-License-Identifier: MIT */
/*
 * The service loop's one turn: which handler an upcall is for; and the system calls as functions.
 * Compiled without stack protector: rt_dispatch() is on the stack while rt_init() sets the canary.
 */
#include "rt.h"

#include <svsm/platform.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint32_t handle_call(struct svsm_call *call)
{
    uint32_t endpoint = SVSM_INFO_ENDPOINT(call->info);
    if (endpoint >= svsm_service.endpoint_count || endpoint >= SVSM_ENDPOINTS_MAX) {
        return SVSM_ERR_UNSUPPORTED_PROTOCOL;
    }
    const struct svsm_endpoint_table *t = &svsm_service.endpoints[endpoint];
    if (call->operation >= t->count || t->operations[call->operation] == NULL) {
        return SVSM_ERR_UNSUPPORTED_CALL;
    }
    return t->operations[call->operation](call);
}

uint32_t rt_dispatch(struct svsm_call *call)
{
    if (call->operation == SVSM_OP_INIT) {
        rt_init();
        rt_generation_seen(SVSM_INFO_GENERATION(call->info));
        return svsm_service.init == NULL ? SVSM_SUCCESS : (uint32_t)svsm_service.init();
    }
    rt_generation(SVSM_INFO_GENERATION(call->info));
    if (call->operation == SVSM_OP_EVENT) {
        if (svsm_service.event != NULL) {
            svsm_service.event(call->args[0]);
        }
        return SVSM_SUCCESS;
    }
    return handle_call(call);
}

static uint32_t handle_find(const char *name, enum svsm_handle_type type)
{
    const struct svsm_task_info *info = svsm_info();
    for (uint32_t i = 0; i < info->handle_count && i < SVSM_INFO_HANDLES; i++) {
        if (info->handles[i].type == (uint32_t)type &&
            strncmp(info->handles[i].name, name, SVSM_NAME_MAX) == 0) {
            return info->handles[i].handle;
        }
    }
    svsm_log(SVSM_LOG_ERROR, "the manifest gives no handle named %s", name);
    svsm_panic(1, "unknown handle name");
}

struct svsm_endpoint svsm_endpoint(const char *name)
{
    return (struct svsm_endpoint){handle_find(name, SVSM_HANDLE_ENDPOINT)};
}

struct svsm_event svsm_event(const char *name)
{
    return (struct svsm_event){handle_find(name, SVSM_HANDLE_EVENT)};
}

struct svsm_device svsm_device(const char *name)
{
    return (struct svsm_device){handle_find(name, SVSM_HANDLE_DEVICE)};
}

struct svsm_control svsm_control(const char *name)
{
    return (struct svsm_control){handle_find(name, SVSM_HANDLE_CONTROL)};
}

enum svsm_err svsm_err_of(uint32_t result)
{
    switch (result) {
    case SVSM_SUCCESS:
        return SVSM_OK;
    case SVSM_ERR_BUSY:
        return SVSM_E_BUSY;
    case SVSM_ERR_INCOMPLETE:
        return SVSM_E_INCOMPLETE;
    case SVSM_ERR_CRASHED:
        return SVSM_E_CRASHED;
    case SVSM_ERR_WITHDRAWN:
        return SVSM_E_WITHDRAWN;
    case SVSM_ERR_TIMED_OUT:
        return SVSM_E_TIMED_OUT;
    case SVSM_ERR_UNSUPPORTED_PROTOCOL:
    case SVSM_ERR_UNSUPPORTED_CALL:
        return SVSM_E_UNSUPPORTED;
    default:
        return SVSM_E_REFUSED;
    }
}

enum svsm_err svsm_call(struct svsm_endpoint endpoint, uint32_t operation, uint64_t args[SVSM_ARGS],
                        uint32_t *result)
{
    struct rt_result r =
        rt_syscall(SVSM_SYS_CALL, endpoint.handle, operation, args[0], args[1], args[2], args[3]);
    args[0] = r.rdx;
    args[1] = r.r10;
    args[2] = r.r8;
    args[3] = r.r9;
    if (result != NULL) {
        *result = (uint32_t)r.rax;
    }
    return svsm_err_of((uint32_t)r.rax);
}

static uint64_t address(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

enum svsm_err svsm_lease_read(uint64_t lease, uint64_t offset, void *dst, size_t size)
{
    struct rt_result r = rt_syscall(SVSM_SYS_LEASE_READ, lease, offset, address(dst), size, 0, 0);
    return svsm_err_of((uint32_t)r.rax);
}

uint32_t svsm_platform(enum svsm_snp what, void *in, void *out)
{
    uint32_t handle = handle_find("platform", SVSM_HANDLE_PLATFORM);
    return (uint32_t)rt_syscall(SVSM_SYS_SNP_REQUEST, handle, what, address(in), address(out), 0, 0)
        .rax;
}

void svsm_lease_write(uint64_t lease, uint64_t offset, const void *src, size_t size)
{
    (void)rt_syscall(SVSM_SYS_LEASE_WRITE, lease, offset, address(src), size, 0, 0);
}

void svsm_notify(struct svsm_event event, uint64_t bits)
{
    (void)rt_syscall(SVSM_SYS_NOTIFY, event.handle, bits, 0, 0, 0, 0);
}

void svsm_yield(void)
{
    (void)rt_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

uint8_t svsm_in8(struct svsm_device device, uint32_t port)
{
    return (uint8_t)rt_syscall(SVSM_SYS_HOST_IO, device.handle, SVSM_IO_IN8, port, 0, 0, 0).rax;
}

void svsm_out8(struct svsm_device device, uint32_t port, uint8_t value)
{
    (void)rt_syscall(SVSM_SYS_HOST_IO, device.handle, SVSM_IO_OUT8, port, value, 0, 0);
}

void svsm_in_string(struct svsm_device device, uint32_t port, void *dst, size_t size)
{
    (void)rt_syscall(SVSM_SYS_HOST_IO, device.handle, SVSM_IO_INS8, port, address(dst), size, 0);
}

void svsm_out_string(struct svsm_device device, uint32_t port, const void *src, size_t size)
{
    (void)rt_syscall(SVSM_SYS_HOST_IO, device.handle, SVSM_IO_OUTS8, port, address(src), size, 0);
}

void svsm_timer(uint64_t when, uint64_t bits)
{
    (void)rt_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, when, bits, 0, 0, 0);
}

enum svsm_err svsm_wait(uint64_t when, uint64_t bits, uint64_t *taken)
{
    struct rt_result r = rt_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, when, bits, 0, 0, 0);
    if (taken != NULL) {
        *taken = r.rdx;
    }
    return svsm_err_of((uint32_t)r.rax);
}

void svsm_log(enum svsm_log_level level, const char *format, ...)
{
    char text[SVSM_LOG_TEXT_MAX + 1];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len > 0) {
        size_t size = (size_t)len < SVSM_LOG_TEXT_MAX ? (size_t)len : SVSM_LOG_TEXT_MAX;
        (void)rt_syscall(SVSM_SYS_LOG, level, address(text), size, 0, 0, 0);
    }
}

void svsm_panic(uint64_t code, const char *text)
{
    (void)rt_syscall(SVSM_SYS_PANIC, code, address(text), strlen(text), 0, 0, 0);
    __builtin_trap();
}
