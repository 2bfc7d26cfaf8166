# SPDX-License-Identifier: MIT
"""A program as objdump prints it: instructions by address, and what each does to the flow."""
import bisect
import re
import subprocess

LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
LINE = re.compile(r"^\s*([0-9a-f]+):\t(.*)$")
TARGET = re.compile(r"^([0-9a-f]+)(?: <.*>)?$")
PREFIXES = {"lock", "rep", "repz", "repnz", "notrack", "bnd", "data16", "cs", "ds", "rex.W", "rex.WRXB"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class Instruction:
    def __init__(self, address, text):
        words = text.split("#")[0].strip().split(None, 1)
        while len(words) == 2 and words[0] in PREFIXES:
            words = words[1].split(None, 1)
        self.address = address
        self.name = words[0] if words else ""
        self.operands = words[1].strip() if len(words) == 2 else ""
        self.next = None

    @property
    def indirect(self):
        return self.name.startswith(("call", "jmp", "lcall", "ljmp")) and "*" in self.operands

    @property
    def target(self):
        """Where a direct call or jump goes."""
        found = TARGET.match(self.operands)
        return int(found.group(1), 16) if found else None

    @property
    def is_call(self):
        return self.name in ("call", "callq")

    @property
    def is_jump(self):
        return self.name.startswith("j") or self.name.startswith("loop")

    @property
    def falls_through(self):
        return self.name not in ("jmp", "jmpq", "ret", "retq", "iretq", "sysretq", "sysretl", "ud2", "int3")

    def __str__(self):
        return ("%s %s" % (self.name, self.operands)).strip()


class Program:
    def __init__(self, path):
        self.path = path
        self.code = {}
        self.symbols = {}
        self.starts = []
        last = None
        for line in output("objdump", "-dw", "--no-show-raw-insn", path).splitlines():
            label = LABEL.match(line)
            if label:
                self.symbols[label.group(2)] = int(label.group(1), 16)
                continue
            found = LINE.match(line)
            if found:
                one = Instruction(int(found.group(1), 16), found.group(2))
                self.code[one.address] = one
                if last is not None:
                    last.next = one.address
                last = one
        for line in output("nm", path).splitlines():
            words = line.split()
            if len(words) == 3:
                self.symbols[words[2]] = int(words[0], 16)
                if words[1] in "tTwW":
                    self.starts.append((int(words[0], 16), words[2]))
        self.starts.sort()
        self.keys = [start for start, _ in self.starts]

    def name_of(self, address):
        at = bisect.bisect_right(self.keys, address)
        return self.starts[at - 1][1] if at else "?"

    def __iter__(self):
        return iter(self.code.values())
