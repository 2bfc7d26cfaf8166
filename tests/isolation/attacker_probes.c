/* SPDX-License-Identifier: MIT */
/* The sweeps of probes.h. They end by SVSM_SYS_RETURN: what a probe wrote may be the stack. */
#include "attacker.h"

extern uint8_t task_text_end[], task_rodata[], task_rodata_end[], task_data[], task_data_end[];

struct range {
    uint64_t start, end;
};

static uint64_t of(const uint8_t *symbol)
{
    return (uint64_t)(uintptr_t)symbol;
}

static struct range image_range(enum probe_area area)
{
    switch (area) {
    case AREA_text:
        return (struct range){SVSM_IMAGE_VA, of(task_text_end)};
    case AREA_rodata:
        return (struct range){of(task_rodata), of(task_rodata_end)};
    default:
        return (struct range){of(task_data), of(task_data_end)};
    }
}

static struct range range_of(enum probe_area area)
{
    const struct svsm_task_info *info = raw_info();
    switch (area) {
    case AREA_time:
        return (struct range){SVSM_TIME_VA, SVSM_TIME_VA + 4096};
    case AREA_info:
        return (struct range){SVSM_INFO_VA, SVSM_INFO_VA + 4096};
    case AREA_heap:
        return (struct range){SVSM_HEAP_VA, SVSM_HEAP_VA + info->heap_size};
    case AREA_stack:
        return (struct range){stack_top() - info->stack_size, stack_top()};
    case AREA_tls:
        return (struct range){SVSM_TLS_VA, SVSM_TLS_VA + SVSM_TLS_BYTES};
    case AREA_request:
        return (struct range){SVSM_REQUEST_VA, SVSM_REQUEST_VA + info->request_size};
    case AREA_reply:
        return (struct range){SVSM_REPLY_VA, SVSM_REPLY_VA + info->reply_size};
    case AREA_null:
        return (struct range){0, 4096};
    case AREA_hole:
        return (struct range){SVSM_STACK_VA, SVSM_STACK_VA + 4096};
    case AREA_user_end:
        return (struct range){SVSM_USER_END, SVSM_USER_END + 4096};
    case AREA_noncanonical:
        return (struct range){UINT64_C(0x800000000000), UINT64_C(0x800000001000)};
    case AREA_kernel:
        return (struct range){KERNEL_TEXT, KERNEL_TEXT + 4096};
    default:
        return image_range(area);
    }
}

static struct range place(enum probe_kind kind, enum probe_area area, enum probe_form form)
{
    struct range r = range_of(area);
    uint64_t size = probe_bytes(kind);
    switch (form) {
    case FORM_last:
        return (struct range){r.end - size, r.end};
    case FORM_before:
        return (struct range){r.start - 1, r.start - 1 + size};
    case FORM_over:
        return (struct range){r.end - size + 1, r.end + 1};
    case FORM_behind:
        return (struct range){r.end, r.end + size};
    case FORM_nothing:
        return (struct range){r.end, r.end};
    case FORM_huge:
        return (struct range){r.start, r.start - 8}; /* a length of 2^64 - 8 */
    default:
        return (struct range){r.start, r.start + size};
    }
}

/* How many of the bytes does ring 0 accept, and where: the system calls that take a pointer. */
static uint64_t pointer(enum probe_kind kind, uint64_t va, uint64_t size)
{
    const uint64_t other = SVSM_HEAP_VA + 4096;
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint32_t device = raw_handle("scratch", SVSM_HANDLE_DEVICE);
    const uint32_t self = raw_handle("attacker", SVSM_HANDLE_CONTROL);
    switch (kind) {
    case PROBE_log:
        return raw_syscall(SVSM_SYS_LOG, 3, va, size, 0, 0, 0).rax;
    case PROBE_panic:
        return raw_syscall(SVSM_SYS_PANIC, 1, va, size, 0, 0, 0).rax;
    case PROBE_random:
        return raw_syscall(SVSM_SYS_RANDOM, va, size, 0, 0, 0, 0).rax;
    case PROBE_status:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_STATUS, va, 0, 0, 0).rax;
    case PROBE_fault_read:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_FAULT_READ, 0, va, 0, 0).rax;
    case PROBE_io_string_out:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_OUTS8, 7, va, size, 0).rax;
    case PROBE_io_string_in:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_INS8, 7, va, size, 0).rax;
    case PROBE_window_in:
        return raw_call(victim, VICTIM_COPY, va, size, other, 8).rax;
    case PROBE_window_out:
        return raw_call(victim, VICTIM_COPY, other, 8, va, size).rax;
    case PROBE_lend_to_read:
        return raw_call(victim, VICTIM_BORROW, va, size, other, 8).rax;
    case PROBE_lend_to_write:
        return raw_call(victim, VICTIM_BORROW, other, 8, va, size).rax;
    default:
        return NOT_STOPPED;
    }
}

