#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stock OVMF as an SNP guest without an SVSM: up to its EFI shell, a command to it, and off. Output as
tests/README.md wants it.

  shell.py [FIRMWARE, default $SVSM_FIRMWARE]"""
import os
import re
import select
import subprocess
import sys
import time

PATIENCE = 800
PROMPT = b"Shell>"


class Guest:
    def __init__(self, *arguments):
        build = os.environ.get("SVSM_BUILD_DIR", "build")
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            [build + "/tools/emu/svsm-emu", "--timeout", str(PATIENCE), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = {self.process.stdout: b"", self.process.stderr: b""}
        self.begun = time.monotonic()

    def wait_for(self, text):
        """Reads until the guest has said this, or nobody says anything any more."""
        out = self.process.stdout
        start = len(self.said[out])
        open_files = list(self.said)
        while text not in self.said[out][start:] and open_files:
            for file in select.select(open_files, [], [])[0]:
                more = os.read(file.fileno(), 65536)
                self.said[file] += more
                if not more:
                    open_files.remove(file)
        return text in self.said[out][start:]

    def type(self, text):
        os.write(self.process.stdin.fileno(), text)

    def end(self):
        self.wait_for(b"\0 never said \0")
        return self.process.wait()

    def seconds(self):
        return f"seconds={time.monotonic() - self.begun:.0f}"


def judge(name, good, why, guest):
    if good:
        print(f"ok {name} {guest.seconds()}", flush=True)
        return
    for said in guest.said.values():
        sys.stderr.write(said[-3000:].decode("latin-1") + "\n")
    print(f"not ok {name} - {why}", flush=True)


def main():
    firmware = (sys.argv[1:] or [os.environ.get("SVSM_FIRMWARE", "")])[0]
    if not os.path.exists(firmware):
        print(f"skip shell - no firmware {firmware} (SVSM_FIRMWARE)")
        return
    guest = Guest("--firmware", firmware)
    up = guest.wait_for(PROMPT)
    judge("shell", up, "the EFI shell does not come up", guest)
    if not up:
        return
    guest.type(b"memmap\r")
    guest.wait_for(PROMPT)
    screen = guest.said[guest.process.stdout].decode("latin-1")
    total = re.search(r"Total Memory: *([0-9]+) MB", screen)
    judge("memory", total is not None and 400 <= int(total.group(1)) <= 512,
          f"the shell does not see the guest's 512 MiB: {total and total.group(0)}", guest)
    guest.type(b"reset -s\r")
    status = guest.end()
    judge("off", status == 0 and b"\noff" in guest.said[guest.process.stderr],
          f"status {status}: it did not switch itself off", guest)


main()
