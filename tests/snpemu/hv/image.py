#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Launch images (tools/snpemu/wire/launch.h) for flat test guests: image.py GUEST TEST OUTPUT [TRACE].
Written anew from the headers, not with the host program's code, so that the two check each other."""
import os
import struct
import subprocess
import sys
import tempfile

PAGE = 4096
MIB = 1 << 20
BASE = 0x200000
CBIT = 47
ASID = 7
VMSA_GPA = 0xFFFFFFFFF000
NO_DATA = (1 << 64) - 1
NORMAL, VMSA = 1, 2
MEMORY, RESERVE = 64 * MIB, 64 * MIB
SNP = 1


def symbol(guest, name):
    table = subprocess.run(["nm", guest], capture_output=True, text=True, check=True).stdout
    for line in table.splitlines():
        words = line.split()
        if words[-1] == name:
            return int(words[0], 16)
    raise KeyError(name)


def flat(guest):
    raw = os.path.join(tempfile.gettempdir(), "guest.flat")
    subprocess.run(["objcopy", "-O", "binary", guest, raw], check=True)
    with open(raw, "rb") as file:
        data = file.read()
    return data + bytes(symbol(guest, "guest_end") - BASE - len(data))


def segment(selector, attrib, limit, base=0):
    return struct.pack("<HHIQ", selector, attrib, limit, base)


def save_area(rip, cr3, rdi, features):
    page = bytearray(PAGE)

    def put(offset, fmt, value):
        struct.pack_into(fmt, page, offset, value)

    data = segment(0x10, 0xC93, 0xFFFFFFFF)
    for offset in (0x00, 0x20, 0x30, 0x40, 0x50):
        page[offset:offset + 16] = data
    page[0x10:0x20] = segment(0x08, 0xA9B, 0xFFFFFFFF)
    page[0x70:0x80] = segment(0, 0x82, 0xFFFF)
    page[0x90:0xA0] = segment(0, 0x8B, 0xFFFF)
    put(0xD0, "<Q", 0x1D00)  # EFER: SVME, NXE, LMA, LME
    put(0x148, "<Q", 0x40668)  # CR4: OSXSAVE, OSXMMEXCPT, OSFXSR, MCE, PAE, DE
    put(0x150, "<Q", cr3 | 1 << CBIT)
    put(0x158, "<Q", 0x80010033)  # CR0: PG, WP, NE, ET, MP, PE
    put(0x160, "<Q", 0x400)
    put(0x168, "<Q", 0xFFFF0FF0)
    put(0x170, "<Q", 2)
    put(0x178, "<Q", rip)
    put(0x268, "<Q", 0x0007040600070406)
    put(0x338, "<Q", rdi)
    put(0x3B0, "<Q", features)
    put(0x3E8, "<Q", 7)
    put(0x408, "<I", 0x1F80)
    put(0x40C, "<H", 0xFFFF)
    put(0x410, "<H", 0x37F)
    return bytes(page)


def build(guest, test, features=SNP, trace=0, profile=0, stats=0, fw_cfg=False):
    code = flat(guest)
    vmsa = save_area(symbol(guest, "guest_start"), symbol(guest, "guest_pml4"), test, features)
    runs_at, vcpus_at, data_at = PAGE, PAGE + 256, 2 * PAGE
    runs = struct.pack("<QQQB3sBB2x", BASE, len(code) // PAGE, data_at, NORMAL, bytes(3), 0, 0)
    runs += struct.pack("<QQQB3sBB2x", VMSA_GPA, 1, data_at + len(code), VMSA, bytes(3), 0, 0)
    size = data_at + len(code) + PAGE
    header = struct.pack("<11Q", 0x31484C454D504E53, size, MEMORY, RESERVE, 0x30000, features,
                         runs_at, vcpus_at, 0, 0, 0)
    header += struct.pack("<6I4BI", 2, 1, profile, 0, trace, ASID, CBIT, 1, stats, fw_cfg, 0)
    vcpus = struct.pack("<QII", VMSA_GPA, 0, 1)
    image = bytearray(size)
    image[0:len(header)] = header
    image[runs_at:runs_at + len(runs)] = runs
    image[vcpus_at:vcpus_at + len(vcpus)] = vcpus
    image[data_at:data_at + len(code)] = code
    image[data_at + len(code):] = vmsa
    return bytes(image)


def main():
    trace = int(sys.argv[4], 0) if len(sys.argv) > 4 else 0
    with open(sys.argv[3], "wb") as file:
        file.write(build(sys.argv[1], int(sys.argv[2]), trace=trace, stats=1))


if __name__ == "__main__":
    main()
