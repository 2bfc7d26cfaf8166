#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The digest of a file three times: by `svsm measure`, by an independent script, and in the report that a guest of it
takes while it runs, which two verifiers look at. For each host profile, with 1 and 4 vCPUs: a guest below the SVSM at
VMPL2, and where the host has VMPL0 only (upstream-6.12), one without an SVSM. Output as tests/README.md wants it.

    report.py [PROFILE]    at the top of the tree; only this profile

SVSM_BUILD_DIR: another build folder than build/."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocol"))
import payload  # noqa: E402
from suite import checks, verdict  # noqa: E402

BUILD = payload.BUILD
MEASURE, VERIFY = BUILD + "/tools/measure/svsm-measure", BUILD + "/tools/verify/svsm-verify"
GUEST = BUILD + "/tests/report/svsm-report-vmpl%u.elf"
MEASUREMENT = 0x90  # in a report
SECONDS = 300
FIXED = ("strict", "planes")  # hosts that measure what the file holds, whatever vCPUs there are
# Host, vCPUs, the level of the guest that asks.
RUNS = [(profile, vcpus, level) for profile, level in (("strict", 2), ("planes", 2), ("upstream-6.12", 0))
        for vcpus in (1, 4)]
seen = {}


def output(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else f"status {run.returncode}: {run.stderr.strip()[:200]}"


def image(folder, vcpus, level):
    path = os.path.join(folder, "image.igvm")
    if level == 2:
        command = [payload.COMPOSE, "--svsm", payload.SYSTEM, "--memory", payload.MEMORY, "--vcpus", str(vcpus),
                   "--payload", GUEST % level, "--output", path]
    else:
        command = [sys.executable, "tests/snpemu/conform/make_igvm.py", GUEST % level, path]
    subprocess.run(command, check=True)
    return path


def digests(name, file, profile, vcpus):
    """By the tool and by the script; the same, or None."""
    tool = output(MEASURE, file, "--profile", profile, *(["--vcpus", str(vcpus)] if profile not in FIXED else []))
    script = output(sys.executable, "tests/emu/digest.py", "igvm", file, "--smp", str(vcpus), "--profile", profile)
    good = verdict(name + "/measure-equals-script", tool != script and f"{tool} and {script}")
    return tool if good and len(tool) == 96 else None


def verified(folder, name, lines, digest, level):
    """What check_report.py and the two verifiers behind it say of the report and its certificates."""
    console = os.path.join(folder, "console")
    with open(console, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    run = subprocess.run([sys.executable, "tests/snpemu/linux/check_report.py", console, VERIFY, digest, folder,
                          str(level)], capture_output=True, text=True, check=False)
    good = run.returncode == 0
    for passed, check, rest in checks(run.stdout.splitlines()):
        print(f"{'ok' if passed else 'not ok'} {name}/{check}{rest}", flush=True)
    return good or verdict(name + "/verifiers", run.stdout + run.stderr[-300:])


def one(folder, profile, vcpus, level):
    name = f"{profile}-vcpus-{vcpus}"
    file = image(folder, vcpus, level)
    digest = digests(name, file, profile, vcpus)
    if digest is None:
        return False
    status, lines, errors = payload.run(file, vcpus, SECONDS, ("--profile", profile))
    report = bytes.fromhex("".join(line.split()[2] for line in lines if line.startswith("guest report ")))
    bad = [line.strip() for line in lines if line.startswith("not ok")]
    if not verdict(name + "/guest", (status != 0 or bad or not report) and f"status {status}, {bad}"):
        print("\n".join(lines[-20:]), errors[-2000:], file=sys.stderr)
        return False
    got = report[MEASUREMENT:MEASUREMENT + 48].hex()
    good = verdict(name + "/report-equals-measure", got != digest and f"{got} in the report, not {digest}")
    seen[profile, vcpus] = digest
    if profile != "upstream-6.12":  # which has no certificates for its guests
        good &= verified(folder, name, lines, digest, level)
    return good


def main():
    good = True
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for run in RUNS:
            if not only or run[0] in only:
                good &= one(folder, *run)
    if only:
        sys.exit(not (good and seen))
    # A digest that is always the same would pass all of the above. The SVSM's files differ by their number of vCPUs.
    different = {seen.get(("strict", 1)), seen.get(("strict", 4)), seen.get(("upstream-6.12", 1)),
                 seen.get(("upstream-6.12", 4))}
    good &= verdict("digests-differ", len(different) != 4 and f"{len(different)} of 4")
    sys.exit(not good)


main()
