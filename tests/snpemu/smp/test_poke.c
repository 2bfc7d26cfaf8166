/* SPDX-License-Identifier: MIT */
/*
 * Code that one CPU changes while another executes it, as Linux does it: a breakpoint over the
 * first byte, the other CPU interrupted, the bytes behind, the other interrupted, the first byte,
 * and interrupted once more. From then on the other may meet neither the breakpoint nor the old
 * instruction. It executes the place for the first time just before the last byte is written: a
 * machine that translates code is busy with it then.
 */
/* SAFETY: a test guest; each instruction is there for what it does, and its operands say what it
 * reads and writes. Code that changes is called through its address. */
#include "smp.h"

#define SITES 64u /* as sites.S has them */
#define SITE_SIZE 256u
#define SITE_MOVE 240u
#define MOVE_LENGTH 5u
#define MOVE 0xbau
#define BREAKPOINT 0xccu
#define POKES 96u
#define DELAYS 0x1ffffu
#define SURE 4u  /* of so many pokes one waits until the breakpoint was met */
#define AFTER 8u /* calls behind the last interrupt */

extern uint8_t poke_sites[];

/* What both know of the poke under way, which has a number from 1 on. */
static struct {
    uint64_t number, answered, settled;
    uint64_t met, stale,
        old; /* breakpoints, those of them that were not there any more, old instructions */
    uint64_t done;
} poke;

static uint8_t *site_of(uint64_t number)
{
    return poke_sites + number % SITES * SITE_SIZE;
}

static uint64_t call(uint64_t number)
{
    uint64_t (*function)(void) = (uint64_t(*)(void))site_of(number);

    return function() & 0xffffffff;
}

void poke_breakpoint(struct frame *frame)
{
    PUT(poke.met, poke.met + 1);
    if (SEEN(poke.settled) != 0) {
        PUT(poke.stale, poke.stale + 1);
        frame->rip += MOVE_LENGTH - 1;
    } else {
        frame->rip -= 1;
    }
}

static void execute(uint64_t unused)
{
    uint64_t seen = 0;

    (void)unused;
    asm volatile("sti" : : : "memory");
    while (!SEEN(poke.done)) {
        uint64_t number = SEEN(poke.number);
        if (number == seen) {
            continue;
        }
        seen = number;
        while (!SEEN(poke.settled)) {
            (void)call(number);
        }
        for (unsigned i = 0; i < AFTER; i++) {
            uint64_t before = SEEN(poke.stale);
            bool right = call(number) == number;
            poke.old += !right && SEEN(poke.stale) == before;
        }
        PUT(poke.answered, number);
    }
    asm volatile("cli" : : : "memory");
}

static bool synchronize(void)
{
    uint64_t begun = now(), before = SEEN(contexts[1][0].ipis);

    ipi(IPI_VECTOR, 1);
    while (SEEN(contexts[1][0].ipis) == before) {
        if (!patient(begun)) {
            return false;
        }
    }
    return true;
}

static bool change(uint64_t number, unsigned delay)
{
    volatile uint8_t *move = site_of(number) + SITE_MOVE;
    uint64_t begun = now(), met = SEEN(poke.met);

    PUT(poke.settled, 0);
    move[0] = BREAKPOINT;
    bool good = synchronize();
    for (unsigned i = 1; i < MOVE_LENGTH; i++) {
        move[i] = (uint8_t)(number >> 8 * (i - 1));
    }
    good = synchronize() && good;
    PUT(poke.number, number);
    for (unsigned i = 0; i < delay; i++) {
        asm volatile("");
    }
    while (number % SURE == 0 && SEEN(poke.met) == met && good) {
        good = patient(begun);
    }
    move[0] = MOVE;
    good = synchronize() && good;
    PUT(poke.settled, 1);
    while (SEEN(poke.answered) != number) {
        if (!patient(begun)) {
            return false;
        }
    }
    return good;
}

void test_poke(void)
{
    unsigned delay = 1;
    bool good = true;
    uint64_t number = 0;

    job_start(1, execute, 0);
    while (good && number < POKES) {
        delay = delay * 1103515245u + 12345u;
        good = change(++number, delay >> 8 & DELAYS);
    }
    PUT(poke.done, 1);
    check(good && job_wait(1), true, "poke-ends");
    print("# figures pokes=%u met=%u stale=%u old=%u\n", (unsigned)number, (unsigned)poke.met,
          (unsigned)poke.stale, (unsigned)poke.old);
    check(poke.met >= POKES / SURE, true, "poke-met-breakpoints");
    check(poke.stale, 0, "poke-no-breakpoint-behind-the-last");
    check(poke.old, 0, "poke-no-old-instruction");
}
