/* SPDX-License-Identifier: MIT */
/*
 * The owner table: one byte for each page of the guest, the only thing that serialises vCPUs over
 * pages. The byte is a state, and who holds the page:
 *
 *   bits 2:0  enum page_state
 *   bits 7:3  0: nobody; 1 to 30: so many that read or write it (pins, one for each vCPU at most);
 *             31: claimed
 *
 * A claim is exclusive and covers a change from its first instruction to its last: whoever finds a
 * claim answers "busy" and never waits, for the claimer may be waiting for every vCPU to flush. A
 * pin keeps the state from changing during a copy. Pages in use (calling areas, save areas) are
 * never claimed by those that may not have them, so a hostile call does not disturb their owners.
 *
 * The invariant. The host chooses, at any moment, which page of the machine is behind an address,
 * but only a validated one can be read, written or marked. Of all pages that VMPL0 has ever seen
 * validated at an address, at most one has not been rescinded since, and none where the state is
 * PAGE_INVALID; it was cleared or measured, but for the time of a claim. So the host can take it
 * away, and then VMPL0 is told (SNP_GONE), but not put another one in its place: what is acted on
 * is what was looked at. Where that cannot be had any more the state is PAGE_DEAD, and VMPL0 does
 * nothing at that address ever again.
 */
#pragma once
#include <cdefs.h>

enum page_state {
    PAGE_INVALID, /* not validated, and no level of the guest has a right to it */
    PAGE_VALID,   /* validated, cleared, granted to the guest */
    PAGE_CA,      /* the same, and some save area's calling area */
    PAGE_VMSA,    /* a registered save area: VMPL0's */
    PAGE_DEAD,    /* perhaps several pages for one address, or marked still; for ever */
};
#define PAGE_STATES 5u
#define PAGE_STATE_MASK 7u
#define PAGE_PIN 8u /* one pin */
#define PAGE_PINS 0xf8u
#define PAGE_CLAIMED 0xf8u

/* A set of states. */
#define PAGE_ANY_OF(a, b) (1u << (a) | 1u << (b))
#define PAGE_ONLY(a) (1u << (a))

/* What one can do to a byte; page_next() is the whole of the rules. */
enum page_act {
    PAGE_ACT_CLAIM,   /* nobody holds it -> claimed, the same state */
    PAGE_ACT_PIN,     /* one pin more */
    PAGE_ACT_UNPIN,   /* one pin less */
    PAGE_ACT_CA_TAKE, /* PAGE_VALID -> PAGE_CA, not while claimed */
    PAGE_ACT_CA_DROP, /* PAGE_CA -> PAGE_VALID */
};

enum page_answer {
    PAGE_OK,
    PAGE_BUSY,    /* somebody else holds it: the guest may try again */
    PAGE_REFUSED, /* its state is none of those wanted, or PAGE_DEAD */
};

/* Pure: what `old` becomes (in *new with PAGE_OK alone). */
[[nodiscard]] enum page_answer page_next(uint8_t old, enum page_act act, unsigned states,
                                         uint8_t *new);

/* `table`: a zero byte for each page. */
void page_init(uint8_t *table, size_t count);

/* One act on the page of that index (ram_index()), atomically. */
[[nodiscard]] enum page_answer page_try(size_t index, enum page_act act, unsigned states);

/* Claim pages in a row, all or none. Tells the set of the states that they had. */
[[nodiscard]] enum page_answer page_claim(size_t index, size_t count, unsigned states,
                                          unsigned *had);
/* Let go of what this vCPU has claimed; the pages are `state` from now on: PAGE_DEAD for ever. */
void page_release(size_t index, size_t count, enum page_state state);
/* The same; each of them is again what it was. */
void page_unclaim(size_t index, size_t count);

/* Let go of a pin, or of a calling area, that this vCPU holds. */
void page_unpin(size_t index);
void page_ca_drop(size_t index);

/* Could it be pinned? Only a look: it may be another one already. */
[[nodiscard]] enum page_answer page_look(size_t index, unsigned states);
