#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/vectors/tpm-negative.jsonl anew: commands that a TPM has to refuse (and the good ones around
them), with the answers of the distribution's swtpm, from the state of tests/vectors/tpm-golden.jsonl.

usage: negative.py FILE

Every run gives the same file: what an answer depends on is in the state, or made from fixed seeds here."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(HERE, "negative"))
# pylint: disable=wrong-import-position
import data  # noqa: E402
import ecc  # noqa: E402
import header  # noqa: E402
import last  # noqa: E402
import nv  # noqa: E402
import objects  # noqa: E402
import rsa  # noqa: E402
import sessions  # noqa: E402
from peers import Swtpm  # noqa: E402
from wire import code  # noqa: E402

PARTS = (header, rsa, ecc, data, sessions, objects, nv, last)


class Vectors:
    """Puts commands to a TPM and keeps them with the answers."""

    def __init__(self, tpm):
        self.tpm = tpm
        self.lines = []
        self.names = set()

    def send(self, name, command, **marks):
        """marks: unframed, step (tests/tpm-host/vectors.h)."""
        answer = self.tpm.ask(command)
        if name in self.names:
            raise ValueError(f"two vectors are called '{name}'")
        self.names.add(name)
        self.lines.append({"name": name, "command": command.hex(), "response": answer.hex(), **marks})
        return answer

    def bad(self, name, command, **marks):
        answer = self.send(name, command, **marks)
        if code(answer) == 0:
            raise ValueError(f"'{name}' is answered as good")
        return answer

    def good(self, name, command):
        answer = self.send(name, command)
        if code(answer) != 0:
            raise ValueError(f"'{name}' is refused: {code(answer):#x}")
        return answer


def start_state():
    with open(os.path.join(HERE, "../vectors/tpm-golden.jsonl"), encoding="ascii") as file:
        return json.loads(file.readline())


def record(state):
    tpm = Swtpm(state)
    try:
        vectors = Vectors(tpm)
        for part in PARTS:
            part.run(vectors)
        return vectors.lines
    finally:
        tpm.close()


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    state = start_state()
    lines = record(state)
    with open(sys.argv[1], "w", encoding="ascii") as file:
        for line in [state, *lines]:
            file.write(json.dumps(line) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
