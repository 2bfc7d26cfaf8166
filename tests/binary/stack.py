# SPDX-License-Identifier: MIT
"""How deep the stack gets, from the instructions themselves: each path through a function is
followed with the depth at every instruction, calls are added up along the call graph. A stack
pointer that is loaded with something unrelated begins another stack ("switched"). Recursion, growth
in a loop or by a variable, and a return at another depth than zero are findings: then the figures
would mean nothing."""
import re

STATES_MAX = 64  # different depths at one instruction: more means that a loop grows the stack
SWITCH = 0x1000  # a leap of the stack pointer of a page or more leads to another stack
IMMEDIATE = re.compile(r"^\$(-?0x[0-9a-f]+),%rsp$")
MEMORY = re.compile(r"^(-?0x[0-9a-f]+)?\(%(\w+)\),%(\w+)$")
MOVE = re.compile(r"^%(\w+),%(\w+)$")
NOT_WRITTEN = ("cmp", "test", "push", "call", "j")


def signed(text):
    value = int(text, 16)
    return value - (1 << 64) if value >= 1 << 63 else value


class Unsound(Exception):
    pass


class State:
    """Which stack, how deep, and which registers hold an earlier stack pointer."""

    def __init__(self, stack, depth, known=()):
        self.stack, self.depth, self.known = stack, depth, tuple(sorted(known))

    def key(self):
        return self.stack, self.depth, self.known

    def at(self, depth):
        return State(self.stack, depth, self.known)

    def knowing(self, register, value):
        rest = [pair for pair in self.known if pair[0] != register]
        return State(self.stack, self.depth, rest + ([(register, value)] if value else []))

    def restored(self, register, offset):
        """The stack pointer becomes `register` + offset."""
        found = dict(self.known).get(register)
        if found is None:
            return State("switched", 0, self.known)
        return State(found[0], found[1] - offset, self.known)


def move_stack(state, one):
    """What an instruction that writes the stack pointer makes of the state."""
    text = one.operands
    number = IMMEDIATE.match(text)
    memory = MEMORY.match(text)
    if one.name in ("sub", "subq", "add", "addq") and number:
        value = signed(number.group(1))
        return state.at(state.depth + (value if one.name.startswith("sub") else -value))
    if one.name in ("and", "andq") and number:
        return state.at(state.depth - signed(number.group(1)) - 1)
    if one.name in ("lea", "leaq") and memory:
        offset = signed(memory.group(1) or "0x0")
        if memory.group(2) != "rsp":
            return state.restored(memory.group(2), offset)
        return State("switched", 0, state.known) if offset >= SWITCH else state.at(state.depth - offset)
    if one.name in ("mov", "movq", "movabs"):
        register = MOVE.match(text)
        return state.restored(register.group(1), 0) if register else State("switched", 0, state.known)
    raise Unsound("the stack grows by what is not known: %x: %s" % (one.address, one))


def written_register(one):
    if one.name.startswith(NOT_WRITTEN):
        return None
    found = re.search(r"%(\w+)$", one.operands)
    return found.group(1) if found else None


def effect(state, one):
    """The state behind an instruction that is neither call nor return."""
    if one.name.startswith("push"):
        return state.at(state.depth + 8)
    if one.name.startswith("pop"):
        return state.at(state.depth - 8).knowing(written_register(one), None)
    if one.name.startswith("leave"):
        back = state.restored("rbp", 0)
        return back.at(back.depth - 8).knowing("rbp", None)
    if one.name.startswith("lret"):
        return state.at(state.depth - 16)  # ring 0 has one, to the next instruction
    if one.name.startswith("enter"):
        raise Unsound("ENTER at %x" % one.address)
    register = written_register(one)
    if register == "rsp":
        return move_stack(state, one)
    saved = MOVE.match(one.operands)
    if one.name.startswith("mov") and saved and saved.group(1) == "rsp":
        return state.knowing(register, (state.stack, state.depth))
    near = MEMORY.match(one.operands)
    if one.name.startswith("lea") and near and near.group(2) == "rsp":
        return state.knowing(register, (state.stack, state.depth - signed(near.group(1) or "0x0")))
    return state.knowing(register, None) if register else state


