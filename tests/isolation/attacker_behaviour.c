/* SPDX-License-Identifier: MIT */
/* Acts of more than one step: looking for secrets, taking time, volume, parking, leaks. */
#include "attacker.h"
#include "loud.h"

/* The victim keeps a secret at an address that it tells; the same address here must hold nothing
 * of it, nor may any page that the attacker can read. */
static uint64_t find_victims_secret(void)
{
    const uint64_t wanted =
        raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), VICTIM_SECRET, 0, 0, 0, 0).rdx;
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

/* The director called with a pattern in every register. */
static uint64_t registers_at_entry(void)
{
    uint64_t any = entry_flags ^ 0x202;
    for (size_t i = 0; i < 9; i++) {
        /* SYSRET: RCX is where this task starts, R11 its flags. */
        any |= entry_state[i] ^ (i == 2 ? SVSM_IMAGE_VA : i == 4 ? 0x202 : 0);
    }
    for (size_t i = 0; i < 4; i++) {
        any |= entry_selectors[i];
    }
    return any == 0 ? 0 : NOT_STOPPED;
}

/* Is an FXSAVE image the initial one: control words, every ST and XMM register zero? */
static int vectors_initial(const uint8_t *image)
{
    const uint16_t fcw = *(const uint16_t *)image;
    const uint32_t mxcsr = *(const uint32_t *)(image + 24);
    uint8_t any = 0;
    for (size_t i = 32; i < 416; i++) {
        any |= image[i];
    }
    return fcw == 0x37f && mxcsr == 0x1f80 && any == 0;
}

static uint64_t vectors_at_entry(void)
{
    uint64_t upper = loud_ymm() ? look_upper() : 0; /* nothing compiled here uses YMM */
    return vectors_initial(entry_vectors) && upper == 0 ? 0 : NOT_STOPPED;
}

/* Does a system call hand back nothing but its result code, here? */
static int registers_clean(const struct look *l)
{
    uint64_t any = l->rdi | l->rsi | l->rdx | l->r10 | l->r8 | l->r9;
    for (uint64_t i = 0; i < 6; i++) {
        any |= l->kept[i] ^ (i + 1);
    }
    return any == 0;
}

static uint64_t registers_after_system_calls(void)
{
    static struct look l;
    const uint64_t heap = SVSM_HEAP_VA;
    const uint64_t odd = 0x1111;
    const uint64_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint64_t self = raw_handle("attacker", SVSM_HANDLE_CONTROL);
    const uint64_t device = raw_handle("scratch", SVSM_HANDLE_DEVICE);
    const uint64_t event = raw_handle("victim", SVSM_HANDLE_EVENT);
    const uint64_t calls[][7] = {
        {SVSM_SYS_CALL, victim, 15, odd, odd, odd, odd},
        {SVSM_SYS_NOTIFY, event, 0, odd, odd, odd, odd},
        {SVSM_SYS_LOG, 3, heap, 0, odd, odd, odd},
        {SVSM_SYS_RANDOM, heap, 8, odd, odd, odd, odd},
        {SVSM_SYS_HOST_IO, device, SVSM_IO_IN8, 7, odd, odd, odd},
        {SVSM_SYS_HOST_IO, device, SVSM_IO_OUTS8, 7, heap, 1, odd},
        {SVSM_SYS_TASK_CTL, self, SVSM_CTL_STATUS, heap, odd, odd, odd},
        {SVSM_SYS_TASK_CTL, self, SVSM_CTL_FAULT_READ, 0, heap, odd, odd},
        {SVSM_SYS_TIMER_SET, SVSM_TIMER_EVENT, 0, odd, odd, odd, odd},
        {SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, 1, 0, odd, odd, odd},
        {SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, now_ns() + 1000000, 0, odd, odd, odd},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        look_syscall(calls[i], &l);
        if (!registers_clean(&l)) {
            return 0x100 + i;
        }
    }
    return 0;
}

/* The victim returns, or crashes, with its secret in every register that could carry it over. */
static uint64_t registers_after(enum victim_operation op, uint32_t result, int reply)
{
    static struct look l;
    const uint64_t heap = SVSM_HEAP_VA;
    const uint64_t in[7] = {
        SVSM_SYS_CALL, raw_handle("victim", SVSM_HANDLE_ENDPOINT), op, heap, reply ? 8 : 0, heap,
        reply ? 8 : 0};
    look_syscall(in, &l);
    uint64_t upper = loud_ymm() ? look_upper() : 0;
    uint16_t selectors = l.selectors[0] | l.selectors[1] | l.selectors[2] | l.selectors[3];
    if (reply) { /* the length of the reply */
        l.r9 ^= 8;
    }
    return l.rax == result && registers_clean(&l) && vectors_initial(l.fxsave) && upper == 0 &&
                   selectors == 0
               ? 0
               : NOT_STOPPED;
}

