#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An initial RAM disk (cpio, "newc"): initrd.py OUTPUT PATH=FILE...; a PATH without FILE is a folder,
/dev/console and
/dev/kmsg are always there."""
import os
import stat
import sys


def entry(name, mode, data=b"", device=(0, 0)):
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, device[0], device[1], len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def main():
    out = entry("dev", stat.S_IFDIR | 0o755)
    out += entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    out += entry("dev/kmsg", stat.S_IFCHR | 0o600, device=(1, 11))
    for word in sys.argv[2:]:
        name, _, source = word.partition("=")
        if not source:
            out += entry(name, stat.S_IFDIR | 0o755)
            continue
        with open(source, "rb") as file:
            out += entry(name, stat.S_IFREG | (os.stat(source).st_mode & 0o777), file.read())
    with open(sys.argv[1], "wb") as file:
        file.write(out + entry("TRAILER!!!", 0))


main()
