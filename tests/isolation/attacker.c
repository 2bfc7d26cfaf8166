/* SPDX-License-Identifier: MIT */
/*
 * The attacker: operation 0 commits the forbidden act whose number it is given. An act that
 * returns has not been stopped; acts marked HARMLESS return 0 if indeed nothing came of them.
 *
 * SAFETY: every asm block and every address here is meant to be refused by what is under test.
 */
#include "acts.h"
#include "attacks.h"
#include "../tasks/raw.h"

#define KERNEL_TEXT UINT64_C(0xffffffff80101000)
#define NOT_STOPPED 0xbad

static uint8_t own_data[64] __attribute__((aligned(16))) = {0xc3}; /* ret */
static const uint8_t own_constant[64] = {7};

static void read_at(uint64_t va)
{
    (void)*(volatile uint8_t *)va;
}

static void write_at(uint64_t va)
{
    *(volatile uint8_t *)va = 1;
}

static void execute_at(uint64_t va)
{
    ((void (*)(void))va)();
}

/* Where a returning instruction lies in memory that must not be executable. */
static void execute_own(uint64_t va)
{
    *(volatile uint8_t *)va = 0xc3;
    execute_at(va);
}

__attribute__((noinline)) static uint64_t recurse(uint64_t n)
{
    volatile uint8_t frame[512];
    frame[0] = (uint8_t)n;
    return n == UINT64_MAX ? 0 : recurse(n + 1) + frame[0];
}

static uint64_t stack_top(void)
{
    return SVSM_STACK_VA + SVSM_STACK_STRIDE;
}

/* Memory that is not its own, or not there. */
static void foreign_memory_act(enum act act)
{
    const struct svsm_task_info *info = raw_info();
    switch (act) {
    case ACT_read_kernel_text:
        read_at(KERNEL_TEXT);
        break;
    case ACT_write_kernel_text:
        write_at(KERNEL_TEXT);
        break;
    case ACT_execute_kernel_text:
        execute_at(KERNEL_TEXT);
        break;
    case ACT_read_kernel_top:
        read_at(UINT64_MAX);
        break;
    case ACT_read_kernel_half_bottom:
        read_at(UINT64_C(0xffff800000000000));
        break;
    case ACT_read_kernel_half_middle:
        read_at(UINT64_C(0xffffff0000000000));
        break;
    case ACT_read_noncanonical:
        read_at(UINT64_C(0x0000900000000000));
        break;
    case ACT_execute_noncanonical:
        execute_at(UINT64_C(0x0000900000000000));
        break;
    case ACT_read_null:
        read_at(0);
        break;
    case ACT_write_null:
        write_at(0);
        break;
    case ACT_execute_null:
        execute_at(0);
        break;
    case ACT_read_user_end:
        read_at(SVSM_USER_END);
        break;
    case ACT_read_above_4g:
        read_at(UINT64_C(0x100000000));
        break;
    case ACT_read_behind_heap:
        read_at(SVSM_HEAP_VA + info->heap_size);
        break;
    case ACT_read_before_image:
        read_at(SVSM_IMAGE_VA - 1);
        break;
    case ACT_read_other_activation_stack:
        read_at(stack_top() + SVSM_STACK_STRIDE - 8);
        break;
    case ACT_read_other_activation_request:
        read_at(SVSM_REQUEST_VA + SVSM_WINDOW_STRIDE);
        break;
    case ACT_read_behind_request_window:
        read_at(SVSM_REQUEST_VA + info->request_size);
        break;
    case ACT_read_behind_reply_window:
        read_at(SVSM_REPLY_VA + info->reply_size);
        break;
    case ACT_read_local_apic:
        read_at(UINT64_C(0xfee00000));
        break;
    case ACT_read_low_bios_memory:
        read_at(0x9fc00);
        break;
    default:
        break;
    }
}

/* Its own memory, used as it must not be. */
static void own_memory_act(enum act act)
{
    const struct svsm_task_info *info = raw_info();
    switch (act) {
    case ACT_write_own_code:
        write_at(SVSM_IMAGE_VA);
        break;
    case ACT_write_own_constants:
        write_at((uint64_t)(uintptr_t)own_constant);
        break;
    case ACT_execute_own_data:
        execute_at((uint64_t)(uintptr_t)own_data);
        break;
    case ACT_execute_own_heap:
        execute_own(SVSM_HEAP_VA);
        break;
    case ACT_execute_own_stack:
        execute_own(stack_top() - 4096);
        break;
    case ACT_execute_request_window:
        execute_own(SVSM_REQUEST_VA);
        break;
    case ACT_execute_reply_window:
        execute_own(SVSM_REPLY_VA);
        break;
    case ACT_execute_thread_area:
        execute_own(SVSM_TLS_VA);
        break;
    case ACT_write_time_page:
        write_at(SVSM_TIME_VA);
        break;
    case ACT_write_info_page:
        write_at(SVSM_INFO_VA);
        break;
    case ACT_execute_info_page:
        execute_at(SVSM_INFO_VA);
        break;
    case ACT_touch_stack_guard:
        write_at(stack_top() - info->stack_size - 1);
        break;
    case ACT_recurse_into_guard:
        (void)recurse(0);
        break;
    default:
        break;
    }
}

