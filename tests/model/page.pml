/* SPDX-License-Identifier: MIT */
/*
 * Pages between two vCPUs at VMPL0, their guest and the host: PVALIDATE and vCPU creation and
 * deletion as microkernel/guest does them (pvalidate.c, rights.c, hotplug.c), step by step.
 *
 * Shown: the guest never reads what was not cleared; it never writes a save area, not even through
 * a translation that it still holds; a save area is what it was when it was looked at; nothing is
 * done at an address of which the host could choose between two validated pages, and nothing leads
 * out of the state (DEAD) in which it might; no claim is left over.
 *
 * Limits: one address, two pages behind it; two calls of one vCPU, two of the other; the host puts the
 * one page in the place of the other up to three times; a translation is gone then; RMPADJUST and the
 * clearing fail on a page that is not validated.
 */
#define EXCHANGES 3

mtype = { INVALID, VALID, VMSA, DEAD }          /* states */
mtype = { CLEAN, SECRET, GOOD, BAD }            /* contents: of ours; a good save area; else */

mtype state = INVALID;
bool claimed, translation;

bool validated[2], right[2], is_vmsa[2];
mtype content[2] = SECRET;
byte here; /* the page that is there just now */
byte exchanges, done;

/* What is done at an address is done to the one page that it has. */
#define ONE assert(!validated[0] || !validated[1])

inline claim(ok) {
    atomic {
#ifdef BUG_NO_CLAIM
        ok = true
#else
        ok = !claimed && state != DEAD;
        claimed = claimed || ok
#endif
    }
}

inline release(to) { atomic { state = to; claimed = false } }

inline flush() {
#ifndef BUG_NO_FLUSH
    translation = false
#else
    skip
#endif
}

/* RMPADJUST of the guest's level. */
inline adjust(rights, vmsa, ok) {
    atomic {
        ONE;
        ok = validated[here];
        if
        :: ok -> right[here] = rights; is_vmsa[here] = vmsa
        :: else
        fi
    }
}

inline clear(ok) {
    atomic {
        ONE;
        ok = validated[here];
        if
        :: ok -> content[here] = CLEAN
        :: else
        fi
    }
}

/* rights_rescind(): ok is whether it was that. */
inline revoke_and_rescind(ok) {
    adjust(false, false, ok);
    if
    :: ok -> atomic { ok = validated[here]; validated[here] = false }
    :: else
    fi
}

inline take_back(ok) {
    revoke_and_rescind(ok);
#ifdef BUG_LOST_IS_INVALID
    ok = true;
#endif
    if
    :: ok -> release(INVALID)
    :: else -> release(DEAD)
    fi
}

/* Of a page that is the guest's already, too: then the guest does not mind. */
inline validate(ok, unchanged) {
    if
    :: state != INVALID && state != VALID -> release(state)
    :: else ->
        atomic { ONE; unchanged = validated[here]; validated[here] = true };
        if
        :: state == INVALID && unchanged -> release(INVALID)
        :: state == VALID && !unchanged ->
#ifdef BUG_EXCHANGE_KEPT
            revoke_and_rescind(ok);
            release(VALID)
#else
            release(DEAD)
#endif
        :: else ->
            ok = true;
            if
            :: state == VALID -> adjust(false, false, ok)
            :: else
            fi;
#ifdef BUG_GRANT_FIRST
            adjust(true, false, ok);
#endif
#ifndef BUG_NO_CLEAR
            if
            :: ok -> clear(ok)
            :: else
            fi;
#endif
            if
            :: ok -> adjust(true, false, ok)
            :: else
            fi;
            if
            :: ok -> release(VALID)
            :: else -> take_back(ok)
            fi
        fi
    fi
}

inline rescind(ok) {
    if
    :: state != VALID -> release(state)
    :: else ->
        revoke_and_rescind(ok);
        if
        :: ok -> release(INVALID)
        :: else -> release(VALID)
        fi;
        flush()
    fi
}

/* A page that is not validated cannot be read. */
inline look(seen) { atomic { seen = (validated[here] -> content[here] : BAD) } }

inline create(ok, seen) {
    if
    :: state != VALID -> release(state)
    :: else ->
#ifdef BUG_LOOKS_FIRST
        look(seen);
#endif
        adjust(false, false, ok);
        flush();
#ifndef BUG_LOOKS_FIRST
        look(seen);
#endif
        if
        :: ok && seen == GOOD -> adjust(false, true, ok)
        :: else -> ok = false
        fi;
        if
        :: ok ->
            /* what runs is what was looked at */
            assert(!is_vmsa[0] || content[0] == GOOD);
            assert(!is_vmsa[1] || content[1] == GOOD);
            release(VMSA)
        :: else ->
            adjust(true, false, ok);
            if
            :: ok -> release(VALID)
            :: else -> release(DEAD)
            fi
        fi
    fi
}

inline delete(ok) {
    if
    :: state != VMSA -> release(state)
    :: else ->
        adjust(true, false, ok);
        if
        :: ok -> release(VALID)
        :: else -> release(VMSA)
        fi;
        flush()
    fi
}

proctype vcpu(byte operations) {
    byte n;
    bool ok, unchanged;
    mtype seen;

    do
    :: n == operations -> break
    :: else ->
        n++;
        claim(ok);
        if
        :: !ok -> skip /* busy */
        :: else ->
            if
            :: skip; validate(ok, unchanged)
            :: skip; rescind(ok)
            :: skip; create(ok, seen)
            :: skip; delete(ok)
            fi
        fi;
        n = n
    od;
    done++
}

/* Another vCPU of the guest, at VMPL2. */
proctype guest() {
end:
    do
    :: done == 2 -> break
    :: else ->
        atomic {
            if
            :: validated[here] && right[here] ->
                assert(content[here] != SECRET);
                translation = true
            :: translation ->
                assert(!is_vmsa[here]);
                if
                :: content[here] = GOOD
                :: content[here] = BAD
                fi
            :: else
            fi
        }
    od
}

/* Puts the other page there. */
proctype host() {
end:
    do
    :: exchanges < EXCHANGES ->
        atomic {
            exchanges++;
            here = 1 - here;
            translation = false
        }
    :: done == 2 -> break
    od
}

init {
    /* The page is the guest's already, or nobody's. */
    if
    :: state = VALID;
       validated[0] = true;
       right[0] = true;
       content[0] = CLEAN
    :: skip
    fi;
    atomic { run vcpu(2); run vcpu(2); run guest(); run host() };
    done == 2;
    assert(!claimed)
}
