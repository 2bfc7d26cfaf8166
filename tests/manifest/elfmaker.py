# SPDX-License-Identifier: MIT
"""Small ELF files made byte by byte, sound ones and broken ones, for the tests of the builder."""
import struct

R, W, X = 4, 2, 1
BASE = 0x400000
LINK = 0xFFFFFFFF80000000


def up(value, unit):
    return (value + unit - 1) // unit * unit


class Elf:
    """Fields may be changed before bytes() is called."""

    def __init__(self, entry=BASE):
        self.entry = entry
        self.type = 2
        self.machine = 62
        self.elf_class = 2
        self.segments = []  # type, flags, va, pa, data, memory size
        self.symbols = []   # name, value, size, type
        self.relocations = b""

    def segment(self, flags, va, data, memory=None, pa=None, kind=1):
        size = len(data) if memory is None else memory
        self.segments.append((kind, flags, va, va if pa is None else pa, data, size))
        return self

    def symbol(self, name, value, size=0, kind=2):
        self.symbols.append((name, value, size, kind))
        return self

    def bytes(self):
        body = bytearray(64 + 56 * len(self.segments))
        headers = b""
        for kind, flags, va, pa, data, size in self.segments:
            at = up(len(body), 4096) + va % 4096
            body += bytes(at - len(body)) + data
            headers += struct.pack("<IIQQQQQQ", kind, flags, at, va, pa, len(data), size, 4096)
        names = b"\0"
        table = bytes(24)
        for name, value, size, kind in self.symbols:
            table += struct.pack("<IBBHQQ", len(names), 0x10 | kind, 0, 1, value, size)
            names += name.encode() + b"\0"
        sections = [(0, b"", 0, 0), (1, b"", 0, 0), (2, table, 3, 24), (3, names, 0, 0)]
        if self.relocations:
            sections.append((4, self.relocations, 2, 24))
        heads = b""
        for kind, data, link, entry in sections:
            body += bytes(up(len(body), 8) - len(body))
            at = len(body)
            body += data
            heads += struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, at, len(data), link, 0, 8, entry)
        body += bytes(up(len(body), 8) - len(body))
        ident = b"\x7fELF" + bytes([self.elf_class, 1, 1]) + bytes(9)
        body[0:64] = ident + struct.pack(
            "<HHIQQQIHHHHHH", self.type, self.machine, 1, self.entry, 64, len(body), 0, 64, 56,
            len(self.segments), 64, len(sections), 0)
        body[64:64 + len(headers)] = headers
        return bytes(body + heads)


def task(text=b"\xf4" * 64, data=b"data", bss=5000):
    """A sound task: code, constants, variables."""
    e = Elf()
    e.segment(R | X, BASE, text)
    e.segment(R, BASE + 0x1000, b"constant")
    e.segment(R | W, BASE + 0x2000, data, len(data) + bss)
    e.symbol("task_start", BASE, 16).symbol("task_other", BASE + 16, 32).symbol("task_alias", BASE)
    return e


def multiboot(flags=0x10003, magic=0x1BADB002):
    return struct.pack("<IIIIIIII", magic, flags, -(magic + flags) & 0xFFFFFFFF, 0, 0, 0, 0, 0)


def kernel(header=None, symbols_room=512, leave_out=(), location_in_bss=False):
    """A sound kernel: header and code at 1 MiB, constants, variables."""
    pa = 0x100000
    e = Elf(LINK + pa + 64)
    e.segment(R | X, LINK + pa, (header or multiboot()).ljust(64, b"\0") + b"\xf4" * 256, pa=pa)
    e.segment(R, LINK + pa + 0x1000, bytes(32 + symbols_room), pa=pa + 0x1000)
    e.segment(R | W, LINK + pa + 0x2000, b"vars", 10000, pa=pa + 0x2000)
    found = {
        "multiboot_header": (LINK + pa, 32, 1),
        "boot_entry": (LINK + pa + 64, 16, 2),
        "kernel_main": (LINK + pa + 80, 100, 2),
        "image_location": (LINK + pa + (0x2100 if location_in_bss else 0x1000), 32, 1),
        "kernel_symbols": (LINK + pa + 0x1020, symbols_room, 1),
    }
    for name, (value, size, kind) in found.items():
        if name not in leave_out:
            e.symbol(name, value, size, kind)
    return e
