/* SPDX-License-Identifier: MIT */
/* System calls misused, one act each. SAFETY: of the addresses: ring 0 is to refuse them. */
#include "attacker.h"

/* Two lines as ring 0 would write them, if it let a task's line ends and escapes through. */
static const char forged[] = "x\r\n[    9.000000] ring0 info forged\n\x1b[2J";

static uint64_t call_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint64_t heap_end = heap + raw_info()->heap_size;
    const uint64_t kernel = KERNEL_TEXT;
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint32_t event = raw_handle("victim", SVSM_HANDLE_EVENT);
    switch (act) {
    case ACT_call_bad_handle:
        return raw_call(raw_info()->handle_count, 0, 0, 0, 0, 0).rax;
    case ACT_call_wrong_type:
        return raw_call(event, 0, 0, 0, 0, 0).rax;
    case ACT_call_huge_handle:
        return raw_syscall(SVSM_SYS_CALL, UINT64_C(1) << 40, 0, 0, 0, 0, 0).rax;
    case ACT_call_unknown_operation:
        return raw_call(victim, 15, 0, 0, 0, 0).rax == SVSM_ERR_UNSUPPORTED_CALL ? 0 : NOT_STOPPED;
    case ACT_call_huge_operation:
        return raw_call(victim, UINT64_MAX, 0, 0, 0, 0).rax == SVSM_ERR_UNSUPPORTED_CALL
                   ? 0
                   : NOT_STOPPED;
    case ACT_call_operation_high_bits:
        return raw_call(victim, UINT64_C(1) << 32, 0, 0, 0, 0).rax == SVSM_ERR_UNSUPPORTED_CALL
                   ? 0
                   : NOT_STOPPED;
    case ACT_call_window_in_kernel:
        return raw_call(victim, 1, kernel, 16, heap, 16).rax;
    case ACT_call_window_wraps:
        return raw_call(victim, 1, UINT64_MAX >> 1, 4096, heap, 16).rax;
    case ACT_call_window_crosses_heap_end:
        return raw_call(victim, 1, heap_end - 8, 9, heap, 16).rax;
    case ACT_call_reply_into_own_code:
        return raw_call(victim, 1, heap, 16, SVSM_IMAGE_VA, 16).rax;
    case ACT_call_reply_into_time_page:
        return raw_call(victim, 1, heap, 16, SVSM_TIME_VA, 16).rax;
    case ACT_call_window_too_long:
        return raw_call(victim, 1, heap, 4097, heap, 16).rax == SVSM_ERR_INVALID_PARAMETER
                   ? 0
                   : NOT_STOPPED;
    case ACT_call_forged_lease:
        return raw_call(victim, 1, SVSM_LEASE_REF(0, 0), 16, heap, 16).rax;
    default:
        return NOT_STOPPED;
    }
}

static uint64_t handle_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint32_t event = raw_handle("victim", SVSM_HANDLE_EVENT);
    const uint32_t self = raw_handle("attacker", SVSM_HANDLE_CONTROL);
    switch (act) {
    case ACT_notify_bad_handle:
        return raw_syscall(SVSM_SYS_NOTIFY, 999, 1, 0, 0, 0, 0).rax;
    case ACT_notify_wrong_type:
        return raw_syscall(SVSM_SYS_NOTIFY, victim, 1, 0, 0, 0, 0).rax;
    case ACT_notify_bits_not_granted:
        return raw_syscall(SVSM_SYS_NOTIFY, event, 3, 0, 0, 0, 0).rax;
    case ACT_snp_request:
        return raw_syscall(SVSM_SYS_SNP_REQUEST, 0, 0, 0, 0, 0, 0).rax;
    case ACT_control_bad_handle:
        return raw_syscall(SVSM_SYS_TASK_CTL, 999, 0, heap, 0, 0, 0).rax;
    case ACT_control_wrong_type:
        return raw_syscall(SVSM_SYS_TASK_CTL, victim, SVSM_CTL_KILL, 0, 0, 0, 0).rax;
    case ACT_control_unknown:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, 6, heap, 0, 0, 0).rax;
    case ACT_inject_system_call_without_right:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_INJECT_SYSCALL, 1, 0, 0, 0).rax;
    case ACT_inject_time_without_right:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_INJECT_TIME, 1, 0, 0, 0).rax;
    case ACT_read_log_without_handle:
        return raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_LOG_READ, 0, heap, 0, 0).rax;
    case ACT_kill_itself:
        (void)raw_syscall(SVSM_SYS_TASK_CTL, self, SVSM_CTL_KILL, 0, 0, 0, 0);
        (void)raw_syscall(SVSM_SYS_RANDOM, heap, 8, 0, 0, 0, 0);
        return NOT_STOPPED;
    default:
        return NOT_STOPPED;
    }
}

