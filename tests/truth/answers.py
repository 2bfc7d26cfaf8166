# SPDX-License-Identifier: MIT
"""svsm-truth, as the suites of this folder call it."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from suite import BUILD, verdict  # noqa: E402

TRUTH = BUILD + "/tools/truth/svsm-truth"
SECONDS = 300


def call(*arguments):
    return subprocess.run([TRUTH, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS, check=False)


def run(name, path, *options):
    """The list on the emulated machine, its answers to path. False: there are none."""
    done = call("run", "--out", path, *options)
    return verdict(name, "" if done.returncode == 0 else f"status {done.returncode}", "", done.stderr[-3000:])


def compare(one, two):
    """Status, and what --json says."""
    done = call("compare", one, two, "--json")
    sys.stderr.write(done.stderr)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}
