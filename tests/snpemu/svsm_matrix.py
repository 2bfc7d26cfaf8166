#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The SVSM's suites under the settings of the emulated machine: profile, C-bit, COHERENCY_SFW_NO.

    svsm_matrix.py [pairs | SUITE...]    at the top of the tree; pairs: a few suites under as few settings as have
                              each pair of values once, together with the suites themselves, which run under the
                              emulator's own: strict, 47, 1; SUITE: these under all settings

Each suite is its own driver, which finds a build folder (SVSM_BUILD_DIR) whose svsm-emu has these settings; what a
suite says to the emulator itself comes behind them, and wins: such boots are counted apart. A table at the
end. Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("SVSM_BUILD_DIR", "build"))
PYTHON = sys.executable
LINE = re.compile(r"(ok|not ok|skip) (\S+)(.*)")
SECONDS = 2400  # of a suite under a setting
PAIR_SECONDS = 250  # the same of a pair: one that hangs leaves the others their part of the suite's 900

# Name, fewest checks, fewest boots under the settings, command ({profile} is replaced), environment; what is left out
# of the suite of that name in tests/suites.conf is said behind it.
SUITES = [
    ("protocol", 1950, 10, [PYTHON, "tests/protocol/protocol.py", "settings"], {}),  # vCPUs 1 and 4, refusals, a storm
    ("report", 11, 2, [PYTHON, "tests/report/report.py", "{profile}"], {}),  # the host of that profile
    ("run-snp", 30, 5, ["sh", "tests/run/snp.sh"], {}),
    ("kill-snp", 15, 1, [PYTHON, "tests/kill/snp/kill_snp.py", "5"], {"SVSM_SEED": "1"}),  # 5 random moments
    ("svsm-refused", 18, 18, [PYTHON, "tests/snpemu/svsm_refused.py"], {}),
    ("svsm-injected", 14, 14, [PYTHON, "tests/snpemu/svsm_injected.py"], {}),
    ("golden-snp", 2, 2, ["sh", "tests/tpm-host/golden-snp.sh", "256"], {}),  # of what a TPM refuses each 256th
    ("svsm-linux", 30, 5, ["sh", "tests/snpemu/svsm-linux.sh"], {}),
    ("tpm2-snp", 60, 1, ["sh", "tests/tpm2/tpm2-snp.sh"], {"PARTS": "start pcr keys sign attest"}),
]
ALL = [(profile, cbit, sfw) for profile in ("strict", "planes") for cbit in (47, 51) for sfw in (1, 0)]
PAIRS = [("strict", 51, 0), ("planes", 47, 0), ("planes", 51, 1)]
IN_PAIRS = ("protocol", "report")


def settings_words(profile, cbit, sfw):
    return ["--profile", profile, "--cbit", str(cbit), "--coherency-sfw-no", "on" if sfw else "off"]


def mirror(source, target, but=()):
    os.mkdir(target)
    for name in os.listdir(source):
        if name not in but:
            os.symlink(os.path.join(source, name), os.path.join(target, name))


def build_folder(folder, words):
    """BUILD as it is, but for the emulator, which notes how it was called; svsm-run looks for it beside itself."""
    made, log = os.path.join(folder, "build"), os.path.join(folder, "calls")
    mirror(BUILD, made, ("tools",))
    mirror(f"{BUILD}/tools", f"{made}/tools", ("emu", "run"))
    mirror(f"{BUILD}/tools/emu", f"{made}/tools/emu", ("svsm-emu",))
    mirror(f"{BUILD}/tools/run", f"{made}/tools/run", ("svsm-run",))
    shutil.copy(f"{BUILD}/tools/run/svsm-run", f"{made}/tools/run/svsm-run")
    emulator = f"{made}/tools/emu/svsm-emu"
    with open(emulator, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\necho \"$*\" >>{log}\nexec {BUILD}/tools/emu/svsm-emu {' '.join(words)} \"$@\"\n")
    os.chmod(emulator, 0o755)
    return made, log


