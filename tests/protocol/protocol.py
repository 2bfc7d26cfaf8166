#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The SVSM protocols from VMPL2: the payload of this folder below the SVSM in the emulated SNP
machine, on several numbers of vCPUs; then one boot for each access that hardware
has to refuse, and storms of racing calls. Output as tests/README.md wants it.

    protocol.py [long | settings]    at the top of the tree; long: more seeds and rounds of storms; settings: what
                                     tests/snpemu/svsm_matrix.py runs under each setting of the emulated machine

SVSM_BUILD_DIR: another build folder than build/. SVSM_SEED: of the storms."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import payload  # noqa: E402
import suite  # noqa: E402

SECONDS = 300
# Checks of a boot by its vCPUs, and of a storm: a payload that ends before its time has fewer.
LEAST = {1: 890, 2: 935, 4: 990, 8: 1090}
LEAST_STORM = 70

# Number in forbidden.c: name, the rule that ends the machine.
FORBIDDEN = {
    1: ("write-svsm", "vmpl-permission"),
    2: ("read-svsm", "vmpl-permission"),
    3: ("read-own-save-area", "vmpl-permission"),
    4: ("write-own-save-area", "vmpl-permission"),
    5: ("run-svsm", "vmpl-permission"),
    6: ("write-svsm-last-page", "vmpl-permission"),
    7: ("write-created-save-area", "vmpl-permission"),
}


def whole(folder, tag, vcpus, options, least=None, **image):
    """All checks of one boot, least or more. Its verdict tells how many there were."""
    file = payload.compose(folder, vcpus, **image)
    status, lines, errors = payload.run(file, vcpus, SECONDS, options)
    if "--check-vmpl0" in options:
        untouched(tag + "-untouched", errors)
    why, figures = suite.counted(tag + "/", status, lines, least or LEAST[vcpus])
    storm = "".join(line.strip().removeprefix("# storm") for line in lines if line.startswith("# storm calls"))
    suite.verdict(tag, why, figures + storm, suite.tail(lines, errors))


def refused(folder, number):
    name, rule = FORBIDDEN[number]
    file = payload.compose(folder, 2, mode=payload.FORBIDDEN, seed=number)
    status, lines, errors = payload.run(file, 2, SECONDS)
    found = re.search(r"^stop .*rule=(\S+) .*vmpl=2 ", errors, re.M)
    good = status == 125 and found and found.group(1) == rule and "goes-on" not in "\n".join(lines)
    suite.verdict(f"forbidden/{name}", "" if good else f"status {status}, {found and found.group(0)}", f" rule={rule}",
                  suite.tail(lines, errors))


def ranges(owner, errors):
    """Pages of the lines of one owner: address, whether any page of that range has changed."""
    pages = {}
    pattern = rf"^owners owner={owner} gpa=(\w+) pages=(\d+) changed=(\d+)"
    for gpa, count, changed in re.findall(pattern, errors, re.M):
        pages.update({int(gpa, 16) + 4096 * i: changed != "0" for i in range(int(count))})
    return pages


def untouched(tag, errors):
    """What the emulator found page by page at the end: all of the SVSM is out of reach of the levels
    below, save areas too, and what ring 0 executes is as it was measured."""
    with open(payload.SYSTEM[:-4] + ".json", encoding="utf-8") as file:
        report = json.load(file)
    start, code = report["load_address"], report["ring0"]["text"] // 4096 * 4096
    svsm = range(start, start + report["total_bytes"] // 4096 * 4096, 4096)
    own, host = ranges("vmpl0", errors), ranges("host", errors)
    areas = re.findall(r"^owners owner=vmsa gpa=(\w+) writable=(\d)", errors, re.M)
    known = set(own) | set(host) | {int(gpa, 16) for gpa, _ in areas}
    wrong = [f"{page:x} is not the SVSM's" for page in svsm if page not in known]
    wrong += [f"{page:x} has changed" for page in range(start, start + code, 4096)
              if own.get(page, True)]
    wrong += [f"save area {gpa} can be written" for gpa, writable in areas if writable != "0"]
    shared = sum(page in host for page in svsm)
    why = "; ".join(wrong[:5]) or ("" if areas else "no save area")
    suite.verdict(tag, why, f" pages={len(svsm)} shared={shared} save_areas={len(areas)}")


def storms(folder, seeds, rounds, options=(), tag=""):
    for seed in seeds:
        whole(folder, f"storm{tag}-seed-{seed}", 4, ("--check-vmpl0", *options), LEAST_STORM, mode=payload.STORM,
              seed=seed, rounds=rounds)


def settings(folder, seed):
    for vcpus in (1, 4):
        whole(folder, f"vcpus-{vcpus}", vcpus, ())
    for number in FORBIDDEN:
        refused(folder, number)
    storms(folder, [seed], 300)


def everything(folder, seed, long):
    for vcpus in (1, 2, 4, 8):
        whole(folder, f"vcpus-{vcpus}", vcpus, ())
    whole(folder, "tlb-keep", 2, ("--tlb", "keep"))
    newer = suite.newer_qemu()
    if newer:
        whole(folder, "qemu10", 2, ("--qemu", newer))
    for number in FORBIDDEN:
        refused(folder, number)
    storms(folder, [seed], 300)
    storms(folder, [seed], 300, ("--tlb", "keep"), "-tlb-keep")
    if long:
        storms(folder, range(seed + 1, seed + 20), 3000)


def main():
    seed = int(os.environ.get("SVSM_SEED", "1"))
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:] == ["settings"]:
            settings(folder, seed)
        else:
            everything(folder, seed, sys.argv[1:] == ["long"])
    sys.exit(suite.exit_status())


main()
