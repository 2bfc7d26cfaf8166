/* SPDX-License-Identifier: MIT */
/*
 * The forbidden acts, one line each: name, what must come of it.
 *   EXC(v)   killed by CPU exception v (or v & 0xff, or v >> 8)
 *   FLT(c)   killed by fault cause SVSM_FAULT_c
 *   HARMLESS it may do this, and nothing comes of it (the act itself checks, result 0)
 *   RESULT(r) the call is answered r
 * MAY_PASS: QEMU 10 does nothing for INVD and WBINVD at CPL 3, where a CPU says #GP (QEMU 7.2 too);
 * isolation.sh allows that to QEMU 10 alone. Where two vectors are allowed, AMD, Intel and QEMU
 * differ. QEMU 7.2 pops IRET's and LRET's frames with ring 0's rights, so SMAP answers #PF where a
 * CPU says #GP. A kernel address in a buffer argument has bit 63 set and so names a lease that does
 * not exist. The attacker is put back to its measured image after each fault. The order matters:
 * the attacker tells by it which function an act belongs to.
 */
#pragma once
#include <stdint.h>

#define MAY_PASS (1u << 16)
#define NOT_STOPPED 0xbad /* the answer of an act that should not have got so far */

#define ACTS(EXC, FLT, HARMLESS, RESULT)                                                           \
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
    EXC(insn_in_console, 13)                                                                       \
    EXC(insn_out_reset, 13)                                                                        \
    EXC(insn_in_last_port, 13)                                                                     \
    EXC(insn_rep_insl, 13)                                                                         \
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
    EXC(insn_invd, 13 | MAY_PASS)                                                                  \
    EXC(insn_wbinvd, 13 | MAY_PASS)                                                                \
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
    EXC(insn_rdfsbase, 6)                                                                          \
    EXC(insn_rdgsbase, 6)                                                                          \
    EXC(insn_vmload, 6)                                                                            \
    EXC(insn_vmsave, 6)                                                                            \
    EXC(insn_stgi, 6)                                                                              \
    EXC(insn_clgi, 6)                                                                              \
    EXC(insn_skinit, 6)                                                                            \
    EXC(insn_invlpga, 6)                                                                           \
    EXC(insn_vmgexit, 6)                                                                           \
    EXC(insn_rmpadjust, 6)                                                                         \
    EXC(insn_rmpupdate, 6)                                                                         \
    EXC(insn_psmash, 6)                                                                            \
    EXC(insn_invlpgb, 6 | 13 << 8)                                                                 \
    EXC(insn_tlbsync, 6 | 13 << 8)                                                                 \
    EXC(insn_vmxon, 6 | 13 << 8)                                                                   \
    EXC(insn_vmcall, 6)                                                                            \
    EXC(insn_monitor, 6)                                                                           \
    EXC(insn_mwait, 6)                                                                             \
    EXC(insn_stac, 6)                                                                              \
    EXC(insn_clac, 6)                                                                              \
    EXC(insn_rdpkru, 6)                                                                            \
    EXC(insn_wrpkru, 6)                                                                            \
    EXC(insn_invpcid, 6 | 13 << 8)                                                                 \
    EXC(insn_xsaves, 6 | 13 << 8)                                                                  \
    EXC(insn_xrstors, 6 | 13 << 8)                                                                 \
    EXC(insn_sysenter, 6 | 13 << 8)                                                                \
    EXC(insn_sysexit, 6 | 13 << 8)                                                                 \
    EXC(int_0x80, 13)                                                                              \
    EXC(int_page_fault, 13)                                                                        \
    EXC(int_timer_vector, 13)                                                                      \
    EXC(int_nmi, 13)                                                                               \
    EXC(int_double_fault, 13)                                                                      \
    EXC(int_machine_check, 13)                                                                     \
    EXC(int_vmm_communication, 13)                                                                 \
    EXC(int_spurious_vector, 13)                                                                   \
    EXC(int3, 3)                                                                                   \
    EXC(int1, 1 | 6 << 8)                                                                          \
    EXC(load_kernel_data_selector, 13)                                                             \
    EXC(iret_to_ring_0, 13 | 14 << 8)                                                              \
    EXC(far_return_to_ring_0, 13 | 14 << 8)                                                        \
    EXC(far_call_to_ring_0, 13)                                                                    \
    EXC(far_jump_to_32_bit_code, 13 | 11 << 8)                                                     \
    EXC(far_call_to_task_state, 13)                                                                \
    EXC(single_step_itself, 1)                                                                     \
    EXC(divide_by_zero, 0)                                                                         \
    EXC(x87_exception, 16)                                                                         \
    EXC(trap_flag_into_kernel, 1)                                                                  \
    HARMLESS(popf_interrupts_off)                                                                  \
    HARMLESS(popf_io_privilege)                                                                    \
    HARMLESS(load_gs_selector)                                                                     \
    HARMLESS(direction_flag_into_kernel)                                                           \
    HARMLESS(alignment_flag_into_kernel)                                                           \
    HARMLESS(nested_task_flag_into_kernel)                                                         \
    HARMLESS(x87_exception_into_kernel)                                                            \
    HARMLESS(flags_across_interrupts)                                                              \
    /* Stacks that ring 0 must not trust. */                                                       \
    HARMLESS(stack_pointer_in_kernel)                                                              \
    HARMLESS(stack_pointer_noncanonical)                                                           \
    HARMLESS(stack_pointer_null)                                                                   \
    HARMLESS(stack_pointer_across_interrupts)                                                      \
    EXC(crash_with_stack_in_kernel, 6)                                                             \
    EXC(crash_with_frame_in_kernel, 6)                                                             \
    EXC(crash_with_frame_noncanonical, 6)                                                          \
    EXC(crash_with_frame_at_the_end, 6)                                                            \
    EXC(crash_with_frame_wrapping, 6)                                                              \
    EXC(crash_with_frame_of_itself, 6)                                                             \
    EXC(crash_with_endless_frames, 6)                                                              \
    /* System calls. */                                                                            \
    FLT(syscall_unknown, SYSCALL)                                                                  \
    FLT(syscall_huge_number, SYSCALL)                                                              \
    FLT(call_bad_handle, HANDLE)                                                                   \
    FLT(call_wrong_type, HANDLE)                                                                   \
    FLT(call_huge_handle, HANDLE)                                                                  \
    HARMLESS(call_unknown_operation)                                                               \
    HARMLESS(call_huge_operation)                                                                  \
    HARMLESS(call_operation_high_bits)                                                             \
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
    FLT(notify_bits_not_granted, HANDLE)                                                           \
    FLT(log_from_kernel, POINTER)                                                                  \
    FLT(log_wraps, POINTER)                                                                        \
    FLT(log_bad_level, ARGUMENT)                                                                   \
    FLT(log_huge_level, ARGUMENT)                                                                  \
    HARMLESS(log_forges_a_line)                                                                    \
    FLT(random_into_kernel, POINTER)                                                               \
    FLT(random_into_own_code, POINTER)                                                             \
    FLT(random_too_much, ARGUMENT)                                                                 \
    FLT(random_length_wraps, ARGUMENT)                                                             \
    FLT(snp_request, HANDLE)                                                                       \
    FLT(host_io_without_device, HANDLE)                                                            \
    FLT(io_behind_last_port, ARGUMENT)                                                             \
    FLT(io_wide_over_last_port, ARGUMENT)                                                          \
    FLT(io_offset_to_console, ARGUMENT)                                                            \
    FLT(io_offset_wraps, ARGUMENT)                                                                 \
    FLT(io_offset_high_bits, ARGUMENT)                                                             \
    FLT(io_unknown_form, ARGUMENT)                                                                 \
    FLT(io_huge_form, ARGUMENT)                                                                    \
    FLT(io_string_too_long, ARGUMENT)                                                              \
    FLT(io_string_length_wraps, ARGUMENT)                                                          \
    FLT(control_bad_handle, HANDLE)                                                                \
    FLT(control_wrong_type, HANDLE)                                                                \
    FLT(control_unknown, ARGUMENT)                                                                 \
    FLT(inject_system_call_without_right, HANDLE)                                                  \
    FLT(inject_time_without_right, HANDLE)                                                         \
    FLT(read_log_without_handle, HANDLE)                                                           \
    FLT(kill_itself, KILLED)                                                                       \
    FLT(timer_bad_mode, ARGUMENT)                                                                  \
    FLT(timer_event_without_bits, ARGUMENT)                                                        \
    FLT(return_long_reply, REPLY)                                                                  \
    FLT(return_long_code, ARGUMENT)                                                                \
    FLT(return_huge_reply, REPLY)                                                                  \
    FLT(panic_text_in_kernel, POINTER)                                                             \
    FLT(panic_huge_text, POINTER)                                                                  \
    FLT(panic, PANIC)                                                                              \
    /* Memory lent for one call; the director lends 4096 bytes to read and 2048 to write. */       \
    HARMLESS(lease_proper_use)                                                                     \
    FLT(lease_used_after_the_call, LEASE)                                                          \
    FLT(lease_read_one_byte_over, LEASE)                                                           \
    FLT(lease_read_behind, LEASE)                                                                  \
    FLT(lease_read_offset_wraps, LEASE)                                                            \
    FLT(lease_read_offset_over_pages, LEASE)                                                       \
    FLT(lease_read_huge, LEASE)                                                                    \
    FLT(lease_read_of_write_only, LEASE)                                                           \
    FLT(lease_write_of_read_only, LEASE)                                                           \
    FLT(lease_write_one_byte_over, LEASE)                                                          \
    FLT(lease_write_offset_wraps, LEASE)                                                           \
    FLT(lease_next_number, LEASE)                                                                  \
    FLT(lease_huge_number, LEASE)                                                                  \
    FLT(lease_number_high_bits, LEASE)                                                             \
    FLT(lease_read_into_own_code, POINTER)                                                         \
    FLT(lease_read_into_kernel, POINTER)                                                           \
    FLT(lease_write_from_kernel, POINTER)                                                          \
    FLT(lease_writes_too_many, LEASE)                                                              \
    FLT(lease_writes_too_much, LEASE)                                                              \
    FLT(lease_write_then_crash, PANIC)                                                             \
    FLT(lend_on_over_the_end, LEASE)                                                               \
    FLT(lend_on_offset_wraps, LEASE)                                                               \
    FLT(lend_on_without_right, LEASE)                                                              \
    FLT(lend_on_next_number, LEASE)                                                                \
    FLT(yield_with_writes_queued, ARGUMENT)                                                        \
    /* Parking. */                                                                                 \
    RESULT(yield_and_never_again, SVSM_ERR_INCOMPLETE)                                             \
    HARMLESS(after_a_yield_given_up)                                                               \
    HARMLESS(yield_and_go_on)                                                                      \
    HARMLESS(leave_the_victim_parked)                                                              \
    /* What outlives a crash. */                                                                   \
    FLT(leave_marks, PANIC)                                                                        \
    HARMLESS(find_marks)                                                                           \
    /* Time, volume, leaks. */                                                                     \
    FLT(endless_loop, BUDGET)                                                                      \
    FLT(endless_system_calls, BUDGET)                                                              \
    FLT(endless_calls, BUDGET)                                                                     \
    FLT(endless_short_waits, BUDGET)                                                               \
    HARMLESS(log_flood)                                                                            \
    HARMLESS(registers_at_entry)                                                                   \
    HARMLESS(vectors_at_entry)                                                                     \
    HARMLESS(registers_after_system_calls)                                                         \
    HARMLESS(registers_after_short_call)                                                           \
    HARMLESS(registers_after_window_call)                                                          \
    HARMLESS(registers_after_a_crash_of_the_callee)

