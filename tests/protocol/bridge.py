#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Host programs that reach the SVSM's TPM by way of a guest at VMPL2, svsm-tpm-guest: with svsm-run, which
makes the machine of SYSTEM's image.

    bridge.py SYSTEM SOCKET COMMAND...   COMMAND runs while the TPM is at SOCKET, with TPM2TOOLS_TCTI
                                         for tpm2-tools; its status is ours

Runs at the top of the tree. The console goes to stderr. SVSM_BUILD_DIR: another build folder than build/."""
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import payload  # noqa: E402

SECONDS = 300


def start(system, socket, console):
    image = os.path.join(payload.BUILD, "systems", system + ".bin")
    return subprocess.Popen(
        [os.path.join(payload.BUILD, "tools/run/svsm-run"), "--image", image, "--tpm-socket", socket,
         "--timeout", str(SECONDS)], stdin=subprocess.DEVNULL, stdout=console, stderr=console)


def reachable(running, path):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and running.poll() is None:
        with open(path, encoding="utf-8", errors="replace") as file:
            if "export TPM2TOOLS_TCTI=" in file.read():
                return True
        time.sleep(0.1)
    return False


def main():
    system, socket, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    status = 1
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "console")
        with open(path, "wb") as console:
            running = start(system, socket, console)
        if reachable(running, path):
            tool = os.path.abspath(os.path.join(payload.BUILD, "tools/run/svsm-tpm"))
            environment = dict(os.environ, TPM2TOOLS_TCTI=f"cmd:{tool} {socket}")
            status = subprocess.run(command, check=False, env=environment).returncode
        else:
            print("not ok bridge-reachable - the TPM is not reached by way of VMPL2", flush=True)
        running.terminate()
        running.wait(timeout=60)
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        sys.stderr.write(text)
        if re.search(r" (crash|fault|error) ", text):
            print("not ok bridge-no-crash - a task crashed", flush=True)
            status = 1
    sys.exit(status)


main()
