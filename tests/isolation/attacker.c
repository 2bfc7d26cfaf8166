/* SPDX-License-Identifier: MIT */
/*
 * The attacker: operation 0 commits the forbidden act whose number it is given. An act that
 * returns has not been stopped; acts marked HARMLESS return 0 if indeed nothing came of them.
 *
 * SAFETY: every asm block and every address here is meant to be refused by what is under test.
 */
#include "acts.h"
#include "attacker.h"
#include "attacks.h"

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

uint64_t task_main(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t info)
{
    uint64_t act = op == 1 ? a3 : a0;
    (void)info;
    if (op == SVSM_OP_INIT) {
        return 0;
    }
    if (op == 2) {
        (void)raw_syscall(SVSM_SYS_RETURN, 0, 0, raw_info()->task, 0, 0, 0);
    }
    if (act == ACT_PROBE) {
        attack_probe((enum probe_kind)a1, (uint32_t)a2, (uint32_t)a3);
    }
    if (act <= ACT_recurse_into_guard && act != ACT_find_victims_secret) {
        foreign_memory_act((enum act)act);
        own_memory_act((enum act)act);
        return NOT_STOPPED;
    }
    if (act >= ACT_insn_hlt && act <= ACT_trap_flag_into_kernel) {
        attack_instruction((enum act)act);
        return NOT_STOPPED;
    }
    if (act >= ACT_popf_interrupts_off && act <= ACT_crash_with_endless_frames) {
        return attack_flags_and_stack((enum act)act);
    }
    if (act >= ACT_syscall_unknown && act <= ACT_panic) {
        return attack_system_call((enum act)act);
    }
    if (act >= ACT_lease_proper_use && act <= ACT_yield_with_writes_queued) {
        return attack_lease((enum act)act);
    }
    return attack_behaviour((enum act)act);
}