def boots(log, words):
    """How often the emulator was started, under the settings and under others, which the suite chose."""
    calls = []
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as file:
            calls = [line.split() for line in file if "--igvm" in line.split()]
    wanted = dict(zip(words[::2], words[1::2]))
    own = sum(any(call[i + 1:i + 2] != [wanted[option]] for i, option in enumerate(call) if option in wanted)
              for call in calls)
    return len(calls) - own, own


def ended(command, environment, seconds, out, err):
    """The driver's status. It is a group of its own, which ends together: its emulators also where time is up."""
    with subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment,
                          start_new_session=True) as driver:
        try:
            return driver.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(driver.pid, signal.SIGKILL)
            return "time-out"


def one(folder, suite, setting, seconds):
    """A row of the table, and what went wrong."""
    name, least, least_boots, command, environment = suite
    words = settings_words(*setting)
    made, log = build_folder(folder, words)
    temporary = os.path.join(folder, "t")
    os.mkdir(temporary)
    begun = time.monotonic()
    with open(os.path.join(folder, "out"), "w+", encoding="utf-8", errors="replace") as out, \
            open(os.path.join(folder, "err"), "w+", encoding="utf-8", errors="replace") as err:
        status = ended([word.format(profile=setting[0]) for word in command],
                       dict(os.environ, SVSM_BUILD_DIR=made, TMPDIR=temporary, **environment), seconds, out, err)
        out.seek(0)
        err.seek(0)
        lines, errors = out.read().splitlines(), err.read()
    found = [match.groups() for match in map(LINE.match, lines) if match]
    bad = [line for line in lines if line.startswith("not ok")]
    there, own = boots(log, words)
    row = {"passed": sum(verdict == "ok" for verdict, _, _ in found), "failed": len(bad),
           "skipped": sum(verdict == "skip" for verdict, _, _ in found), "boots": there, "own": own,
           "seconds": round(time.monotonic() - begun)}
    why = []
    if status != 0 or bad:
        why.append(f"status {status}, {'; '.join(bad[:3])}")
        print(errors[-4000:], file=sys.stderr)
    if row["passed"] < least:
        why.append(f"{row['passed']} checks passed, not at least {least}")
    if there < least_boots:
        why.append(f"{there} boots under these settings, not at least {least_boots}")
    return row, ", ".join(why)


def table(rows):
    print(f"# {'suite':14} {'profile':8} {'C-bit':>5} {'sfw_no':>6} {'passed':>7} {'failed':>6} {'skipped':>7} "
          f"{'boots':>5} {'own':>4} {'s':>5}")
    for name, (profile, cbit, sfw), row in rows:
        print(f"# {name:14} {profile:8} {cbit:5} {sfw:6} {row['passed']:7} {row['failed']:6} {row['skipped']:7} "
              f"{row['boots']:5} {row['own']:4} {row['seconds']:5}")


def main():
    pairs = sys.argv[1:] == ["pairs"]
    wanted = IN_PAIRS if pairs else sys.argv[1:] or [suite[0] for suite in SUITES]
    unknown = set(wanted) - {suite[0] for suite in SUITES}
    if unknown:
        sys.exit(f"no suite {' '.join(sorted(unknown))}; there are: {' '.join(suite[0] for suite in SUITES)}")
    rows, good = [], True
    for suite in SUITES:
        if suite[0] not in wanted:
            continue
        for setting in PAIRS if pairs else ALL:
            with tempfile.TemporaryDirectory() as folder:
                row, why = one(folder, suite, setting, PAIR_SECONDS if pairs else SECONDS)
            rows.append((suite[0], setting, row))
            tag = f"{suite[0]}/{setting[0]}-cbit{setting[1]}-sfw{setting[2]}"
            figures = " ".join(f"{key}={value}" for key, value in row.items() if key != "seconds")
            print(f"not ok {tag} {figures} - {why}" if why else f"ok {tag} {figures}", flush=True)
            good &= not why
    table(rows)
    sys.exit(not good)


main()
