#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A host that injects into VMPL0 what it likes (image without restricted injection, so that it can), and one that does
not let the machine end. microkernel/doc/snp.md says what becomes of it; the payload of the suite protocol tells
whether anything came of what should leave no trace. Output as tests/README.md wants it."""
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocol"))
import payload  # noqa: E402  pylint: disable=wrong-import-position
import suite  # noqa: E402  pylint: disable=wrong-import-position

FEATURES = ("--features", "snp", "--console")
LIES_MAX = 32
IGNORED = 3000  # requests for the end
SECONDS = 250


def emulate(image, vcpus, lies, *options):
    words = [word for lie in lies for word in ("--lie", lie)]
    return payload.run(image, vcpus, SECONDS, ["--stats", *words, *options])


def told(errors):
    return sum(int(n) for n in re.findall(r"^stats lie=[\w-]+ told=(\d+)", errors, re.M))


def no_trace(image, name, lies, least):
    """Every check of the payload holds, and so often it was lied; with 0 not once."""
    status, lines, errors = emulate(image, 1, lies)
    checks = re.search(r"^# (\d+) checks, 0 failed", "\n".join(lines), re.M)
    why = ""
    if status != 0 or not checks or int(checks.group(1)) < 800:
        why = "status %s, or a check failed" % status
    elif told(errors) < least or (least == 0 and told(errors) != 0):
        why = "%d were told" % told(errors)
    suite.verdict(name, why, " told=%d checks=%s" % (told(errors), checks.group(1) if checks else "?"), suite.tail(lines, errors))


def ends(image, name, lie, words):
    status, lines, errors = emulate(image, 1, [lie])
    why = ""
    if status != 126 or "set 5, reason 2" not in errors:
        why = "status %s, or another reason" % status
    elif words not in "\n".join(lines):
        why = "it does not say: " + words
    suite.verdict(name, why, "", suite.tail(lines, errors))


def others_stop(folder):
    """vCPU 0 ends the machine, and the host does not let it for long: whoever comes to VMPL0 stays there."""
    image = payload.compose(folder, 4, mode=payload.STORM, rounds=1000, tag="storm", more=FEATURES)
    status, lines, errors = emulate(image, 4, ["exception@enter,value=13,vmpl=0,vcpu=0,nth=400",
                                               "skip@msr-terminate,count=%d" % IGNORED], "--trace", "ghcb,msr")
    trace = [line for line in errors.splitlines() if line.startswith("trace ")]
    requests = [i for i, line in enumerate(trace) if " what=terminate " in line]
    rounds = re.compile(r" vcpu=[1-3] vmpl=0 what=run-vmpl ")
    before = sum(bool(rounds.search(line)) for line in trace[:requests[0]]) if requests else 0
    after = sum(bool(rounds.search(line)) for line in trace[requests[0]:]) if requests else 0
    why = ""
    if status != 126 or len(requests) < IGNORED:
        why = "status %s, the end was asked for %d times" % (status, len(requests))
    elif before < 10:
        why = "the other vCPUs had not begun"
    elif after > 3:  # one that had looked just before, on each
        why = "the other vCPUs went to the guest %d times more" % after
    suite.verdict("others-stop", why, " requests=%d before=%d after=%d" % (len(requests), before, after),
                  suite.tail(lines, errors))


def can_lie():
    listed = subprocess.run([suite.EMULATOR, "--lie", "list"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True, check=False)
    return listed.returncode == 0 and "exception" in listed.stdout


def main():
    if not can_lie():
        print("skip svsm-injected - the emulator has no --lie")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        image = payload.compose(folder, 1, more=FEATURES)
        for first in range(32, 256, LIES_MAX):
            vectors = range(first, min(first + LIES_MAX, 256))
            no_trace(image, "vectors-%d-to-%d" % (vectors[0], vectors[-1]),
                     ["interrupt@enter,value=%d,vmpl=0,nth=%d,count=2" % (v, 20 + 10 * i)
                      for i, v in enumerate(vectors)], len(vectors))
        no_trace(image, "nmi", ["nmi@enter,vmpl=0,nth=20,count=100"], 100)
        for vector, kind in ((13, "exception"), (14, "interrupt"), (8, "interrupt"), (29, "interrupt")):
            ends(image, "%s-%d" % (kind, vector), "%s@enter,value=%d,vmpl=0,nth=30" % (kind, vector),
                 "exception %d in ring 0, error code 0x0" % vector)
        others_stop(folder)
        # A release image demands restricted injection: #HV comes, whatever the doorbell says, and nothing else does.
        image = payload.compose(folder, 1, tag="release")
        no_trace(image, "hv", ["exception@enter,value=28,vmpl=0,nth=20,count=100"], 100)
        no_trace(image, "nothing-but-hv", ["interrupt@enter,value=80,vmpl=0,nth=20,count=100"], 0)
    return suite.exit_status()


sys.exit(main())
