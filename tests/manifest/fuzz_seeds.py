# SPDX-License-Identifier: MIT
"""Seeds for the fuzzers, into a folder each: every manifest of the tests, small ELF files."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import cases  # noqa: E402
import elfmaker  # noqa: E402


def main(folder):
    for part in ("manifest", "elf"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    number = 0
    for _, files, *_ in cases.CASES:
        for _, text in files:
            number += 1
            with open(os.path.join(folder, "manifest", str(number)), "w") as out:
                out.write(text)
    for name, elf in [("task", elfmaker.task()), ("kernel", elfmaker.kernel())]:
        with open(os.path.join(folder, "elf", name), "wb") as out:
            out.write(elf.bytes())


main(sys.argv[1])