static uint64_t handle_value(uint32_t index)
{
    const uint64_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint64_t values[] = {31,
                               32,
                               33,
                               255,
                               UINT32_MAX,
                               UINT64_C(1) << 32,
                               UINT64_C(1) << 32 | victim,
                               UINT64_C(1) << 33 | raw_handle("scratch", SVSM_HANDLE_DEVICE),
                               UINT64_C(1) << 34 | raw_handle("attacker", SVSM_HANDLE_CONTROL),
                               UINT64_C(1) << 62 | raw_handle("victim", SVSM_HANDLE_EVENT),
                               UINT64_C(1) << 63,
                               UINT64_MAX};
    const uint32_t count = sizeof(values) / sizeof(values[0]);
    return index < count ? values[index] : index - count;
}

static int handle_fits(uint64_t handle, enum svsm_handle_type type)
{
    return handle < raw_info()->handle_count && raw_info()->handles[handle].type == (uint32_t)type;
}

static uint64_t handle(enum probe_kind kind, uint64_t h)
{
    const uint64_t heap = SVSM_HEAP_VA;
    switch (kind) {
    case PROBE_handle_call:
        return handle_fits(h, SVSM_HANDLE_ENDPOINT)
                   ? PROBE_SKIPPED
                   : raw_syscall(SVSM_SYS_CALL, h, 0, 0, 0, 0, 0).rax;
    case PROBE_handle_notify:
        return handle_fits(h, SVSM_HANDLE_EVENT)
                   ? PROBE_SKIPPED
                   : raw_syscall(SVSM_SYS_NOTIFY, h, 1, 0, 0, 0, 0).rax;
    case PROBE_handle_io:
        return handle_fits(h, SVSM_HANDLE_DEVICE)
                   ? PROBE_SKIPPED
                   : raw_syscall(SVSM_SYS_HOST_IO, h, SVSM_IO_IN8, 0, 0, 0, 0).rax;
    case PROBE_handle_control:
        return handle_fits(h, SVSM_HANDLE_CONTROL)
                   ? PROBE_SKIPPED
                   : raw_syscall(SVSM_SYS_TASK_CTL, h, SVSM_CTL_STATUS, heap, 0, 0, 0).rax;
    case PROBE_handle_snp:
        return raw_syscall(SVSM_SYS_SNP_REQUEST, h, heap, 64, heap, 64, 0).rax;
    case PROBE_handle_log:
        return raw_syscall(SVSM_SYS_TASK_CTL, h, SVSM_CTL_LOG_READ, 0, heap, 0, 0).rax;
    default:
        return NOT_STOPPED;
    }
}

/* Numbers that are none, among them right ones with bits above set. */
static uint64_t number_value(uint32_t index)
{
    return index < 19 ? SVSM_SYS_COUNT + index : UINT64_C(1) << (index * 4 - 68) | SVSM_SYS_RANDOM;
}

void attack_probe(enum probe_kind kind, uint32_t area, uint32_t form)
{
    uint64_t result;
    if (kind < PROBE_POINTER_KINDS) {
        struct range r = place(kind, (enum probe_area)area, (enum probe_form)form);
        result = pointer(kind, r.start, r.end - r.start);
    } else if (kind < PROBE_number) {
        result = handle(kind, handle_value(area));
    } else {
        result = raw_syscall(number_value(area), SVSM_HEAP_VA, 8, 0, 0, 0, 0).rax;
    }
    (void)raw_syscall(SVSM_SYS_RETURN, result, 0, 0, 0, 0, 0);
    __builtin_trap();
}
