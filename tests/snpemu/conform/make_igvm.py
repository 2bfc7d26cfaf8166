#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The conformance guest as an IGVM file, by the format's description alone and not with the tree's
own library, so that the two check each other.

    make_igvm.py GUEST.elf OUTPUT [--forbidden N] [--features MASK]
"""
import argparse
import struct
import subprocess
import tempfile
import zlib

PAGE = 4096
BASE = 0x200000
CPUID, SECRETS = 0x1FE000, 0x1FF000
VMSA_GPA = 0xFFFFFFFFF000
MASK = 1
NORMAL, SECRETS_TYPE, CPUID_TYPE = 0, 1, 2


def symbols(elf):
    text = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1]: int(line.split()[0], 16) for line in text.splitlines()}


def flat(elf):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["objcopy", "-O", "binary", elf, out.name], check=True)
        data = out.read()
    return bytearray(data + bytes(-len(data) % PAGE))


def segment(selector, attrib, limit, base=0):
    return struct.pack("<HHIQ", selector, attrib, limit, base)


def save_area(rip, features):
    page = bytearray(PAGE)
    for offset in (0x00, 0x20, 0x30, 0x40, 0x50):
        page[offset:offset + 16] = segment(0x10, 0xC93, 0xFFFFFFFF)
    page[0x10:0x20] = segment(0x28, 0xC9B, 0xFFFFFFFF)
    page[0x60:0x70] = segment(0, 0, 0xFFFF)
    page[0x70:0x80] = segment(0, 0x82, 0xFFFF)
    page[0x80:0x90] = segment(0, 0, 0xFFFF)
    page[0x90:0xA0] = segment(0, 0x8B, 0xFFFF)
    for offset, form, value in (
            (0xD0, "<Q", 0x1000), (0x148, "<Q", 0x40), (0x158, "<Q", 0x31), (0x160, "<Q", 0x400),
            (0x168, "<Q", 0xFFFF0FF0), (0x170, "<Q", 2), (0x178, "<Q", rip),
            (0x268, "<Q", 0x0007040600070406), (0x3B0, "<Q", features), (0x3E8, "<Q", 1),
            (0x408, "<I", 0x1F80), (0x410, "<H", 0x37F)):
        struct.pack_into(form, page, offset, value)
    return bytes(page)


def header(kind, content):
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def build(elf, forbidden, features):
    names = symbols(elf)
    image = flat(elf)
    struct.pack_into("<Q", image, names["forbidden"] - BASE, forbidden)
    pages = [(CPUID, CPUID_TYPE, None), (SECRETS, SECRETS_TYPE, None)]
    pages += [(BASE + at, NORMAL, bytes(image[at:at + PAGE])) for at in range(0, len(image), PAGE)]
    pages += [(gpa, NORMAL, None) for gpa in range(BASE + len(image), names["image_end"], PAGE)]
    headers_size = 24 + 24 + 32 * len(pages) + 32
    data_at = 24 + headers_size
    headers, data = bytearray(), bytearray()
    headers += header(0x001, struct.pack("<IBBHQ", MASK, 2, 2, 1, 0))
    headers += header(0x101, struct.pack("<QII", 0x30000, MASK, 0))
    for gpa, kind, contents in pages:
        offset = 0
        if contents is not None:
            offset = data_at + len(data)
            data += contents
        headers += header(0x302, struct.pack("<QIIIHH", gpa, MASK, offset, 0, kind, 0))
    headers += header(0x304, struct.pack("<QIIHH", VMSA_GPA, MASK, data_at + len(data), 0, 0))
    data += save_area(names["guest_start"], features)
    assert len(headers) == headers_size
    fixed = struct.pack("<4sIIIII", b"IGVM", 1, 24, headers_size, data_at + len(data), 0)
    checksum = zlib.crc32(fixed + headers)
    return fixed[:20] + struct.pack("<I", checksum) + headers + data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("guest")
    parser.add_argument("output")
    parser.add_argument("--forbidden", type=int, default=0)
    parser.add_argument("--features", type=lambda text: int(text, 0), default=1)
    arguments = parser.parse_args()
    with open(arguments.output, "wb") as file:
        file.write(build(arguments.guest, arguments.forbidden, arguments.features))


main()
