/* SPDX-License-Identifier: MIT */
/*
 * Pages between two vCPUs at VMPL0, their guest and the host: PVALIDATE and vCPU creation and
 * deletion as microkernel/guest does them (pvalidate.c, rights.c, hotplug.c), step by step.
 *
 * Shown: the guest never reads what was not cleared; it never writes a save area, not even through
 * a translation that it still holds; a save area is what it was when it was looked at; no claim is
 * left over.
 *
 * Limits: two pages; two calls of one vCPU, one of the other; the host exchanges the page behind an address once; a translation is gone when
 * the page behind it is another; RMPADJUST fails on a page that is not validated.
 */
#define PAGES 2
#define EXCHANGES 1

mtype = { INVALID, VALID, VMSA }                /* states */
mtype = { CLEAN, SECRET, GOOD, BAD }            /* contents: of ours; a good save area; else */

mtype state[PAGES] = INVALID;
bool claimed[PAGES];

bool validated[PAGES], right[PAGES], is_vmsa[PAGES], translation[PAGES];
mtype content[PAGES] = SECRET;
byte exchanges, done;

inline claim(p, ok) {
    atomic {
#ifdef BUG_NO_CLAIM
        ok = true
#else
        ok = !claimed[p];
        claimed[p] = true
#endif
    }
}

inline release(p, to) { atomic { state[p] = to; claimed[p] = false } }

inline flush() {
#ifndef BUG_NO_FLUSH
    atomic { translation[0] = false; translation[1] = false }
#else
    skip
#endif
}

/* RMPADJUST of the guest's level. */
inline adjust(p, rights, vmsa, ok) {
    atomic {
        ok = validated[p];
        if
        :: ok -> right[p] = rights; is_vmsa[p] = vmsa
        :: else
        fi
    }
}

inline clear(p, ok) {
    atomic {
        ok = validated[p];
        if
        :: ok -> content[p] = CLEAN
        :: else
        fi
    }
}

inline take_back(p, ok) {
    adjust(p, false, false, ok);
    atomic {
        if
        :: ok -> validated[p] = false
        :: else
        fi
    }
}

inline validate(p, ok, unchanged) {
    if
    :: state[p] != INVALID -> release(p, state[p])
    :: else ->
        atomic { unchanged = validated[p]; validated[p] = true };
        if
        :: unchanged -> release(p, INVALID)
        :: else ->
#ifdef BUG_GRANT_FIRST
            adjust(p, true, false, ok);
#endif
#ifdef BUG_NO_CLEAR
            ok = true;
#else
            clear(p, ok);
#endif
            if
            :: ok -> adjust(p, true, false, ok)
            :: else
            fi;
            if
            :: ok -> release(p, VALID)
            :: else -> take_back(p, ok); release(p, INVALID)
            fi
        fi
    fi
}

inline rescind(p, ok) {
    if
    :: state[p] != VALID -> release(p, state[p])
    :: else ->
        adjust(p, false, false, ok);
        if
        :: ok -> atomic { ok = validated[p]; validated[p] = false }
        :: else
        fi;
        if
        :: ok -> release(p, INVALID)
        :: else -> release(p, VALID)
        fi;
        flush()
    fi
}

inline create(p, ok, seen) {
    if
    :: state[p] != VALID -> release(p, state[p])
    :: else ->
#ifdef BUG_LOOKS_FIRST
        seen = content[p];
#endif
        adjust(p, false, false, ok);
        flush();
#ifndef BUG_LOOKS_FIRST
        seen = content[p];
#endif
        if
        :: ok && seen == GOOD -> adjust(p, false, true, ok)
        :: else -> ok = false
        fi;
        if
        :: ok ->
            assert(content[p] == GOOD); /* what runs is what was looked at */
            release(p, VMSA)
        :: else -> adjust(p, true, false, ok); release(p, VALID)
        fi
    fi
}

inline delete(p, ok) {
    if
    :: state[p] != VMSA -> release(p, state[p])
    :: else ->
        adjust(p, true, false, ok);
        if
        :: ok -> release(p, VALID)
        :: else -> release(p, VMSA)
        fi;
        flush()
    fi
}

proctype vcpu(byte operations) {
    byte p, n;
    bool ok, unchanged;
    mtype seen;

    do
    :: n == operations -> break
    :: else ->
        n++;
        if
        :: p = 0
        :: p = 1
        fi;
        claim(p, ok);
        if
        :: !ok -> skip /* busy */
        :: else ->
            if
            :: skip; validate(p, ok, unchanged)
            :: skip; rescind(p, ok)
            :: skip; create(p, ok, seen)
            :: skip; delete(p, ok)
            fi
        fi;
        n = n
    od;
    done++
}

/* Another vCPU of the guest, at VMPL2. */
proctype guest() {
    byte p;

end:
    do
    :: done == 2 -> break
    :: else ->
        if
        :: p = 0
        :: p = 1
        fi;
        atomic {
            if
            :: validated[p] && right[p] ->
                assert(content[p] != SECRET);
                translation[p] = true
            :: translation[p] ->
                assert(!is_vmsa[p]);
                if
                :: content[p] = GOOD
                :: content[p] = BAD
                fi
            :: else
            fi
        }
    od
}

/* Puts another page, of ours once, behind an address. */
proctype host() {
    byte p;

    do
    :: exchanges == EXCHANGES -> break
    :: else ->
        if
        :: p = 0
        :: p = 1
        fi;
        atomic {
            exchanges++;
            validated[p] = false;
            right[p] = false;
            is_vmsa[p] = false;
            translation[p] = false;
            content[p] = SECRET
        }
    :: break
    od
}

init {
    /* The first page is the guest's already. */
    state[0] = VALID;
    validated[0] = true;
    right[0] = true;
    content[0] = CLEAN;
    atomic { run vcpu(2); run vcpu(1); run guest(); run host() };
    done == 2;
    assert(!claimed[0] && !claimed[1])
}
