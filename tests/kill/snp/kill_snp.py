#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The vTPM below VMPL0 crashed by the guest that uses it, on five vCPUs: at each system call of each
command and at random moments, see guest.h. Output as tests/README.md wants it.

    kill_snp.py ROUNDS    at the top of the tree; kills at random moments that must hit a command

SVSM_BUILD_DIR: another build folder than build/. SVSM_SEED: else it is chosen at random."""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../protocol"))
import payload  # noqa: E402
import suite  # noqa: E402

VCPUS = 5
LEAST = 20  # checks: a guest that ends before its time has fewer


def main():
    rounds = int(sys.argv[1])
    seed = int(os.environ.get("SVSM_SEED") or random.randrange(1, 1 << 32))
    print(f"# seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        image = payload.compose(folder, VCPUS, seed=seed, rounds=rounds,
                                system=os.path.join(payload.BUILD, "systems/kill-snp.bin"),
                                elf=os.path.join(payload.BUILD, "tests/kill/snp/svsm-kill-guest.elf"))
        status, lines, errors = payload.run(image, VCPUS, 300 + 3 * rounds)
    why, figures = suite.counted("", status, lines, LEAST)
    starts = sum(line.strip() == "# start" for line in lines)
    if starts != 1:
        why = f"the guest began {starts} times" + (why and ", " + why)
    suite.verdict("finished", why, f"{figures} starts={starts} seed={seed}", suite.tail(lines, errors))
    sys.exit(suite.exit_status())


main()