class Stack:
    """`last`: functions that end the machine and see to it themselves that they are not entered
    again while they tell why (cpu/stop.c, shown by boot/stop-in-stop). What they call may fail and
    lead to them once more, but no further."""

    def __init__(self, program, last=()):
        self.program = program
        self.last = {program.symbols[name] for name in last}
        self.returning = self.find_returning()
        self.bodies = {}
        self.totals = {}

    def successors(self, one, returning):
        if one.is_jump and one.target is not None:
            yield one.target
        if one.next is not None and one.falls_through:
            if not one.is_call or one.target is None or one.target in returning:
                yield one.next

    def reaches_return(self, start, returning):
        seen, todo = set(), [start]
        while todo:
            at = todo.pop()
            one = self.program.code.get(at)
            if one is None or at in seen:
                continue
            seen.add(at)
            if one.name.startswith("ret"):
                return True
            todo += self.successors(one, returning)
        return False

    def find_returning(self):
        """Functions that return at all. The others' callers do not go on behind the call."""
        targets = {one.target for one in self.program if one.is_call and one.target is not None}
        returning, before = set(), None
        while before != len(returning):
            before = len(returning)
            returning |= {t for t in targets - returning if self.reaches_return(t, returning)}
        return returning

    def body(self, start, depth=0):
        """({stack: own depth}, [(stack, depth at the call, callee)])."""
        if (start, depth) in self.bodies:
            return self.bodies[start, depth]
        deepest, calls, seen = {"entered": depth}, set(), {}
        todo = [(start, State("entered", depth))]
        while todo:
            at, state = todo.pop()
            one = self.program.code.get(at)
            states = seen.setdefault(at, set())
            if one is None or state.key() in states:
                continue
            states.add(state.key())
            if len(states) > STATES_MAX:
                raise Unsound("a loop grows the stack: %s" % self.program.name_of(at))
            if one.name.startswith("ret") and (state.stack, state.depth) != ("entered", 0):
                raise Unsound("%s returns at depth %d" % (self.program.name_of(at), state.depth))
            behind = state
            if one.is_call and one.target is not None:
                calls.add((state.stack, state.depth + 8, one.target))
            elif not one.is_call and not one.name.startswith(("ret", "iret", "sysret")):
                behind = effect(state, one)
            deepest[behind.stack] = max(deepest.get(behind.stack, 0), behind.depth)
            todo += [(where, behind) for where in self.successors(one, self.returning)]
        self.bodies[start, depth] = deepest, sorted(calls)
        return self.bodies[start, depth]

    def again(self, start):
        """What a function of `last` needs when it finds that it was entered before."""
        deepest, calls = self.body(start)
        claims = [d + self.body(c)[0]["entered"] for _, d, c in calls if c not in self.last]
        return max([deepest["entered"]] + claims)

    def need(self, start, stack="entered", depth=0, mode="first", path=()):
        """(bytes, [names along the deepest path]) that `start` needs on that stack. Calls of `last`
        count in full where mode is "first", as a second entry where it is "again", and not at all
        where it is "never"."""
        key = (start, stack, depth, mode)
        if key in self.totals:
            return self.totals[key]
        name = self.program.name_of(start)
        if start in self.last and mode != "first":
            return (0, []) if mode == "never" else (self.again(start), [name + " again"])
        if start in path:
            raise Unsound("recursion: %s" % " ".join(self.program.name_of(p) for p in path + (start,)))
        deepest, calls = self.body(start, depth)
        best = (deepest.get(stack, 0), [name])
        inner = "again" if start in self.last else mode
        for where, at, callee in calls:
            size, names = self.need(callee, "entered", 0, inner, path + (start,))
            if where == stack and at + size > best[0]:
                best = (at + size, [name] + names)
        self.totals[key] = best
        return best
