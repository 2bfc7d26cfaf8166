# SPDX-License-Identifier: MIT
"""What the suites in Python that boot the emulated machine share: the line of a check, as tests/README.md wants it, and
a boot that ends within its time. SVSM_BUILD_DIR: another build folder than build/."""
import os
import re
import subprocess
import sys

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
EMULATOR = os.path.join(BUILD, "tools/emu/svsm-emu")
ATTEMPTS = 3
LOST = re.compile(r"^stop emulator why=QEMU lost the registers of a vCPU", re.M)
failures = 0


def verdict(name, why, figures="", said=""):
    """The line of a check, which is good where there is no why. Of one that is not, `said` goes to stderr."""
    global failures
    failures += 1 if why else 0
    print(f"not ok {name}{figures} - {why}" if why else f"ok {name}{figures}", flush=True)
    if why and said:
        print(said, file=sys.stderr, flush=True)
    return not why


def exit_status():
    return 1 if failures else 0


def lost(errors):
    """QEMU's doing, once in about a hundred runs on several vCPUs and a busy machine (tools/snpemu/hv/vcpu.c). Such a
    run says nothing of what was run, and is done again: ATTEMPTS times in all."""
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
        print("# the emulator lost the state of a vCPU: again", flush=True)
    return status, lines, errors
