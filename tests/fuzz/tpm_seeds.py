# SPDX-License-Identifier: MIT
"""Inputs for fuzz_tpm.c from recorded vectors, several commands in each, so that a key is loaded before it is
used. usage: tpm_seeds.py FOLDER VECTORS..."""
import json
import os
import sys

RUN = 12  # commands in one input, of 16 that the target takes


def main():
    folder = sys.argv[1]
    count = 0
    for path in sys.argv[2:]:
        with open(path, encoding="ascii") as file:
            lines = [json.loads(line) for line in file][1:]
        # Only the first refusals of a kind: most are alike, and a seed costs time at each start.
        seen, kept = {}, []
        for line in lines:
            kind = line["command"][12:20] + line["response"][12:20]
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= 4:
                kept.append(bytes.fromhex(line["command"]))
        for start in range(0, len(kept), RUN):
            data = b"".join(b"\0" + len(command).to_bytes(2, "big") + command for command in kept[start:start + RUN])
            with open(os.path.join(folder, f"seed-{count}"), "wb") as out:
                out.write(data)
            count += 1


main()
