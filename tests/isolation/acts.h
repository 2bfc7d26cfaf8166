/* SPDX-License-Identifier: MIT */
/*
 * The forbidden acts, one line each: name, what must come of it.
 *   EXC(v)   killed by CPU exception v (or v & 0xff, or v >> 8)
 *   FLT(c)   killed by fault cause SVSM_FAULT_c
 *   HARMLESS it may do this, and nothing comes of it (the act itself checks, result 0)
 * QEMU 7.2 pops IRET's and LRET's frames with ring 0's rights, so SMAP answers #PF where a CPU says
 * #GP. A kernel address in a buffer argument has bit 63 set and so names a lease that does not
 * exist. The attacker is put back to its measured image after each, so every act is made by a fresh
 * task.
 */
#pragma once

#define ACTS(EXC, FLT, HARMLESS)                                                                   \
    /* Memory that is not its own. */                                                              \
    EXC(read_kernel_text, 14)                                                                      \
    EXC(write_kernel_text, 14)                                                                     \
    EXC(execute_kernel_text, 14)                                                                   \
    EXC(read_kernel_top, 14)                                                                       \
    EXC(read_kernel_half_bottom, 14)                                                               \
    EXC(read_kernel_half_middle, 14)                                                               \
    EXC(read_noncanonical, 13)                                                                     \
    EXC(execute_noncanonical, 13)                                                                  \
    EXC(read_null, 14)                                                                             \
    EXC(write_null, 14)                                                                            \
    EXC(execute_null, 14)                                                                          \
    EXC(read_user_end, 14)                                                                         \
    EXC(read_above_4g, 14)                                                                         \
    EXC(read_behind_heap, 14)                                                                      \
    EXC(read_before_image, 14)                                                                     \
    EXC(read_other_activation_stack, 14)                                                           \
    EXC(read_other_activation_request, 14)                                                         \
    EXC(read_behind_request_window, 14)                                                            \
    EXC(read_behind_reply_window, 14)                                                              \
    EXC(read_local_apic, 14)                                                                       \
    EXC(read_low_bios_memory, 14)                                                                  \
    HARMLESS(find_victims_secret)                                                                  \
    /* Its own memory, wrongly. */                                                                 \
    EXC(write_own_code, 14)                                                                        \
    EXC(write_own_constants, 14)                                                                   \
    EXC(execute_own_data, 14)                                                                      \
    EXC(execute_own_heap, 14)                                                                      \
    EXC(execute_own_stack, 14)                                                                     \
    EXC(execute_request_window, 14)                                                                \
    EXC(execute_reply_window, 14)                                                                  \
    EXC(execute_thread_area, 14)                                                                   \
    EXC(write_time_page, 14)                                                                       \
    EXC(write_info_page, 14)                                                                       \
    EXC(execute_info_page, 14)                                                                     \
    FLT(touch_stack_guard, STACK)                                                                  \
    FLT(recurse_into_guard, STACK)                                                                 \
    /* Privileged instructions. */                                                                 \
    EXC(insn_hlt, 13)                                                                              \
    EXC(insn_cli, 13)                                                                              \
    EXC(insn_sti, 13)                                                                              \
    EXC(insn_in, 13)                                                                               \
    EXC(insn_out, 13)                                                                              \
    EXC(insn_insb, 13)                                                                             \
    EXC(insn_outsb, 13)                                                                            \
    EXC(insn_rdmsr, 13)                                                                            \
    EXC(insn_wrmsr, 13)                                                                            \
    EXC(insn_read_cr0, 13)                                                                         \
    EXC(insn_read_cr2, 13)                                                                         \
    EXC(insn_read_cr3, 13)                                                                         \
    EXC(insn_read_cr4, 13)                                                                         \
    EXC(insn_write_cr0, 13)                                                                        \
    EXC(insn_write_cr3, 13)                                                                        \
    EXC(insn_write_cr4, 13)                                                                        \
    EXC(insn_write_cr8, 13)                                                                        \
    EXC(insn_read_dr7, 13)                                                                         \
    EXC(insn_write_dr0, 13)                                                                        \
    EXC(insn_lgdt, 13)                                                                             \
    EXC(insn_lidt, 13)                                                                             \
    EXC(insn_lldt, 13)                                                                             \
    EXC(insn_ltr, 13)                                                                              \
    EXC(insn_sgdt, 13)                                                                             \
    EXC(insn_sidt, 13)                                                                             \
    EXC(insn_sldt, 13)                                                                             \
    EXC(insn_str, 13)                                                                              \
    EXC(insn_smsw, 13)                                                                             \
    EXC(insn_clts, 13)                                                                             \
    EXC(insn_lmsw, 13)                                                                             \
    EXC(insn_invd, 13)                                                                             \
    EXC(insn_wbinvd, 13)                                                                           \
    EXC(insn_invlpg, 13)                                                                           \
    EXC(insn_swapgs, 13)                                                                           \
    EXC(insn_sysret, 13)                                                                           \
    EXC(insn_rdpmc, 13)                                                                            \
    EXC(insn_xsetbv, 13)                                                                           \
    EXC(insn_wrfsbase, 6)                                                                          \
    EXC(insn_wrgsbase, 6)                                                                          \
    EXC(insn_vmrun, 6)                                                                             \
    EXC(insn_vmmcall, 6)                                                                           \
    EXC(insn_pvalidate, 6)                                                                         \
    EXC(insn_rsm, 6)                                                                               \
    EXC(insn_ud2, 6)                                                                               \
    EXC(int_0x80, 13)                                                                              \
    EXC(int_page_fault, 13)                                                                        \
    EXC(int_timer_vector, 13)                                                                      \
    EXC(load_kernel_data_selector, 13)                                                             \
    EXC(iret_to_ring_0, 13 | 14 << 8)                                                              \
    EXC(far_return_to_ring_0, 13 | 14 << 8)                                                        \
    EXC(single_step_itself, 1)                                                                     \
    EXC(divide_by_zero, 0)                                                                         \
    HARMLESS(popf_interrupts_off)                                                                  \
    HARMLESS(popf_io_privilege)                                                                    \
    HARMLESS(load_gs_selector)                                                                     \
    HARMLESS(direction_flag_into_kernel)                                                           \
    HARMLESS(alignment_flag_into_kernel)                                                           \
    /* System calls. */                                                                            \
    FLT(syscall_unknown, SYSCALL)                                                                  \
    FLT(syscall_huge_number, SYSCALL)                                                              \
    FLT(call_bad_handle, HANDLE)                                                                   \
    FLT(call_wrong_type, HANDLE)                                                                   \
    FLT(call_huge_handle, HANDLE)                                                                  \
    HARMLESS(call_unknown_operation)                                                               \
    FLT(call_window_in_kernel, LEASE)                                                              \
    FLT(call_window_wraps, POINTER)                                                                \
    FLT(call_window_crosses_heap_end, POINTER)                                                     \
    FLT(call_reply_into_own_code, POINTER)                                                         \
    FLT(call_reply_into_time_page, POINTER)                                                        \
    HARMLESS(call_window_too_long)                                                                 \
    FLT(call_forged_lease, LEASE)                                                                  \
    FLT(lease_read_without_lease, LEASE)                                                           \
    FLT(lease_write_without_lease, LEASE)                                                          \
    FLT(notify_bad_handle, HANDLE)                                                                 \
    FLT(notify_wrong_type, HANDLE)                                                                 \
    FLT(log_from_kernel, POINTER)                                                                  \
    FLT(log_wraps, POINTER)                                                                        \
    FLT(log_bad_level, ARGUMENT)                                                                   \
    FLT(random_into_kernel, POINTER)                                                               \
    FLT(random_into_own_code, POINTER)                                                             \
    FLT(random_too_much, ARGUMENT)                                                                 \
    FLT(snp_request, HANDLE)                                                                       \
    FLT(host_io_without_device, HANDLE)                                                            \
    FLT(control_bad_handle, HANDLE)                                                                \
    FLT(control_wrong_type, HANDLE)                                                                \
    FLT(timer_bad_mode, ARGUMENT)                                                                  \
    FLT(return_long_reply, REPLY)                                                                  \
    FLT(return_long_code, ARGUMENT)                                                                \
    FLT(panic_text_in_kernel, POINTER)                                                             \
    FLT(panic, PANIC)                                                                              \
    /* Time, volume, leaks. */                                                                     \
    FLT(endless_loop, BUDGET)                                                                      \
    FLT(endless_system_calls, BUDGET)                                                              \
    HARMLESS(log_flood)                                                                            \
    HARMLESS(registers_at_entry)                                                                   \
    HARMLESS(vectors_at_entry)                                                                     \
    HARMLESS(registers_after_system_call)                                                          \
    HARMLESS(vectors_after_call)

#define ACT_NUMBER_EXC(name, vector) ACT_##name,
#define ACT_NUMBER_FLT(name, cause) ACT_##name,
#define ACT_NUMBER_HARMLESS(name) ACT_##name,
enum act { ACTS(ACT_NUMBER_EXC, ACT_NUMBER_FLT, ACT_NUMBER_HARMLESS) ACT_COUNT };
