#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The inputs that fuzz targets begin with, as text: tests/fuzz/corpus/TARGET has one input a line, zlib's
compression of it in base64.

    corpus.py unpack FILE FOLDER    each line as a file of its own; a FILE that is not there has none
    corpus.py pack FOLDER FILE      the smallest first, as many as there is room for"""
import base64
import hashlib
import os
import sys
import zlib

ROOM = 40000  # characters of a FILE


def inputs(folder):
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            yield file.read()


def pack(folder, path):
    lines = {base64.b64encode(zlib.compress(data, 9)).decode() for data in inputs(folder) if data}
    used, kept = 0, []
    for line in sorted(lines, key=lambda text: (len(text), text)):
        used += len(line) + 1
        if used > ROOM:
            break
        kept.append(line)
    with open(path, "w", encoding="ascii") as file:
        file.write("".join(line + "\n" for line in kept))
    print(f"# {os.path.basename(path)}: {len(kept)} of {len(lines)} inputs, {os.path.getsize(path)} bytes")


def unpack(path, folder):
    if not os.path.exists(path):
        return
    os.makedirs(folder, exist_ok=True)
    with open(path, encoding="ascii") as file:
        for line in file:
            data = zlib.decompress(base64.b64decode(line))
            with open(os.path.join(folder, hashlib.sha1(data).hexdigest()), "wb") as out:
                out.write(data)


{"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
