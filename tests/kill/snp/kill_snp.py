#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The vTPM below VMPL0 crashed by the guest that uses it, on five vCPUs: at each system call of each
command and at random moments, see guest.h. Output as tests/README.md wants it.

    kill_snp.py ROUNDS    at the top of the tree; kills at random moments that must hit a command

SVSM_BUILD_DIR: another build folder than build/. SVSM_SEED: else it is chosen at random."""
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../protocol"))
import payload  # noqa: E402

VCPUS = 5
LEAST = 20  # checks: a guest that ends before its time has fewer
TOTAL = re.compile(r"# (\d+) checks, (\d+) failed")


def main():
    rounds = int(sys.argv[1])
    seed = int(os.environ.get("SVSM_SEED") or random.randrange(1, 1 << 32))
    print(f"# seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        image = payload.compose(folder, VCPUS, seed=seed, rounds=rounds,
                                system=os.path.join(payload.BUILD, "systems/kill-snp.bin"),
                                elf=os.path.join(payload.BUILD, "tests/kill/snp/svsm-kill-guest.elf"))
        status, lines, errors = payload.run(image, VCPUS, 300 + 3 * rounds)
    good = True
    found = 0
    for passed, name, rest in payload.checks(lines):
        print(f"{'ok' if passed else 'not ok'} {name}{rest}", flush=True)
        good &= passed
        found += passed
    starts = sum(line.strip() == "# start" for line in lines)
    total = next((m for m in map(TOTAL.match, map(str.strip, lines)) if m), None)
    good &= status == 0 and starts == 1 and total is not None and total.group(2) == "0" and found >= LEAST
    if good:
        print(f"ok finished checks={total.group(1)} starts={starts} seed={seed}")
    else:
        print("\n".join(lines[-30:]), "\n", errors[-4000:], file=sys.stderr, flush=True)
        print(f"not ok finished seed={seed} - status {status}, starts {starts}, "
              f"{total.group(0) if total else 'the guest does not end'}")
    sys.exit(not good)


main()
