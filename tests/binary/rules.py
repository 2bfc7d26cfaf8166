# SPDX-License-Identifier: MIT
"""Rules on built programs. Each takes what it judges and returns a list of findings; the lists of
what is allowed are arguments, so that the suite can show that each rule is able to fail."""
import re
import subprocess

from disasm import output

VECTOR = re.compile(r"%(?:[xyz]?mm[0-9]|st\b|k[0-7]\b)")
STATE = ("xrstor", "xsave", "fxrstor", "fxsave", "ldmxcsr", "stmxcsr", "vldmxcsr", "vstmxcsr", "vzero", "emms",
         "xsetbv")
GATES = ("syscall", "sysenter", "int", "into")
SEGMENT = re.compile(r"^\s+(\w+)\s+0x\w+ (0x\w+) (0x\w+) 0x(\w+) 0x(\w+) ([R ][W ][E ]) ")


def place(program, one):
    return "%s: %s" % (program.name_of(one.address), one)


def indirect_branches(program, allowed):
    return [place(program, one) for one in program
            if one.indirect and (program.name_of(one.address), str(one)) not in allowed]


def vector_instructions(program, allowed):
    """x87, MMX, SSE, AVX, and what loads or saves their state."""
    found = []
    for one in program:
        vector = VECTOR.search(one.operands) or one.name.startswith(STATE) or one.name.startswith("f")
        if vector and (program.name_of(one.address), one.name) not in allowed:
            found.append(place(program, one))
    return found


def source_of(path, address):
    return output("addr2line", "-e", path, "%x" % address).strip().split(":")[0]


def gates(program, allowed_source):
    """Ways into ring 0 that a program has: all of them must come from one source file."""
    ways = [one for one in program if one.name in GATES]
    bad = [place(program, one) for one in ways
           if one.name != "syscall" or not source_of(program.path, one.address).endswith(allowed_source)]
    return bad if ways else ["no way into ring 0 at all, so nothing was judged"]


def segments(path):
    return [found.groups() for found in map(SEGMENT.match, output("readelf", "-lW", path).splitlines()) if found]


def loading(path):
    """What a loader is asked for: nothing writable and executable, no page with two rights, nothing dynamic."""
    found, pages = [], {}
    for kind, va, _, _, size, flags in segments(path):
        if "W" in flags and "E" in flags:
            found.append("%s at %s is writable and executable" % (kind, va))
        if kind in ("INTERP", "DYNAMIC"):
            found.append("it has %s" % kind)
        first, last = int(va, 16) >> 12, (int(va, 16) + max(int(size, 16), 1) - 1) >> 12
        for page in range(first, last + 1) if kind == "LOAD" and int(size, 16) else ():
            if pages.setdefault(page, flags) != flags:
                found.append("page 0x%x has two rights" % (page << 12))
    if not pages:
        found.append("nothing is loaded")
    if "Type:                              EXEC" not in output("readelf", "-hW", path):
        found.append("not linked to a fixed address")
    dynamic = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=False).stdout
    if "TEXTREL" in dynamic:
        found.append("text relocations")
    if re.search(r"\bR_X86_64_", output("readelf", "-rW", path)):
        found.append("relocations are left")
    return found


def protected(program, least):
    """Does the stack protector's check stand in at least `least` functions?"""
    if "__stack_chk_fail" not in program.symbols:
        return ["no __stack_chk_fail: nothing is protected"], 0
    fail = program.symbols["__stack_chk_fail"]
    users = {program.name_of(one.address) for one in program if one.target == fail and one.name != "jmp"}
    return ([] if len(users) >= least else ["only %d functions check their canary" % len(users)]), len(users)


def executable_stack_objects(paths):
    """Objects that ask for an executable stack, or forget to say that they need none."""
    found = []
    for path in paths:
        marks = [line for line in output("readelf", "-SW", path).splitlines() if ".note.GNU-stack" in line]
        if not marks or any(" AX " in line or " X " in line for line in marks):
            found.append(path)
    return found


def flags(entries, wanted, exempt):
    """[file: flag] that is missing on a compile line, or undone by a later one."""
    found = []
    for name, words in entries:
        for flag in wanted:
            if (name, flag) in exempt:
                continue
            if flag not in words:
                found.append("%s: %s" % (name, flag))
            undone = flag.replace("-f", "-fno-", 1) if flag.startswith("-f") else None
            if undone and undone in words and words.index(undone) > words.index(flag):
                found.append("%s: %s undone" % (name, flag))
        found += ["%s: %s" % (name, word) for word in words if word in ("-fno-stack-protector", "-O0")]
    return found
