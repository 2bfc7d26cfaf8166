# SPDX-License-Identifier: MIT
"""The reference: the distribution's swtpm, that is libtpms on OpenSSL, started from a recorded state. With
that state comes libtpms' own generator, so that even nonces and keys are the same each time."""
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


class Swtpm:
    def __init__(self, permanent, volatile):
        self.folder = tempfile.mkdtemp()
        for name, blob in (("permall", permanent), ("volatilestate", volatile)):
            with open(os.path.join(self.folder, "tpm2-00." + name), "wb") as file:
                file.write(state_file(blob))
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + self.folder, "--fd", str(theirs.fileno()),
                 "--flags", "not-need-init"], pass_fds=[theirs.fileno()])
        self.socket.settimeout(TIMEOUT_S)

    def ask(self, command):
        self.socket.sendall(command)
        answer = b""
        while len(answer) < 10 or len(answer) < struct.unpack(">I", answer[2:6])[0]:
            part = self.socket.recv(65536)
            if not part:
                raise EOFError("swtpm is gone")
            answer += part
        return answer

    def close(self):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        shutil.rmtree(self.folder)
