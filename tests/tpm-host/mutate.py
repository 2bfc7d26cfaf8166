#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recorded commands with random faults, to ours and to swtpm from the same state: the answers have to be the same,
but for what is random in them. Output as tests/README.md wants it.

usage: mutate.py BUILD-FOLDER COMMANDS [SEED]"""
import json
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "negative"))
# pylint: disable=wrong-import-position
from peers import Ours, Swtpm  # noqa: E402
from wire import CC, code, restated, u16, u32  # noqa: E402

VECTORS = os.path.join(HERE, "../vectors/tpm-golden.jsonl")
NEGATIVE = os.path.join(HERE, "../vectors/tpm-negative.jsonl")
SESSION = 400  # commands before both start anew
# What a good answer holds comes from the crypto library's own generator, or is the time.
RANDOM = {CC[name] for name in (
    "RSA_Encrypt", "Sign", "ECDH_KeyGen", "Create", "CreateLoaded", "MakeCredential", "Quote", "Certify", "CertifyCreation",
    "GetTime", "ReadClock", "NV_Certify", "GetSessionAuditDigest", "GetCommandAuditDigest", "Duplicate", "Import",
    "CertifyX509", "GetCapability", "StartAuthSession", "Commit", "ContextSave", "Rewrap")}
# After these the two TPMs are no longer in the same state: one stirs in entropy, the others draw new seeds.
PARTING = {CC[name] for name in ("StirRandom", "Clear", "ChangeEPS", "ChangePPS")}
NUMBERS = (0, 1, 2, 0x10, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff)


def fault(rng, data, others):
    """One fault behind the header, or in the command code."""
    data = bytearray(data)
    at = rng.randrange(10, len(data)) if len(data) > 10 else 9
    kind = rng.randrange(8)
    if kind == 0:
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data[at] = rng.choice((0, 1, 0x7f, 0x80, 0xff))
    elif kind == 2:
        data[at:at + 2] = u16(rng.choice(NUMBERS))
    elif kind == 3:
        data[at:at + 4] = u32(rng.choice((*NUMBERS, 0x40000007, 0x40000001, 0x80000000, 0x81000000, 0x02000000, 0xffffffff)))
    elif kind == 4:
        del data[at:at + rng.randrange(1, 9)]
    elif kind == 5:
        data[at:at] = bytes(rng.choice((1, 2, 4, 8, 32)))
    elif kind == 6:
        other = rng.choice(others)
        data[at:] = other[min(at, len(other) - 1):]
    else:
        data[6:10] = u32(rng.choice(sorted(CC.values())))
    return restated(bytes(data[:4096]).ljust(10, b"\0"))


def same(command, ours, theirs):
    if ours == theirs:
        return True
    kind = int.from_bytes(command[6:10], "big")
    return code(ours) == 0 == code(theirs) and kind in RANDOM


class Run:
    def __init__(self, build, seed):
        self.build, self.rng = build, random.Random(seed)
        with open(VECTORS, encoding="ascii") as file:
            lines = file.readlines()
        self.state = json.loads(lines[0])
        with open(NEGATIVE, encoding="ascii") as file:
            lines += file.readlines()[1:]
        self.commands = [bytes.fromhex(line["command"]) for line in map(json.loads, lines[1:]) if "unframed" not in line]
        self.put = self.refused = 0

    def faulty(self, at):
        command = self.commands[at % len(self.commands)]
        for _ in range(self.rng.choice((0, 1, 1, 1, 2, 3))):
            command = fault(self.rng, command, self.commands)
        return command

    def session(self, count):
        """None, or what went wrong."""
        ours, swtpm = Ours(self.build, VECTORS), Swtpm(self.state)
        at = self.rng.randrange(len(self.commands))
        history, why = [], None
        try:
            for i in range(count):
                command = self.faulty(at + i)
                history.append(command)
                if int.from_bytes(command[6:10], "big") in PARTING:
                    continue
                answers = ours.ask(command), swtpm.ask(command)
                self.put += 1
                self.refused += code(answers[0]) != 0
                if not same(command, *answers):
                    why = f"{command.hex()}: {answers[0].hex()[:80]} instead of {answers[1].hex()[:80]}"
                    break
        except EOFError as error:
            why = f"{error} (the last of {len(history)} commands)"
        finally:
            swtpm.close()
        if ours.close() != 0 and why is None:
            why = "ours did not end well"
        return why


def main():
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 2
    seed = int(sys.argv[3]) if len(sys.argv) == 4 else int(os.environ.get("SVSM_SEED") or time.time_ns() % 1000000007)
    print(f"# seed {seed}", flush=True)
    run = Run(sys.argv[1], seed)
    for _ in range(max(int(sys.argv[2]) // SESSION, 1)):
        why = run.session(SESSION)
        if why is not None:
            print(f"not ok mutated commands={run.put} seed={seed} - {why}")
            return 1
    print(f"ok mutated commands={run.put} refused={run.refused} seed={seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
