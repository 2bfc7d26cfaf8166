# SPDX-License-Identifier: MIT
"""Two TPMs behind sockets, started from a recorded state: the reference, which is the distribution's swtpm,
that is libtpms on OpenSSL; and ours, libtpms on our shim. With that state comes libtpms' own generator, so that
even nonces are the same each time."""
import os
import shutil
import socket
import struct
import subprocess
import tempfile

TIMEOUT_S = 20


def state_file(blob):
    """What swtpm 0.7 keeps in a file: its header (version, oldest reader, size, flags, total) and one
    element (tag 1: data)."""
    body = struct.pack(">HI", 1, len(blob)) + blob
    return struct.pack(">BBHHI", 2, 1, 10, 0, 10 + len(body)) + body


class Peer:
    """A process with one end of a socket."""

    def start(self, command, handle_of=None):
        self.socket, theirs = socket.socketpair()
        with theirs:
            if handle_of is None:
                self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs)
            else:
                self.process = subprocess.Popen(command + [handle_of, str(theirs.fileno())],
                                                pass_fds=[theirs.fileno()])
        self.socket.settimeout(TIMEOUT_S)

    def ask(self, command):
        self.socket.sendall(command)
        answer = b""
        while len(answer) < 10 or len(answer) < struct.unpack(">I", answer[2:6])[0]:
            try:
                part = self.socket.recv(65536)
            except TimeoutError as error:
                raise EOFError("the TPM does not answer " + command.hex()) from error
            if not part:
                raise EOFError("the TPM is gone")
            answer += part
        return answer


class Swtpm(Peer):
    def __init__(self, state):
        self.folder = tempfile.mkdtemp()
        for name, key in (("permall", "permanent"), ("volatilestate", "volatile")):
            with open(os.path.join(self.folder, "tpm2-00." + name), "wb") as file:
                file.write(state_file(bytes.fromhex(state[key])))
        self.start(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.folder, "--flags", "not-need-init"], "--fd")

    def close(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        shutil.rmtree(self.folder)


class Ours(Peer):
    def __init__(self, build, vectors):
        self.start([os.path.join(build, "tests/tpm-host/tpm-serve"), vectors])

    def close(self):
        """Its exit status: the sanitizers have their say at the end."""
        self.socket.close()
        return self.process.wait()


class Booted(Peer):
    """A TPM behind svsm-run's socket, in the recorded state already."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(6 * TIMEOUT_S)

    def close(self):
        self.socket.close()
        return 0
