/* SPDX-License-Identifier: MIT */
/*
 * The channel to the PSP (snp/psp_channel.h, services/psp): a task that has the key and may crash at any moment,
 * whereupon it forgets what it has done; ring 0, which has the numbers and the latch and forgets nothing; a host that
 * loses messages and answers, keeps copies, and gives any answer that it ever saw, or none; and the firmware, which
 * takes each number once. Exchange n is the request number 2n + 1 and the answer 2n + 2.
 *
 * Shown: no number goes out under two texts (a nonce is used once), what the task takes for the answer is the
 * firmware's answer to what ring 0 has pending, and a channel that has ended sends nothing.
 * Not shown: that the tag is right (services/psp), that headers are (the proof psp_channel).
 */
#define EXCHANGES 4
#define TEXTS 3     /* numbered from 1 on; what the task would like to say is another one after each crash */
#define NOTHING 0
#define CRASHES 3

/* Ring 0. */
byte number;          /* exchanges that are over */
bool pending, ended;
byte latched;         /* text of the pending request */

/* What the host has seen: text under each number; answers of the firmware, by number, with the text they answer. */
byte seen[EXCHANGES];
byte answers[EXCHANGES];
byte firmware;        /* exchanges that it has answered */

byte crashes;
byte own;             /* the task's idea of the number: ring 0's, unless the model is broken */

/* Ring 0 lets the request `at`, `text` out: the host sees it. */
inline out(at, text)
{
    assert(!ended);
    assert(seen[at] == NOTHING || seen[at] == text);
    seen[at] = text;
}

/* The host, with the request `at`, `text`: passes it on or not, then answers with what it likes. `got` is the number
 * of the exchange whose answer it gives, `how` what ring 0 is told of it. */
inline host(at, text)
{
    if
    :: at == firmware ->
        answers[at] = text;
        firmware++
    :: true
    fi;
    if
    :: how = BUSY
    :: how = FAILED
    :: how = ANSWERED;
        got = 0;
        do
        :: got < EXCHANGES - 1 -> got++
        :: break
        od;
        if
        :: answers[got] == NOTHING -> how = FAILED /* it cannot make one: it has no key */
        :: else
        fi
    fi
}

inline accept()
{
    if
    :: how == BUSY ->
#ifdef BUG_BUSY_GIVES_UP
        pending = false
#else
        skip
#endif
    :: how == FAILED ->
#ifdef BUG_FAILURE_GOES_ON
        pending = false
#else
        ended = true;
        pending = false
#endif
    :: how == ANSWERED ->
        if
#ifdef BUG_ANY_ANSWER
        :: true ->
#else
        :: got == number ->
#endif
            assert(answers[got] == latched && got == number);
            number++;
            pending = false
        :: got != number ->
#ifdef BUG_WRONG_ANSWER_GOES_ON
            pending = false
#else
            ended = true;
            pending = false
#endif
        fi
    fi
}

mtype = { BUSY, FAILED, ANSWERED };

active proctype task()
{
    byte text, got;
    mtype how;

again:
    do
    :: number == EXCHANGES || ended -> break
    :: number < EXCHANGES && !ended && crashes < CRASHES -> /* anywhere between two of its system calls */
        crashes++;
#ifdef BUG_NUMBER_IN_TASK
        own = 0; /* rolled back */
#endif
        goto again
    :: number < EXCHANGES && !ended ->
#ifndef BUG_NUMBER_IN_TASK
        own = number;
#endif
        text = 1;
        do
        :: text < TEXTS -> text++
        :: break
        od;
        if
        :: crashes < CRASHES -> crashes++; goto again /* sealed, not sent */
        :: true
        fi;
        atomic {
            if
#ifdef BUG_NO_LATCH
            :: pending -> latched = text
#else
            :: pending -> text = latched; own = number /* RESEND, as SEND of anything else is refused */
#endif
#ifdef BUG_NUMBER_IN_TASK
            :: !pending -> latched = text
#else
            :: !pending && own == number -> latched = text
            :: !pending && own != number -> goto again
#endif
            fi;
            pending = true;
            out(own, text);
            host(own, text);
            accept()
        }
#ifdef BUG_NUMBER_IN_TASK
        own++
#endif
    od;
    assert(!ended || !pending)
}
