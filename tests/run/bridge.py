#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bridge of svsm-run between a guest that misbehaves, played by fake_qemu.py, and clients: each
command has exactly one answer, its own, and nobody takes the whole of it."""
import os
import signal
import struct
import subprocess
import sys
import time

from harness import GET_RANDOM, Run, TMP, ask, response, verdict
import harness

FAILURE, RETRY = 0x101, 0x922


def numbered(number):
    """A command of its own, which the fake sends back."""
    return struct.pack(">HIIQ", 0x8001, 18, 0x17B, number)


def serves(name, mode, codes, seconds=30):
    """With this fake, commands are answered with these codes in turn; a good one gives the command."""
    run = Run(mode=mode)
    why = "" if run.reachable() else "it is not reachable"
    client = None if why else run.client()
    for number, wanted in enumerate(codes):
        if why:
            break
        got = ask(client, numbered(number))
        if got is None or got[0] != wanted:
            why = f"command {number} gets {got}, not {wanted:#x}"
        elif wanted == 0 and got[1] != numbered(number):
            why = f"command {number} gets the answer to another"
    run.signal(signal.SIGINT)
    verdict(name, why or run.end(0, seconds=seconds))


def guest_ends():
    run = Run(mode="dies")
    run.reachable()
    got = ask(run.client())
    verdict("guest-dies-underway", "the client got something" if got else
            run.end(1, "the guest ended: stop: as the test wants it; its last lines:"))
    run = Run(mode="closes")
    run.reachable()
    got = ask(run.client())
    verdict("line-closed", "the client got something" if got else run.end(1, "QEMU was ended by signal 9"))
    run = Run()
    run.reachable()
    with open(f"/proc/{run.process.pid}/task/{run.process.pid}/children", encoding="ascii") as file:
        for pid in map(int, file.read().split()):
            with open(f"/proc/{pid}/cmdline", encoding="latin-1") as words:
                if "fake_qemu" in words.read():
                    os.kill(pid, signal.SIGKILL)
    verdict("qemu-killed", run.end(1, "QEMU was ended by signal 9; the last lines:"))
    run = Run(mode="binary")
    verdict("binary-console", run.end(1, "  | the end"))


def floods():
    for mode in ("console-flood", "line-flood", "silent"):
        run = Run("--timeout", "2", mode=mode)
        why = run.end(1, "the TPM did not answer within 2 s; the console's last lines:", 15)
        verdict(f"never-answers-{mode}", why or ("it took %.1f s" % run.took if run.took > 8 else ""))


def unread_console():
    """Nobody reads standard output: the TPM is reachable all the same."""
    reading, writing = os.pipe()
    run = Run(mode="chatty", stdout=writing)
    os.close(writing)
    until = time.monotonic() + 20
    while not os.path.exists(run.path) and time.monotonic() < until:
        time.sleep(0.05)
    client = run.client()
    why = ""
    for number in range(20):
        if not why and ask(client, numbered(number)) != (0, numbered(number)):
            why = f"command {number} has no answer"
    text = b""
    run.signal(signal.SIGINT)
    while more := os.read(reading, 65536):
        text += more
    os.close(reading)
    if not why and b"bytes of the console went unread" not in text:
        why = "it does not say what was lost"
    verdict("unread-console", why or run.end(0))


def greedy():
    """A client that sends and sends and reads nothing takes no more than its turn."""
    run = Run()
    run.reachable()
    greed, other = run.client(), run.client()
    greed.setblocking(False)
    sent = 0
    try:
        while sent < 10 << 20:
            sent += greed.send(GET_RANDOM * 1000)
    except BlockingIOError:
        pass
    begin = time.monotonic()
    why = ""
    for number in range(200):
        if not why and ask(other, numbered(number)) != (0, numbered(number)):
            why = f"command {number} has no answer of its own"
    took = time.monotonic() - begin
    run.signal(signal.SIGINT)
    verdict("greedy-client", why or ("it took %.1f s" % took if took > 20 else "") or run.end(0),
            f" commands=200 ms={took * 1000:.0f}")


def deaf_guest():
    run = Run(mode="deaf")
    run.reachable()
    stuck, silent = run.client(), run.client()
    stuck.sendall(GET_RANDOM)
    silent.sendall(GET_RANDOM[:5])
    time.sleep(0.3)
    run.signal(signal.SIGINT)
    verdict("ends-with-command-underway", run.end(0, "svsm-run: ended"))


def in_turn():
    """Eight clients at once: each gets its own answers, and those waiting are served in turn."""
    run = Run(mode="slow")
    run.reachable()
    clients = [run.client() for _ in range(8)]
    for number, client in enumerate(clients):
        client.sendall(numbered(number))
        time.sleep(0.02)
    order = []
    for number, client in enumerate(clients):
        got = response(client)
        order.append(got == (0, numbered(number)))
    run.signal(signal.SIGINT)
    verdict("clients-in-turn", "" if all(order) else "an answer went to another")
    run.process.wait()


def relay():
    """svsm-tpm: its input to the socket and back, to the end of either."""
    program = os.path.join(os.path.dirname(harness.RUN), "svsm-tpm")
    run = Run()
    run.reachable()
    got = subprocess.run([program, run.path], input=numbered(1) + numbered(2), capture_output=True,
                         timeout=20, check=False)
    wanted = b"".join(struct.pack(">HII", 0x8001, 28, 0) + numbered(n) for n in (1, 2))
    verdict("relay", "" if got.returncode == 0 and got.stdout == wanted else f"it gives {got}")
    run.signal(signal.SIGINT)
    run.process.wait()
    run = Run(mode="dies")
    run.reachable()
    child = subprocess.Popen([program, run.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    child.stdin.write(numbered(1))
    child.stdin.flush()
    status = child.wait(20)
    said = child.stderr.read().decode()
    verdict("relay-tpm-gone", "" if status == 1 and "the connection to the TPM ended" in said and
            "mend: " in said else f"status {status}: {said}")
    run.process.wait()


def odd_paths():
    """The export line goes through a shell, and the TCTI in it through another."""
    for number, name in enumerate(("it's one", "a $HOME \"x\" `id`", "semi;colon&co", "back\\slash!")):
        run = Run(path=os.path.join(TMP, name))
        run.reachable()
        line = next((line for line in run.text().splitlines() if line.startswith("export ")), "")
        got = subprocess.run(["sh", "-c", line + "\nexec sh -c \"exec ${TPM2TOOLS_TCTI#cmd:}\""], input=numbered(1),
                             capture_output=True, timeout=20, check=False)
        run.signal(signal.SIGINT)
        why = run.end(0)
        verdict(f"odd-path-{number}", "" if got.stdout[10:] == numbered(1) and not why else f"{line}: {got} {why}")
    run = Run("--once", "--json", path=os.path.join(TMP.encode(), b"\xff"))
    verdict("path-not-utf8", run.end(3, "JSON cannot hold the path of the socket"))


def several_at_once():
    """Of several that find the same stale socket at the same time, one gets it."""
    path = os.path.join(TMP, "race")
    wrong = ""
    for _ in range(5):
        subprocess.run([sys.executable, "-c", "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])",
                        path], check=True)
        runs = []
        for number in range(4):
            runs.append(Run(path=path))
            os.rename(runs[-1].log, os.path.join(TMP, f"log{number}"))
            runs[-1].log = os.path.join(TMP, f"log{number}")
        winners = []
        for run in runs:
            if run.reachable():
                winners.append(run)
            elif run.process.wait(20) != 3 or "is in use" not in run.text():
                wrong = wrong or "one lost with another message: " + run.text()[-200:]
        if len(winners) != 1:
            wrong = wrong or f"{len(winners)} got the socket"
        elif ask(winners[0].client()) is None:
            wrong = wrong or "the one with the socket does not answer"
        for run in winners:
            run.signal(signal.SIGINT)
            run.process.wait(20)
    verdict("several-at-once", wrong or ("the socket is left" if os.path.exists(path) else ""))


def foreign_socket():
    """What somebody else put in the socket's place is not taken away."""
    run = Run()
    run.reachable()
    os.unlink(run.path)
    with open(run.path, "w", encoding="ascii") as file:
        file.write("another's")
    run.signal(signal.SIGINT)
    status = run.process.wait(20)
    verdict("foreign-name-kept", "" if status == 0 and os.path.exists(run.path) else
            f"status {status}, or another's file is gone")
    os.unlink(run.path)


def main():
    good = [0] * 6
    every_other = [FAILURE, 0] * 3
    serves("good", "good", good)
    serves("noise-on-the-line", "noisy", good)
    serves("answers-twice", "twice", good)
    serves("stale-answers", "stale", good)
    serves("unknown-frames", "unknown-type", good)
    serves("answer-of-wrong-size", "wrong-size", every_other)
    serves("empty-answer", "empty", every_other)
    serves("driver-restarts", "restarts", every_other)
    serves("service-crashed", "crashed", every_other)
    serves("error-of-odd-size", "odd-error", every_other)
    serves("service-busy", "busy", [RETRY, 0] * 3)
    serves("half-an-answer", "half", [FAILURE, 0])
    guest_ends()
    floods()
    unread_console()
    greedy()
    deaf_guest()
    in_turn()
    relay()
    odd_paths()
    several_at_once()
    foreign_socket()
    return 1 if harness.failed else 0


sys.exit(main())
