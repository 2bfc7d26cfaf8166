/* SPDX-License-Identifier: MIT */
#include "swint.h"
#include "event.h"
#include "guest.h"
#include "statistics.h"
#include <stddef.h>

#define LONGEST 15u
#define INT3 0xccu
#define INT 0xcdu
#define INTO 0xceu
#define VECTOR_BP 3u
#define VECTOR_OF 4u
#define REX_MASK 0xf0u
#define REX 0x40u

static bool is_prefix(const struct level *level, uint8_t byte)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3};

    for (unsigned i = 0; i < sizeof(prefixes); i++) {
        if (byte == prefixes[i]) {
            return true;
        }
    }
    return (byte & REX_MASK) == REX && guest_long64(level->vmsa);
}

/* Its length; 0: it is no such instruction. */
static unsigned decode(const struct level *level, const uint8_t *bytes, unsigned had,
                       uint8_t *vector)
{
    unsigned at = 0;

    while (at < had && is_prefix(level, bytes[at])) {
        at++;
    }
    if (at < had && bytes[at] == INT3) {
        *vector = VECTOR_BP;
        return at + 1;
    }
    if (at + 1 < had && bytes[at] == INT) {
        *vector = bytes[at + 1];
        return at + 2;
    }
    if (at < had && bytes[at] == INTO && !guest_long64(level->vmsa)) {
        *vector = VECTOR_OF;
        return at + 1;
    }
    return 0;
}

/* A write drops every translation of what is written, also one that changes nothing. */
static void drop_translation(struct level *level)
{
    uint8_t *byte = guest_code_at(level);

    if (byte != NULL) {
        /* SAFETY: guest_code_at()'s byte of the guest's RAM. Another CPU may be changing it just
         * now: locked, and not by __atomic_fetch_or(), which a compiler makes a barrier of that
         * writes elsewhere, as nothing is changed. */
        asm volatile("lock orb $0, %0" : "+m"(*byte) : : "memory", "cc");
        statistics_stale();
    }
}

void swint_exit(struct level *level)
{
    uint8_t bytes[LONGEST], vector = 0;
    unsigned had = 0;
    struct guest_fault fault;

    if (guest_instruction(level, bytes, sizeof(bytes), &had, &fault) != GUEST_OK) {
        return; /* it is not mapped any more, which the CPU finds out by itself */
    }
    unsigned length = decode(level, bytes, had, &vector);
    if (length == 0) {
        drop_translation(level);
    } else if (event_software(level, vector)) {
        level->software = length;
        level->vmsa->rip += length;
        level->vmcb->control.int_state &= ~SVM_INT_STATE_SHADOW;
    }
}

void swint_again(struct level *level)
{
    level->vmsa->rip -= level->software;
}
