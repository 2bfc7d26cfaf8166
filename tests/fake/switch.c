/* SPDX-License-Identifier: MIT */
/* See switch.h. */
#include "switch.h"

#include <stdint.h>
#include <string.h>

/* SAFETY: keeps what the C ABI wants kept (control words apart, which nobody here changes). */
__asm__(".text\n"
        ".globl fake_switch\n"
        ".type fake_switch, @function\n"
        "fake_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fake_switch, . - fake_switch\n");

#define KEPT 6 /* registers that fake_switch() pops */

void *fake_switch_new(void *stack, size_t size, void (*entry)(void))
{
    uint64_t *top = (uint64_t *)((uint8_t *)stack + size / 16 * 16);
    uint64_t *at = top - 1 - 1 - KEPT; /* no return address, the entry, registers */
    memset(at, 0, (size_t)(top - at) * sizeof(*at));
    at[KEPT] = (uint64_t)(uintptr_t)entry;
    return at;
}
