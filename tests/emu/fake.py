#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays QEMU with the hypervisor in it, for emu.sh: what FAKE names. File descriptors as svsm-emu's
--dry-run describes them. The mailbox is also judged here: what it finds wrong is said as a stop."""
import os
import socket
import struct
import sys
import time

MAGIC = 0x58424d53
ROOM = 0x5000


def say(text):
    os.write(4, text.encode() + b"\n")


def console(text):
    os.write(1, text.encode())


class Mailbox:
    def __init__(self):
        self.line = socket.socket(fileno=3)
        self.serial = 0

    def receive(self, size):
        out = b""
        while len(out) < size:
            more = self.line.recv(size - len(out))
            if not more:
                raise EOFError
            out += more
        return out

    def ask(self, kind, payload=b"", piece=7777):
        self.serial += 1
        frame = struct.pack("<IIII", MAGIC, kind, len(payload), self.serial) + payload
        for at in range(0, len(frame), piece):
            self.line.sendall(frame[at:at + piece])
        magic, kind_back, size, serial = struct.unpack("<IIII", self.receive(16))
        assert (magic, kind_back, serial) == (MAGIC, kind, self.serial), "frame"
        return self.receive(size)


def image():
    """The launch image, as hv would see it: header, runs, and the secrets page."""
    with open("/proc/self/fd/5", "rb") as file:
        data = file.read()
    head = struct.unpack_from("<11Q", data)
    count, vcpus, profile, tlb, trace, asid = struct.unpack_from("<6I", data, 88)
    cbit, coherency, stats, fw_cfg = struct.unpack_from("<4B", data, 112)
    runs = [struct.unpack_from("<QQQB3BBB2x", data, head[6] + 32 * i) for i in range(count)]
    return data, head, (count, vcpus, profile, tlb, trace, asid, cbit, coherency, stats, fw_cfg), runs


def check_image():
    data, head, small, runs = image()
    assert head[0] == 0x31484c454d504e53 and head[1] == len(data), "header"
    assert head[2] == 128 << 20 and head[3] >= 32 << 20, "memory"
    assert small[1:] == (2, 2, 1, 0x81, 1, 51, 0, 1, 0), f"settings {small}"
    secrets = [run for run in runs if run[3] == 5]
    page = data[secrets[0][2]:secrets[0][2] + 4096]
    keys = [page[0x20 + 32 * i:0x40 + 32 * i] for i in range(4)]
    assert len(secrets) == 1 and len(set(keys)) == 4 and bytes(32) not in keys, "keys"
    assert struct.unpack_from("<I", page)[0] > 0, "version"
    assert page[0xa0:0x160] == bytes(0xc0), "the guest's part"


def mailbox():
    box = Mailbox()
    assert box.ask(1) == b"", "hello"
    assert box.ask(1, piece=1) == b"", "hello in single bytes"
    table = box.ask(3)
    assert len(table) % 4096 == 0 and len(table) > 0, "certificates"
    answer = box.ask(2, struct.pack("<II", 0, 2) + bytes(4096))
    status, stop = struct.unpack_from("<II", answer)
    assert len(answer) == 8 + 4096 and status != 0, "a request of zeros is refused"
    assert answer[8:] == bytes(4096), "no answer with it"
    # Two at once: answered one after another.
    box.line.sendall(struct.pack("<IIII", MAGIC, 1, 0, 8) + struct.pack("<IIII", MAGIC, 1, 0, 9))
    both = box.receive(32)
    assert [struct.unpack_from("<4I", both, at)[3] for at in (0, 16)] == [8, 9], "two at once"


def bad_mailbox(bytes_):
    box = Mailbox()
    box.line.sendall(bytes_)
    try:
        box.receive(1)
    except EOFError:
        pass
    time.sleep(60)


def main(what, text=""):
    if what == "lines":
        console("hello from the guest\r\n")
        print("fake: a warning: TCG doesn't support requested feature: x", file=sys.stderr)
        print("fake: a complaint", file=sys.stderr)
        for line in text.split("|"):
            say(line)
        return 0
    if what == "sleep":
        with open(text, "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        say("start")
        time.sleep(60)
    elif what == "endless":
        with open(text, "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        say("start")
        while True:
            os.write(1, b"x" * ROOM)
    elif what == "status":
        return int(text)
    elif what == "signal":
        os.kill(os.getpid(), 9)
    elif what == "garbage":
        bad_mailbox(b"\xa5" * 64)
    elif what == "type":
        bad_mailbox(struct.pack("<IIII", MAGIC, 9, 0, 1))
    elif what == "size":
        bad_mailbox(struct.pack("<IIII", MAGIC, 2, 0x10001, 1))
    elif what == "input":
        console("got " + sys.stdin.readline())
        say(f"exit code={len(sys.stdin.read())}")  # waits for the end
    elif what == "flood":
        os.write(1, b"x" * ROOM * 20)
        for i in range(ROOM):
            say(f"trace npf {i}")
        say("exit code=4")
    else:
        try:
            {"image": check_image, "mailbox": mailbox}[what]()
            say("exit code=0")
        except AssertionError as error:
            say(f"stop emulator why={error}")
    return 0


if sys.argv[1:2] == ["--version"]:
    print("QEMU emulator version 9.1.0")
else:
    sys.exit(main(*os.environ["FAKE"].split(" ", 1)))
