#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts a signed ID block into an IGVM file of files.py, for emu.sh:

  sign.py IN OUT DIGEST FOLDER [author]

The keys are made in FOLDER with the program openssl. `author`: a second key signs the first."""
import os
import struct
import subprocess
import sys
import zlib

POLICY = 0x30000
SVN = 7
ID_BLOCK = 0x30b


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *words], input=stdin, check=True, capture_output=True).stdout


def key(folder, name):
    path = os.path.join(folder, name)
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", path)
    public = openssl("ec", "-in", path, "-pubout", "-outform", "DER")
    return path, public[-96:-48], public[-48:]


def little(big):
    return big[::-1].ljust(72, b"\0")


def integers(der):
    """The two numbers of an ECDSA signature."""
    at, out = 2 if der[1] < 0x80 else 3, []
    while at < len(der):
        size = der[at + 1]
        out.append(der[at + 2:at + 2 + size].lstrip(b"\0"))
        at += 2 + size
    return out


def sign(path, message):
    r, s = integers(openssl("dgst", "-sha384", "-sign", path, stdin=message))
    return little(r) + little(s)


def main():
    source, target, digest, folder = sys.argv[1:5]
    author = sys.argv[5:] == ["author"]
    with open(source, "rb") as file:
        image = file.read()
    id_key, x, y = key(folder, "id.pem")
    author_key, ax, ay = key(folder, "author.pem")
    block = struct.pack("<48s16s16sIIQ", bytes.fromhex(digest), b"family", b"image", 1, SVN, POLICY)
    firmware_key = struct.pack("<I", 2) + little(x) + little(y)
    content = struct.pack("<IB3x48s16s16sIIII", 1, author, bytes.fromhex(digest), b"family",
                          b"image", 1, SVN, 1, 1 if author else 0)
    content += sign(id_key, block) + struct.pack("<II", 2, 0) + little(x) + little(y)
    if author:
        content += sign(author_key, firmware_key.ljust(0x404, b"\0"))
        content += struct.pack("<II", 2, 0) + little(ax) + little(ay)
    content = content.ljust(696, b"\0")
    magic, version, start, size, total, _ = struct.unpack_from("<4sIIIII", image)
    headers = image[start:start + size] + struct.pack("<II", ID_BLOCK, len(content)) + content
    grown = len(headers) - size
    headers = moved(headers, grown)

    def head(crc):
        return struct.pack("<4sIIIII", magic, version, start, len(headers), total + grown,
                           crc) + image[24:start]

    with open(target, "wb") as file:
        file.write(head(zlib.crc32(head(0) + headers)) + headers + image[start + size:])


def moved(headers, by):
    """The data lie further behind: so do the offsets in PAGE_DATA and VP_CONTEXT."""
    out, at = bytearray(headers), 0
    while at < len(out):
        kind, length = struct.unpack_from("<II", out, at)
        offset = struct.unpack_from("<I", out, at + 20)[0] if kind in (0x302, 0x304) else 0
        if offset:
            struct.pack_into("<I", out, at + 20, offset + by)
        at += 8 + (length + 7) // 8 * 8
    return bytes(out)


main()
