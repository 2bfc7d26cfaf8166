# SPDX-License-Identifier: MIT
"""What the suites in Python that boot the emulated machine share: the line of a check, as tests/README.md wants it, a
boot that ends within its time, and what a guest says of its own checks. SVSM_BUILD_DIR: another build folder than
build/."""
import json
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
EMULATOR = os.path.join(BUILD, "tools/emu/svsm-emu")
ATTEMPTS = 3
LOST = re.compile(r"^stop emulator why=QEMU lost the registers of a vCPU.*", re.M)
CHECK = re.compile(r"(not ok|ok) (\S+)(.*)")
TOTAL = re.compile(r"# (\d+) checks, (\d+) failed")
failures = 0


def verdict(name, why, figures="", said=""):
    """The line of a check, which is good where there is no why. Of one that is not, `said` goes to stderr."""
    global failures
    failures += 1 if why else 0
    print(f"not ok {name}{figures} - " + why.replace("\n", " | ") if why else f"ok {name}{figures}", flush=True)
    if why and said:
        print(said, file=sys.stderr, flush=True)
    return not why


def exit_status():
    return 1 if failures else 0


def newer_qemu():
    """Its path; or nothing, which is said."""
    path = os.environ.get("SVSM_QEMU10", "")
    if not path:
        print("skip qemu10 - no QEMU 10 (SVSM_QEMU10)")
    return path


def lost(errors):
    """QEMU's doing, seldom, on several vCPUs (tools/snpemu/hv/vector.c). Such a run says nothing of what was run, and
    is done again: ATTEMPTS times in all."""
    return LOST.search(errors) is not None


def once(words, seconds):
    try:
        done = subprocess.run([EMULATOR, "--timeout", str(seconds), *words], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=seconds + 60)
        status, out, errors = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, errors = None, late.stdout or b"", late.stderr or b""
    return status, out.decode(errors="replace").splitlines(), errors.decode(errors="replace")


def emulate(words, seconds):
    """The emulator's status (None: the time was over), lines of the guest, all of stderr."""
    for _ in range(ATTEMPTS):
        status, lines, errors = once(words, seconds)
        if status != 1 or not lost(errors):
            break
        print("# the emulator lost the state of a vCPU: again\n# " + LOST.search(errors).group(), flush=True)
    return status, lines, errors


def emulate_json(words, seconds):
    """The same, and what --json wrote of the end; {}: nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "end.json")
        result = emulate(["--json", path, *words], seconds)
        end = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                end = json.load(file)
    return *result, end


def tail(lines, errors):
    """What to say of a boot that went wrong."""
    return "\n".join(lines[-30:]) + "\n" + errors[-4000:]


def checks(lines):
    """(good, name, rest) of each line that is one."""
    for line in lines:
        match = CHECK.match(line.strip())
        if match:
            yield match.group(1) == "ok", match.group(2), match.group(3)


def counted(prefix, status, lines, least):
    """The checks of a guest that counts them at its end, each as one of ours. Why the boot as a whole is not good, if so,
    and how many there were, as a figure; a guest that ends before its time has fewer than least."""
    global failures
    passed = failed = 0
    for good, name, rest in checks(lines):
        print(f"{'ok' if good else 'not ok'} {prefix}{name}{rest}", flush=True)
        passed += good
        failed += not good
    failures += failed
    total = next((match for match in map(TOTAL.match, map(str.strip, lines)) if match), None)
    if status != 0 or failed or total is None or total.group(2) != "0":
        return f"status {status}, " + (total.group(0) if total else "the guest does not end"), f" checks={passed}"
    why = "" if passed >= least else f"{passed} checks passed, not at least {least}"
    return why, f" checks={total.group(1)}"
