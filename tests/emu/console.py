# SPDX-License-Identifier: MIT
"""A guest of the emulated machine, or of a bare QEMU, whose serial console a test reads and types at. What it says
goes to stderr too, as it comes."""
import os
import select
import subprocess
import sys
import time

PATIENCE = 800


def emulated(*arguments):
    build = os.environ.get("SVSM_BUILD_DIR", "build")
    return Guest(build + "/tools/emu/svsm-emu", "--timeout", str(PATIENCE), *arguments)


class Guest:
    def __init__(self, *command):
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
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
                sys.stderr.buffer.write(more)
                sys.stderr.flush()
                if not more:
                    open_files.remove(file)
        return text in self.said[out][start:]

    def type(self, text):
        os.write(self.process.stdin.fileno(), text)

    def end(self):
        self.wait_for(b"\0 never said \0")
        return self.process.wait()

    def console(self):
        """What it has said on its console so far."""
        return self.said[self.process.stdout].decode("latin-1").replace("\r", "")

    def complaints(self):
        """What the emulator has said so far."""
        return self.said[self.process.stderr].decode("latin-1")

    def seconds(self):
        return f"seconds={time.monotonic() - self.begun:.0f}"


def judge(name, good, why, guest):
    if good:
        print(f"ok {name} {guest.seconds()}", flush=True)
        return
    print(f"not ok {name} - {why}", flush=True)
