# SPDX-License-Identifier: MIT
"""What the tests of svsm-run in Python share: it is started in a session of its own, with a fake QEMU
where one is named, and looked after. Output as tests/README.md wants it. Needs TMPDIR."""
import os
import signal
import socket
import struct
import subprocess
import sys
import time

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
RUN = os.path.join(BUILD, "tools/run/svsm-run")
TMP = os.environ["TMPDIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
GET_RANDOM = struct.pack(">HIIH", 0x8001, 12, 0x17B, 8)
PATIENCE = 30
failed = False


def verdict(name, why="", figures=""):
    global failed
    print(f"not ok {name}{figures} - {why}" if why else f"ok {name}{figures}", flush=True)
    failed = failed or bool(why)


def default_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def left_over(session):
    """The processes of a session that still run."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        except (OSError, IndexError):
            continue
        fields = rest.split()
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(name)
    return found


def children_gone(session):
    """'' if none is left after a moment, or what is."""
    until = time.monotonic() + 5
    while left_over(session) and time.monotonic() < until:
        time.sleep(0.05)
    left = left_over(session)
    return "left behind: " + ", ".join(left) if left else ""


class Run:
    """A svsm-run. `mode`: of the fake QEMU."""

    def __init__(self, *arguments, mode="good", path=None, stdout=None):
        self.path = path or os.path.join(TMP, "bridge")
        self.log = os.path.join(TMP, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [RUN, "--native", "--qemu", os.path.join(HERE, "fake_qemu.py"), "--tpm-socket", self.path, *arguments],
                stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log,
                env=dict(os.environ, FAKE_QEMU=mode), start_new_session=True,
                preexec_fn=default_signals)

    def text(self):
        with open(self.log, encoding="latin-1") as file:
            return file.read()

    def await_text(self, words, seconds=PATIENCE):
        until = time.monotonic() + seconds
        while words not in self.text():
            if time.monotonic() > until or self.process.poll() is not None:
                return words in self.text()
            time.sleep(0.02)
        return True

    def reachable(self):
        return self.await_text("TPM reachable")

    def client(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(self.path)
        return client

    def signal(self, number):
        os.kill(self.process.pid, number)

    def end(self, status, words="", seconds=PATIENCE):
        """'' if it ends with this status and says this, leaving nothing; or what is wrong."""
        begin = time.monotonic()
        try:
            got = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"it has not ended after {seconds} s"
        self.took = time.monotonic() - begin
        sys.stderr.write(self.text()[-3000:])
        if got != status:
            return f"status {got}, not {status}"
        if words not in self.text():
            return f"it does not say: {words}"
        if os.path.exists(self.path):
            return "the socket is still there"
        return children_gone(self.process.pid)


def ask(client, command=GET_RANDOM):
    """(code, what is behind the header) of the response, or None when the connection ends."""
    client.sendall(command)
    return response(client)


def response(client):
    header = b""
    while len(header) < 10:
        more = client.recv(10 - len(header))
        if not more:
            return None
        header += more
    _, size, code = struct.unpack(">HII", header)
    body = b""
    while len(body) < size - 10:
        more = client.recv(size - 10 - len(body))
        if not more:
            return None
        body += more
    return code, body
