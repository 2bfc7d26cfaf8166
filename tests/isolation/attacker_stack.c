/* SPDX-License-Identifier: MIT */
/*
 * Flags, selectors and stack pointers that ring 0 must not stumble over. SAFETY: of each asm block:
 * that ring 0 copes is the test.
 */
#include "attacker.h"

#define INSN(...) __asm__ volatile(__VA_ARGS__)

static uint64_t load_flags(uint64_t must_stay, uint64_t must_not)
{
    uint64_t flags = 0;
    INSN("pushfq; popq %0" : "=r"(flags));
    flags = (flags & ~must_stay) | must_not;
    INSN("pushq %0; popfq; pushfq; popq %0" : "+r"(flags) : : "cc", "memory");
    return (flags & must_stay) == must_stay && (flags & must_not) == 0 ? 0 : 1;
}

static void load_gs(void)
{
    uint16_t ss = 0;
    INSN("mov %%ss, %0" : "=r"(ss));
    INSN("mov %0, %%gs" : : "r"(ss));
    INSN("mov %0, %%gs" : : "r"((uint16_t)0));
    (void)raw_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 16, 0, 0, 0, 0);
}

static void flags_into_kernel(uint64_t flags)
{
    uint64_t number = SVSM_SYS_RANDOM;
    uint64_t to = SVSM_HEAP_VA;
    uint64_t size = 64;
    INSN("pushfq; orq %3, (%%rsp); popfq; syscall; pushfq; andq $~0x44400, (%%rsp); popfq"
         : "+a"(number), "+D"(to), "+S"(size)
         : "r"(flags)
         : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* AC, NT and DF over some timer ticks: 0 if they are as they were. */
static uint64_t flags_across_interrupts(void)
{
    const uint64_t odd = 0x44400;
    uint64_t flags = odd;
    INSN("pushfq; orq %0, (%%rsp); popfq" : : "r"(odd) : "memory", "cc");
    spin_ms(50);
    INSN("pushfq; popq %0; pushfq; andq %1, (%%rsp); popfq"
         : "=&r"(flags)
         : "r"(~odd)
         : "memory", "cc");
    return (flags & odd) == odd ? 0 : NOT_STOPPED;
}

/* An unmasked x87 exception that nobody has taken yet, into a call of another task. */
static uint64_t x87_pending(void)
{
    static const uint16_t unmasked = 0x37b;
    INSN("fninit; fldcw %0; fld1; fldz; fdivrp" : : "m"(unmasked));
    return raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), VICTIM_WHOLE, 0, 0, 0, 0).rax;
}

/* A system call on any stack. */
static uint64_t call_on_stack(uint64_t rsp)
{
    uint64_t number = SVSM_SYS_RANDOM;
    uint64_t to = SVSM_HEAP_VA;
    uint64_t size = 64;
    INSN("movq %%rsp, %%r12; movq %3, %%rsp; syscall; xchgq %%rsp, %%r12; subq %3, %%r12; orq "
         "%%r12, %0"
         : "+a"(number), "+D"(to), "+S"(size)
         : "b"(rsp)
         : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "memory", "cc");
    return number;
}

/* Timer ticks on a stack that is not one. */
static uint64_t interrupts_on_stack(uint64_t rsp)
{
    uint64_t until = tsc() + time_page()->tsc_hz / 20;
    INSN("movq %%rsp, %%r12; movq %0, %%rsp;"
         "1: rdtsc; shlq $32, %%rdx; orq %%rdx, %%rax; cmpq %1, %%rax; jb 1b;"
         "xchgq %%rsp, %%r12; subq %0, %%r12"
         :
         : "b"(rsp), "c"(until)
         : "rax", "rdx", "r12", "memory", "cc");
    return 0;
}

/* Frames that go up by 16 bytes each, to the end of the heap. */
static uint64_t chain_of_frames(void)
{
    const uint64_t end = SVSM_HEAP_VA + raw_info()->heap_size;
    for (uint64_t at = SVSM_HEAP_VA; at + 16 <= end; at += 16) {
        ((volatile uint64_t *)at)[0] = at + 16;
        ((volatile uint64_t *)at)[1] = SVSM_IMAGE_VA + 1;
    }
    return SVSM_HEAP_VA;
}

static uint64_t frame_of_itself(void)
{
    ((volatile uint64_t *)SVSM_HEAP_VA)[0] = SVSM_HEAP_VA;
    ((volatile uint64_t *)SVSM_HEAP_VA)[1] = SVSM_IMAGE_VA + 1;
    return SVSM_HEAP_VA;
}

/* An invalid instruction with these two pointers: ring 0's back trace starts from them. */
static void crash_with(uint64_t rsp, uint64_t rbp)
{
    INSN("movq %0, %%rsp; movq %1, %%rbp; ud2" : : "a"(rsp), "d"(rbp) : "memory");
}

static uint64_t crash_act(enum act act)
{
    const uint64_t rsp = stack_top() - 256;
    switch (act) {
    case ACT_crash_with_stack_in_kernel:
        crash_with(KERNEL_TEXT, KERNEL_TEXT);
        break;
    case ACT_crash_with_frame_in_kernel:
        crash_with(rsp, KERNEL_TEXT);
        break;
    case ACT_crash_with_frame_noncanonical:
        crash_with(rsp, UINT64_C(0x900000000000));
        break;
    case ACT_crash_with_frame_at_the_end:
        crash_with(rsp, SVSM_HEAP_VA + raw_info()->heap_size - 8);
        break;
    case ACT_crash_with_frame_wrapping:
        crash_with(UINT64_MAX - 7, UINT64_MAX - 7);
        break;
    case ACT_crash_with_frame_of_itself:
        crash_with(rsp, frame_of_itself());
        break;
    case ACT_crash_with_endless_frames:
        crash_with(rsp, chain_of_frames());
        break;
    default:
        break;
    }
    return NOT_STOPPED;
}

uint64_t attack_flags_and_stack(enum act act)
{
    switch (act) {
    case ACT_popf_interrupts_off:
        return load_flags(0x200, 0);
    case ACT_popf_io_privilege:
        return load_flags(0, 0x3000);
    case ACT_load_gs_selector:
        load_gs();
        return 0;
    case ACT_direction_flag_into_kernel:
        flags_into_kernel(0x400);
        return 0;
    case ACT_alignment_flag_into_kernel:
        flags_into_kernel(0x40000);
        return 0;
    case ACT_nested_task_flag_into_kernel:
        flags_into_kernel(0x4000);
        return 0;
    case ACT_x87_exception_into_kernel:
        return x87_pending();
    case ACT_flags_across_interrupts:
        return flags_across_interrupts();
    case ACT_stack_pointer_in_kernel:
        return call_on_stack(KERNEL_TEXT);
    case ACT_stack_pointer_noncanonical:
        return call_on_stack(UINT64_C(0x900000000000));
    case ACT_stack_pointer_null:
        return call_on_stack(0);
    case ACT_stack_pointer_across_interrupts:
        return interrupts_on_stack(KERNEL_TEXT);
    default:
        return crash_act(act);
    }
}
