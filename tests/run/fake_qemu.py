#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in for QEMU: answers --version, speaks the frames of svsm/serial_frame.h on file descriptor
3 and misbehaves as FAKE_QEMU says (one word; see main). Written from the header alone."""
import os
import random
import select
import signal
import struct
import sys
import time
import zlib

READY, COMMAND, RESPONSE, ERROR, RESET = 1, 2, 3, 4, 5
LINE = 3
HEADER = struct.Struct("<4sBBHII")
BUSY, CRASHED = 0x80000007, 0x80001F01
MODE = os.environ.get("FAKE_QEMU", "good")


def frame(kind, sequence, payload=b""):
    head = HEADER.pack(b"SVF1", kind, 0, sequence, len(payload), 0)[:12]
    return head + struct.pack("<I", zlib.crc32(head + payload)) + payload


def say(text):
    os.write(1, text.encode() + b"\n")


def send(*parts):
    data = b"".join(parts)
    while data:
        data = data[os.write(LINE, data):]


def noise(size):
    """Bytes with starts of frames among them, none of them whole."""
    made = bytes(random.randrange(256) for _ in range(size))
    return made + b"SVF" + made[:7] + b"SVF1\x03\0\0\0\xff\xff\xff\xff" + made[:3]


def next_command():
    """(sequence, payload) of the next COMMAND; answers a RESET on the way."""
    held = b""
    while True:
        found = held.find(b"SVF1")
        if found >= 0 and len(held) >= found + HEADER.size:
            _, kind, _, sequence, size, _ = HEADER.unpack_from(held, found)
            if len(held) >= found + HEADER.size + size:
                payload = held[found + HEADER.size:found + HEADER.size + size]
                held = held[found + HEADER.size + size:]
                if kind == COMMAND:
                    return sequence, payload
                send(frame(READY, 0))
                continue
        more = os.read(LINE, 65536)
        if not more:
            sys.exit(0)
        held += more


def response(payload, code=0):
    """A TPM response: its header, the code, and the command behind it, so that it is known again."""
    return struct.pack(">HII", 0x8001, 10 + len(payload), code) + payload


def answer(count, sequence, payload):
    good = frame(RESPONSE, sequence, response(payload))
    ours = count >= 2  # the first two are svsm-run's own
    if MODE == "noisy":
        send(noise(300), good, noise(40))
    elif MODE == "twice":
        send(good, good)
    elif MODE == "stale":
        send(frame(RESPONSE, (sequence - 1) & 0xFFFF, response(b"stale")),
             frame(ERROR, (sequence + 1) & 0xFFFF, struct.pack("<I", CRASHED)), good)
    elif MODE == "unknown-type":
        send(frame(77, sequence, b"x"), good)
    elif MODE == "wrong-size" and ours and count % 2 == 0:
        send(frame(RESPONSE, sequence, response(payload) + b"more"))
    elif MODE == "empty" and ours and count % 2 == 0:
        send(frame(RESPONSE, sequence))
    elif MODE == "restarts" and ours and count % 2 == 0:
        send(frame(READY, 0))
    elif MODE == "busy" and ours and count % 2 == 0:
        send(frame(ERROR, sequence, struct.pack("<I", BUSY)))
    elif MODE == "crashed" and ours and count % 2 == 0:
        send(frame(ERROR, sequence, struct.pack("<I", CRASHED)))
    elif MODE == "odd-error" and ours and count % 2 == 0:
        send(frame(ERROR, sequence, b"abc"))
    elif MODE == "half" and ours and count % 2 == 0:
        send(noise(10), good[:len(good) // 2])  # the line has to be reset
    elif MODE == "dies" and ours:
        say("[    1.000000] ring0 error stop: as the test wants it")
        os._exit(5)
    elif MODE == "closes" and ours:
        os.close(LINE)
        time.sleep(60)
    elif MODE == "deaf" and ours:
        time.sleep(600)
    elif MODE == "slow":
        time.sleep(0.2)
        send(good)
    else:
        send(good)
    if MODE == "chatty":
        os.write(1, b"x" * 100000 + b"\n")


def flood(fd, bytes_of):
    while True:
        try:
            os.write(fd, bytes_of())
        except BlockingIOError:
            select.select([], [fd], [])


def main():
    if sys.argv[1:2] == ["--version"]:
        time.sleep(600 if MODE == "slow-version" else 0)
        say("QEMU emulator version 9.1.0")
        return
    say("[    0.000000] ring0 info here is a fake")
    if MODE == "console-flood":
        flood(1, lambda: b"y\n" * 4096)
    if MODE == "line-flood":
        flood(LINE, lambda: noise(2000))
    if MODE == "binary":
        os.write(1, bytes(range(256)) * 50 + b"\n" + b"z" * 20000 + b"\n\0\0\x1b[2J\nthe end\n")
        sys.exit(9)
    if MODE == "silent":
        time.sleep(600)
    if MODE == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "offspring":
        os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "0.5")
    send(frame(READY, 0))
    count = 0
    while True:
        sequence, payload = next_command()
        answer(count, sequence, payload)
        count += 1


main()