static uint64_t io_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint32_t device = raw_handle("scratch", SVSM_HANDLE_DEVICE);
    switch (act) {
    case ACT_host_io_without_device:
        return raw_syscall(SVSM_SYS_HOST_IO, 999, SVSM_IO_OUT8, 0, 0, 0, 0).rax;
    case ACT_io_behind_last_port:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_IN8, 8, 0, 0, 0).rax;
    case ACT_io_wide_over_last_port:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_IN32, 5, 0, 0, 0).rax;
    case ACT_io_offset_to_console:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_OUT8, 0x3f8 - 0x2e8, '!', 0, 0).rax;
    case ACT_io_offset_wraps:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_OUT16, UINT64_MAX, 0, 0, 0).rax;
    case ACT_io_offset_high_bits:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_IN8, UINT64_C(1) << 32, 0, 0, 0).rax;
    case ACT_io_unknown_form:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_OUTS8 + 1, 0, 0, 0, 0).rax;
    case ACT_io_huge_form:
        return raw_syscall(SVSM_SYS_HOST_IO, device, UINT64_C(1) << 32, 0, 0, 0, 0).rax;
    case ACT_io_string_too_long:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_OUTS8, 7, heap, 4097, 0).rax;
    case ACT_io_string_length_wraps:
        return raw_syscall(SVSM_SYS_HOST_IO, device, SVSM_IO_INS8, 7, heap, UINT64_MAX, 0).rax;
    default:
        return NOT_STOPPED;
    }
}

static uint64_t other_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint64_t kernel = KERNEL_TEXT;
    switch (act) {
    case ACT_syscall_unknown:
        return raw_syscall(SVSM_SYS_COUNT, 0, 0, 0, 0, 0, 0).rax;
    case ACT_syscall_huge_number:
        return raw_syscall(UINT64_MAX, 0, 0, 0, 0, 0, 0).rax;
    case ACT_lease_read_without_lease:
        return raw_syscall(SVSM_SYS_LEASE_READ, 0, 0, heap, 1, 0, 0).rax;
    case ACT_lease_write_without_lease:
        return raw_syscall(SVSM_SYS_LEASE_WRITE, 0, 0, heap, 1, 0, 0).rax;
    case ACT_log_from_kernel:
        return raw_syscall(SVSM_SYS_LOG, 0, kernel, 16, 0, 0, 0).rax;
    case ACT_log_wraps:
        return raw_syscall(SVSM_SYS_LOG, 0, heap, UINT64_MAX, 0, 0, 0).rax;
    case ACT_log_bad_level:
        return raw_syscall(SVSM_SYS_LOG, 9, heap, 1, 0, 0, 0).rax;
    case ACT_log_huge_level:
        return raw_syscall(SVSM_SYS_LOG, UINT64_C(1) << 32, heap, 1, 0, 0, 0).rax;
    case ACT_log_forges_a_line:
        return raw_syscall(SVSM_SYS_LOG, 3, (uint64_t)(uintptr_t)forged, sizeof(forged) - 1, 0, 0,
                           0)
            .rax;
    case ACT_random_into_kernel:
        return raw_syscall(SVSM_SYS_RANDOM, kernel, 16, 0, 0, 0, 0).rax;
    case ACT_random_into_own_code:
        return raw_syscall(SVSM_SYS_RANDOM, SVSM_IMAGE_VA, 16, 0, 0, 0, 0).rax;
    case ACT_random_too_much:
        return raw_syscall(SVSM_SYS_RANDOM, heap, SVSM_RANDOM_MAX + 1, 0, 0, 0, 0).rax;
    case ACT_random_length_wraps:
        return raw_syscall(SVSM_SYS_RANDOM, heap, UINT64_MAX, 0, 0, 0, 0).rax;
    case ACT_timer_bad_mode:
        return raw_syscall(SVSM_SYS_TIMER_SET, 9, 0, 0, 0, 0, 0).rax;
    case ACT_timer_event_without_bits:
        return raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 1, 0, 0, 0, 0).rax;
    case ACT_return_long_reply:
        return raw_syscall(SVSM_SYS_RETURN, 0, 4096, 0, 0, 0, 0).rax;
    case ACT_return_long_code:
        return raw_syscall(SVSM_SYS_RETURN, UINT64_C(1) << 32, 0, 0, 0, 0, 0).rax;
    case ACT_return_huge_reply:
        return raw_syscall(SVSM_SYS_RETURN, 0, UINT64_MAX, 0, 0, 0, 0).rax;
    case ACT_panic_text_in_kernel:
        return raw_syscall(SVSM_SYS_PANIC, 1, kernel, 8, 0, 0, 0).rax;
    case ACT_panic_huge_text:
        return raw_syscall(SVSM_SYS_PANIC, 1, heap, UINT64_MAX, 0, 0, 0).rax;
    case ACT_panic:
        raw_panic(1, "gives up on purpose");
    default:
        return NOT_STOPPED;
    }
}

uint64_t attack_system_call(enum act act)
{
    if (act >= ACT_call_bad_handle && act <= ACT_call_forged_lease) {
        return call_act(act);
    }
    if ((act >= ACT_notify_bad_handle && act <= ACT_notify_bits_not_granted) ||
        act == ACT_snp_request || (act >= ACT_control_bad_handle && act <= ACT_kill_itself)) {
        return handle_act(act);
    }
    if (act >= ACT_host_io_without_device && act <= ACT_io_string_length_wraps) {
        return io_act(act);
    }
    return other_act(act);
}