static uint64_t syscall_act(enum act act)
{
    const uint64_t heap = SVSM_HEAP_VA;
    const uint64_t heap_end = heap + raw_info()->heap_size;
    const uint64_t kernel = KERNEL_TEXT;
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint32_t event = raw_handle("victim", SVSM_HANDLE_EVENT);
    switch (act) {
    case ACT_syscall_unknown:
        return raw_syscall(SVSM_SYS_COUNT, 0, 0, 0, 0, 0, 0).rax;
    case ACT_syscall_huge_number:
        return raw_syscall(UINT64_MAX, 0, 0, 0, 0, 0, 0).rax;
    case ACT_call_bad_handle:
        return raw_call(raw_info()->handle_count, 0, 0, 0, 0, 0).rax;
    case ACT_call_wrong_type:
        return raw_call(event, 0, 0, 0, 0, 0).rax;
    case ACT_call_huge_handle:
        return raw_syscall(SVSM_SYS_CALL, UINT64_C(1) << 40, 0, 0, 0, 0, 0).rax;
    case ACT_call_unknown_operation:
        return raw_call(victim, 15, 0, 0, 0, 0).rax == SVSM_ERR_UNSUPPORTED_CALL ? 0 : NOT_STOPPED;
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
    case ACT_lease_read_without_lease:
        return raw_syscall(SVSM_SYS_LEASE_READ, 0, 0, heap, 1, 0, 0).rax;
    case ACT_lease_write_without_lease:
        return raw_syscall(SVSM_SYS_LEASE_WRITE, 0, 0, heap, 1, 0, 0).rax;
    case ACT_notify_bad_handle:
        return raw_syscall(SVSM_SYS_NOTIFY, 999, 1, 0, 0, 0, 0).rax;
    case ACT_notify_wrong_type:
        return raw_syscall(SVSM_SYS_NOTIFY, victim, 1, 0, 0, 0, 0).rax;
    case ACT_log_from_kernel:
        return raw_syscall(SVSM_SYS_LOG, 0, kernel, 16, 0, 0, 0).rax;
    case ACT_log_wraps:
        return raw_syscall(SVSM_SYS_LOG, 0, heap, UINT64_MAX, 0, 0, 0).rax;
    case ACT_log_bad_level:
        return raw_syscall(SVSM_SYS_LOG, 9, heap, 1, 0, 0, 0).rax;
    case ACT_random_into_kernel:
        return raw_syscall(SVSM_SYS_RANDOM, kernel, 16, 0, 0, 0, 0).rax;
    case ACT_random_into_own_code:
        return raw_syscall(SVSM_SYS_RANDOM, SVSM_IMAGE_VA, 16, 0, 0, 0, 0).rax;
    case ACT_random_too_much:
        return raw_syscall(SVSM_SYS_RANDOM, heap, SVSM_RANDOM_MAX + 1, 0, 0, 0, 0).rax;
    case ACT_snp_request:
        return raw_syscall(SVSM_SYS_SNP_REQUEST, 0, 0, 0, 0, 0, 0).rax;
    case ACT_host_io_without_device:
        return raw_syscall(SVSM_SYS_HOST_IO, 0, SVSM_IO_OUT8, 0, 0, 0, 0).rax;
    case ACT_control_bad_handle:
        return raw_syscall(SVSM_SYS_TASK_CTL, 999, 0, heap, 0, 0, 0).rax;
    case ACT_control_wrong_type:
        return raw_syscall(SVSM_SYS_TASK_CTL, victim, SVSM_CTL_KILL, 0, 0, 0, 0).rax;
    case ACT_timer_bad_mode:
        return raw_syscall(SVSM_SYS_TIMER_SET, 9, 0, 0, 0, 0, 0).rax;
    case ACT_return_long_reply:
        return raw_syscall(SVSM_SYS_RETURN, 0, 4096, 0, 0, 0, 0).rax;
    case ACT_return_long_code:
        return raw_syscall(SVSM_SYS_RETURN, UINT64_C(1) << 32, 0, 0, 0, 0, 0).rax;
    case ACT_panic_text_in_kernel:
        return raw_syscall(SVSM_SYS_PANIC, 1, kernel, 8, 0, 0, 0).rax;
    case ACT_panic:
        raw_panic(1, "gives up on purpose");
    default:
        return NOT_STOPPED;
    }
}