static uint64_t yield(void)
{
    return raw_syscall(SVSM_SYS_YIELD, 0, 0, 0, 0, 0, 0).rax;
}

/* Parked and given up by the next call, the task is as the image made it. */
static uint64_t yields_left;

static uint64_t yield_act(enum act act)
{
    switch (act) {
    case ACT_yield_and_never_again:
        yields_left = 99;
        (void)yield();
        return NOT_STOPPED;
    case ACT_after_a_yield_given_up:
        return yields_left == 0 ? 0 : NOT_STOPPED;
    case ACT_yield_and_go_on:
        for (yields_left = 3; yields_left > 0; yields_left--) {
            (void)yield();
        }
        return 0;
    default: /* it parks this call, which is never made again; who else calls it must get through */
        return raw_call(raw_handle("victim", SVSM_HANDLE_ENDPOINT), VICTIM_PARK, 0, 0, 0, 0).rax ==
                       SVSM_ERR_INCOMPLETE
                   ? 0
                   : NOT_STOPPED;
    }
}

#define MARK UINT64_C(0x6d61726b6d61726b)
static uint64_t mark;

static const uint64_t marked[] = {SVSM_HEAP_VA + 512, SVSM_TLS_VA + 512, SVSM_REQUEST_VA + 512,
                                  SVSM_REPLY_VA + 512,
                                  SVSM_STACK_VA + SVSM_STACK_STRIDE - 16384 + 512};

[[gnu::noreturn]] static void marks_leave(void)
{
    mark = MARK;
    for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
        *(volatile uint64_t *)marked[i] = MARK;
    }
    raw_panic(3, "leaves marks");
}

static uint64_t marks_find(void)
{
    uint64_t any = mark;
    for (size_t i = 0; i < sizeof(marked) / sizeof(marked[0]); i++) {
        any |= *(volatile uint64_t *)marked[i];
    }
    return any == 0 ? 0 : NOT_STOPPED;
}

#define ENOUGH_MS 5000 /* an endless act that lasted this long was not stopped */

/* Runs most of each tick and has its vCPU wait for the rest. */
static uint64_t short_waits(void)
{
    for (uint64_t ms = 0; ms < ENOUGH_MS; ms += 9) {
        spin_ms(9);
        (void)raw_syscall(SVSM_SYS_TIMER_SET, SVSM_TIMER_WAIT, now_ns() + 100000, 0, 0, 0, 0);
    }
    return NOT_STOPPED;
}

static uint64_t calls_without_end(void)
{
    const uint32_t victim = raw_handle("victim", SVSM_HANDLE_ENDPOINT);
    const uint64_t end = now_ns() + ENOUGH_MS * UINT64_C(1000000);
    while (now_ns() < end) {
        (void)raw_call(victim, VICTIM_SECRET, 0, 0, 0, 0);
    }
    return NOT_STOPPED;
}

static uint64_t time_act(enum act act)
{
    switch (act) {
    case ACT_endless_loop:
        for (;;) {
            __asm__ volatile(""); /* SAFETY: empty */
        }
    case ACT_endless_system_calls:
        for (;;) {
            (void)raw_syscall(SVSM_SYS_RANDOM, SVSM_HEAP_VA, 0, 0, 0, 0, 0);
        }
    case ACT_endless_calls:
        return calls_without_end();
    default:
        return short_waits();
    }
}

uint64_t attack_behaviour(enum act act)
{
    if (act >= ACT_yield_and_never_again && act <= ACT_leave_the_victim_parked) {
        return yield_act(act);
    }
    if (act >= ACT_endless_loop && act <= ACT_endless_short_waits) {
        return time_act(act);
    }
    switch (act) {
    case ACT_find_victims_secret:
        return find_victims_secret();
    case ACT_leave_marks:
        marks_leave();
    case ACT_find_marks:
        return marks_find();
    case ACT_log_flood:
        return log_flood();
    case ACT_registers_at_entry:
        return registers_at_entry();
    case ACT_vectors_at_entry:
        return vectors_at_entry();
    case ACT_registers_after_system_calls:
        return registers_after_system_calls();
    case ACT_registers_after_short_call:
        return registers_after(VICTIM_TRACES, SVSM_SUCCESS, 0);
    case ACT_registers_after_window_call:
        return registers_after(VICTIM_TRACES_WINDOW, SVSM_SUCCESS, 1);
    case ACT_registers_after_a_crash_of_the_callee:
        return registers_after(VICTIM_CRASH, SVSM_ERR_CRASHED, 0);
    default:
        return NOT_STOPPED;
    }
}
