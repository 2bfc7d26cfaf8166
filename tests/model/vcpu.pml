/* SPDX-License-Identifier: MIT */
/*
 * One vCPU V at VMPL0 that serves its save area, and two others that create and delete save areas of
 * V, as microkernel/guest does it (vcpu.c, hotplug.c, registry.c). The host runs whatever the CPU
 * lets it run.
 *
 * Shown: a save area is read and written only while it is mapped, marked as one, and no CPU runs
 * it; a page that the guest gets back runs nowhere; nothing is left locked or claimed. Not shown: that
 * whoever waits for every vCPU to flush gets it, for the host never comes to rest here.
 *
 * Limits: two pages that can be a save area of V; two rounds of V, one act of each other vCPU.
 */
#define PAGES 2
#define NONE 2
#define ROUNDS 2
#define ACTS 1
#define VCPUS 3

bool claimed[PAGES], registered[PAGES]; /* PAGE_VMSA */
bool mark[PAGES], svme[PAGES], running[PAGES], mapped[PAGES], ready[PAGES], taken[PAGES];
byte current = NONE, calling = NONE;
bool locked, busy[VCPUS];
byte over;

inline lock(me) { busy[me] = true; atomic { !locked -> locked = true } }
inline unlock(me) { atomic { locked = false; busy[me] = false } }

/* Every other vCPU has answered. */
inline flush(me) {
    !busy[(me + 1) % VCPUS];
    !busy[(me + 2) % VCPUS]
}

/* EFER.SVME of a save area, by compare-and-swap: not while it runs. */
inline stop(a, ok) {
    atomic {
#ifdef BUG_STOP_ANYWAY
        ok = true;
#else
        ok = !running[a];
#endif
        if
        :: ok -> svme[a] = false
        :: else
        fi
    }
}

inline touch(a) { assert(mapped[a] && mark[a] && !running[a]) }

inline create(me, a) {
    atomic {
        claim = !claimed[a] && !registered[a];
        if
        :: claim -> claimed[a] = true
        :: else
        fi
    };
    if
    :: claim ->
        lock(me);
        free = !taken[a];
        taken[a] = true;
        unlock(me);
        assert(free); /* its page would still be a save area */
        flush(me);
        svme[a] = true; /* that is what the guest has to have written */
        mark[a] = true;
        mapped[a] = true;
        lock(me);
        ready[a] = true;
        current = a;
        unlock(me);
        atomic { registered[a] = true; claimed[a] = false }
    :: else
    fi
}

inline delete(me, a) {
    atomic {
        claim = !claimed[a] && registered[a];
        if
        :: claim -> claimed[a] = true
        :: else
        fi
    };
    if
    :: claim ->
#ifndef BUG_DELETES_UNLOCKED
        lock(me);
#endif
#ifdef BUG_NOT_STOPPED
        ok = true;
#else
        stop(a, ok);
#endif
        if
        :: ok ->
            mark[a] = false;
            assert(!running[a]); /* the guest's page again */
            ready[a] = false;
#ifndef BUG_STAYS_ACTIVE
            if
            :: current == a -> current = NONE
            :: else
            fi;
#endif
#ifndef BUG_STAYS_CALLING
            if
            :: calling == a -> calling = NONE
            :: else
            fi;
#endif
        :: else
        fi;
#ifdef BUG_DELETES_UNLOCKED
        skip;
#else
        unlock(me);
#endif
        if
        :: ok ->
#ifdef BUG_FREE_LATE
            atomic { registered[a] = false; claimed[a] = false };
#endif
            mapped[a] = false;
            flush(me);
            lock(me);
            taken[a] = false;
            unlock(me);
            atomic { registered[a] = false; claimed[a] = false }
        :: else -> claimed[a] = false
        fi
    :: else
    fi
}

proctype other(byte me) {
    byte n, a;
    bool claim, free, ok;

    do
    :: n == ACTS -> break
    :: else ->
        n++;
        if
        :: a = 0
        :: a = 1
        fi;
        if
        :: create(me, a)
        :: delete(me, a)
        fi;
        n = n
    od;
    over++
}

proctype vcpu(byte me) {
    byte n, a;
    bool claim, ok, free;

    do
    :: n == ROUNDS -> break
    :: else ->
        n++;
        /* guest_enter() */
        lock(me);
        if
        :: current != NONE -> assert(ready[current]); svme[current] = true
        :: else
        fi;
        unlock(me);
        /* guest_request() */
        lock(me);
        if
        :: current != NONE ->
            stop(current, ok);
            if
            :: ok -> touch(current); calling = current
            :: ok /* no call */
            :: !ok
            fi
        :: else
        fi;
        unlock(me);
        /* A service works, or the call is DELETE_VCPU of itself or of another. */
        if
        :: calling != NONE ->
            if
            :: skip
            :: a = 0; delete(me, a)
            :: a = 1; delete(me, a)
            fi
        :: else
        fi;
        /* guest_answer() */
#ifndef BUG_ANSWERS_UNLOCKED
        lock(me);
#endif
        if
        :: calling != NONE ->
            a = calling;
            touch(a); /* RAX */
            touch(a); /* and the others */
            if
            :: a != current -> svme[a] = true
            :: else
            fi;
            calling = NONE
        :: else
        fi;
#ifdef BUG_ANSWERS_UNLOCKED
        skip
#else
        unlock(me)
#endif
    od;
    over++
}

/* Runs what can be run, wherever it likes. */
proctype host() {
    byte a;

end:
    do
    :: over == VCPUS -> break
    :: else ->
        if
        :: a = 0
        :: a = 1
        fi;
        atomic {
            if
            :: mark[a] && svme[a] && !running[a] -> running[a] = true
            :: running[a] -> running[a] = false
            :: else
            fi
        }
    od
}

init {
    registered[0] = true;
    taken[0] = true;
    mapped[0] = true;
    mark[0] = true;
    ready[0] = true;
    current = 0;
    atomic { run vcpu(0); run other(1); run other(2); run host() };
    over == VCPUS;
    assert(!locked && !claimed[0] && !claimed[1])
}