#define ACT_NUMBER_EXC(name, vector) ACT_##name,
#define ACT_NUMBER_FLT(name, cause) ACT_##name,
#define ACT_NUMBER_HARMLESS(name) ACT_##name,
#define ACT_NUMBER_RESULT(name, result) ACT_##name,
enum act {
    ACTS(ACT_NUMBER_EXC, ACT_NUMBER_FLT, ACT_NUMBER_HARMLESS, ACT_NUMBER_RESULT) ACT_COUNT,
    ACT_PROBE = ACT_COUNT, /* argument 1: enum probe_kind, 2: area, 3: form (probes.h) */
};

/* Committed with leases in hand: operation 1 of the attacker. */
static inline int act_lent(uint32_t act)
{
    return act == ACT_lease_proper_use ||
           (act >= ACT_lease_read_one_byte_over && act <= ACT_yield_with_writes_queued);
}

#define LENT_READ 4096 /* bytes that the director lends */
#define LENT_WRITE 2048
#define LENT_BYTE(i) ((uint8_t)((i)*7 + (i) / 256)) /* byte i of what it lends to read */

/* Operations of the victim. */
enum victim_operation {
    VICTIM_WHOLE,
    VICTIM_COPY,
    VICTIM_TRACES, /* returns with a pattern in every register */
    VICTIM_SECRET,
    VICTIM_TRACES_WINDOW, /* the same by the longer way, with a reply window */
    VICTIM_CRASH,         /* the same by a crash */
    VICTIM_PARK,
    VICTIM_BORROW,
};
