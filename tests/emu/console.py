# SPDX-License-Identifier: MIT
"""A guest of the emulated machine, or of a bare QEMU, whose serial console a test reads and types at."""
import os
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import suite  # noqa: E402

PATIENCE = 1400


class Lost(Exception):
    """See suite.lost()."""


def again(run):
    """Where it was lost; what was judged till then is judged again."""
    def runs(*arguments):
        for attempt in range(1, suite.ATTEMPTS + 1):
            try:
                return run(*arguments)
            except Lost as lost:
                name = lost
            print(f"# the emulator lost the state of a vCPU, attempt {attempt} of {suite.ATTEMPTS}", flush=True)
        print(f"not ok {name} - the state of a vCPU was lost each time", flush=True)
        return None
    return runs


def build(path):
    return os.path.join(suite.BUILD, path)


def emulated(*arguments):
    return Guest(build("tools/emu/svsm-emu"), "--timeout", str(PATIENCE), *arguments)


def bare(*arguments):
    """The same kind of machine in the same QEMU."""
    return Guest("timeout", str(PATIENCE), "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-M", "q35", "-cpu",
                 "EPYC-Milan,phys-bits=48", "-m", "512", "-display", "none", "-vga", "none", "-nic", "none",
                 "-monitor", "none", "-serial", "stdio", "-no-reboot", *arguments)


class Guest:
    def __init__(self, *command):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = {self.process.stdout: b"", self.process.stderr: b""}
        self.open_files = list(self.said)
        self.at = 0  # what is before was waited for
        self.begun = time.monotonic()

    def read(self):
        for file in select.select(self.open_files, [], [])[0]:
            more = os.read(file.fileno(), 65536)
            self.said[file] += more
            if not more:
                self.open_files.remove(file)

    def wait_for(self, text):
        """Reads until the guest has said this since the last time, or nobody says anything any more."""
        out = self.process.stdout
        while text not in self.said[out][self.at:]:
            if not self.open_files:
                return False
            self.read()
        self.at = self.said[out].index(text, self.at) + len(text)
        return True

    def type(self, text):
        try:
            os.write(self.process.stdin.fileno(), text)
        except BrokenPipeError:  # it has ended, which whoever waits for the answer sees
            pass

    def end(self):
        while self.open_files:
            self.read()
        return self.process.wait()

    def console(self):
        """What it has said on its console so far."""
        return self.said[self.process.stdout].decode("latin-1").replace("\r", "")

    def complaints(self):
        """What the emulator has said so far."""
        return self.said[self.process.stderr].decode("latin-1")

    def seconds(self):
        return time.monotonic() - self.begun

    def exits(self):
        """Kind by kind, from the emulator's --stats."""
        found = re.findall(r"^stats exit=\S+ name=(\S+) count=(\d+)$", self.complaints(), re.M)
        return {name: int(count) for name, count in found}

    def judge(self, name, good, why):
        if good:
            print(f"ok {name} seconds={self.seconds():.0f}", flush=True)
            return
        if suite.lost(self.complaints()):
            self.end()
            raise Lost(name)
        for said in self.said.values():
            sys.stderr.write(said[-3000:].decode("latin-1") + "\n")
        print(f"not ok {name} - {why}", flush=True)
