#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command within a time: timed.py SECONDS COMMAND...
Ends with the command's status, or with 124 when it took longer: by the clock, the best of three; on a
machine that is busy with something else, where the clock says nothing, by the processor time it used.
The last line on stderr is "timed ms=CLOCK cpu_ms=PROCESSOR"."""
import os
import resource
import subprocess
import sys
import time

TOO_LONG = 124
ATTEMPTS = 3


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def busy():
    """More wait for a processor than can be served soon."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


limit = float(sys.argv[1])
best = (float("inf"), float("inf"))
for _ in range(ATTEMPTS):
    begin, cpu = time.monotonic(), cpu_seconds()
    status = subprocess.call(sys.argv[2:])
    best = min(best, (time.monotonic() - begin, cpu_seconds() - cpu))
    if status != 0 or best[0] <= limit:
        break
late = best[1 if busy() else 0] > limit
print(f"timed ms={best[0] * 1000:.0f} cpu_ms={best[1] * 1000:.0f}", file=sys.stderr)
sys.exit(status if status != 0 else TOO_LONG if late else 0)