/* The victim keeps a secret at an address that it tells; the same address here must hold nothing
 * of it, nor may any page that the attacker can read. */
static uint64_t find_victims_secret(void)
{
    const uint64_t wanted = raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), 3, 0, 0, 0, 0).rdx;
    const struct svsm_task_info *info = raw_info();
    const uint64_t areas[][2] = {
        {SVSM_HEAP_VA, info->heap_size},
        {SVSM_REQUEST_VA, info->request_size},
        {SVSM_REPLY_VA, info->reply_size},
        {SVSM_TLS_VA, SVSM_TLS_BYTES},
        {stack_top() - info->stack_size, info->stack_size - 8192},
        {SVSM_INFO_VA, 4096},
        {SVSM_TIME_VA, 4096},
    };
    for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
        for (uint64_t at = 0; at < areas[i][1]; at += 8) {
            if ((*(volatile uint64_t *)(areas[i][0] + at) ^ UINT64_C(0x5a5a5a5a5a5a5a5a)) ==
                wanted) {
                return NOT_STOPPED;
            }
        }
    }
    return 0;
}

static uint64_t log_flood(void)
{
    static const char text[] = "flood";
    for (int i = 0; i < 5000; i++) {
        (void)raw_syscall(SVSM_SYS_LOG, 3 /* debug */, (uint64_t)(uintptr_t)text, sizeof(text) - 1,
                          0, 0, 0);
    }
    return 0;
}

static uint64_t registers_at_entry(void)
{
    uint64_t any = 0;
    for (size_t i = 0; i < 9; i++) {
        /* SYSRET: RCX is where this task starts, R11 its flags. */
        any |= entry_state[i] ^ (i == 2 ? SVSM_IMAGE_VA : i == 4 ? 0x202 : 0);
    }
    return any == 0 ? 0 : NOT_STOPPED;
}

static uint64_t vectors_at_entry(void)
{
    /* FXSAVE: control words at their start values, every ST and XMM register zero. */
    const uint16_t fcw = *(const uint16_t *)entry_vectors;
    const uint32_t mxcsr = *(const uint32_t *)(entry_vectors + 24);
    uint8_t any = 0;
    for (size_t i = 32; i < 416; i++) {
        any |= entry_vectors[i];
    }
    return fcw == 0x37f && mxcsr == 0x1f80 && any == 0 ? 0 : NOT_STOPPED;
}

static uint64_t behaviour_act(enum act act)
{
    switch (act) {
    case ACT_find_victims_secret:
        return find_victims_secret();
    case ACT_endless_loop:
        for (;;) {
            __asm__ volatile("");
        }
    case ACT_endless_system_calls:
        for (;;) {
            (void)raw_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 0, 0, 0, 0, 0);
        }
    case ACT_log_flood:
        return log_flood();
    case ACT_registers_at_entry:
        return registers_at_entry();
    case ACT_vectors_at_entry:
        return vectors_at_entry();
    case ACT_registers_after_system_call:
        return attack_registers_after_system_call();
    case ACT_vectors_after_call:
        (void)raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), 2, 0, 0, 0, 0);
        return attack_vectors_are_clear();
    case ACT_popf_interrupts_off:
        return attack_popf(0x200, 0);
    case ACT_popf_io_privilege:
        return attack_popf(0, 0x3000);
    case ACT_load_gs_selector:
        attack_load_gs();
        return 0;
    case ACT_direction_flag_into_kernel:
        attack_flags_into_kernel(0x400);
        return 0;
    case ACT_alignment_flag_into_kernel:
        attack_flags_into_kernel(0x40000);
        return 0;
    default:
        return NOT_STOPPED;
    }
}

uint64_t task_main(uint64_t op, uint64_t act, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    (void)a1;
    (void)a2;
    (void)a3;
    (void)info;
    if (op == SVSM_OP_INIT) {
        return 0;
    }
    if (act <= ACT_recurse_into_guard && act != ACT_find_victims_secret) {
        foreign_memory_act((enum act)act);
        own_memory_act((enum act)act);
        return NOT_STOPPED;
    }
    if (act >= ACT_insn_hlt && act <= ACT_divide_by_zero) {
        attack_instruction((enum act)act);
        return NOT_STOPPED;
    }
    if (act >= ACT_syscall_unknown && act <= ACT_panic) {
        return syscall_act((enum act)act);
    }
    return behaviour_act((enum act)act);
}
