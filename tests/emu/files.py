#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small guests for emu.sh: ovmf.fd, vmlinuz, initrd, strict.igvm (v2) and qemu.igvm (v1, in an order that
only QEMU measures as its host does). Written into the folder that is named; with a second argument, what
the fuzz target of that name begins with."""
import os
import struct
import sys
import uuid
import zlib

PAGE = 4096


def pattern(size, seed):
    out = bytearray()
    while len(out) < size:
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        out += struct.pack("<I", seed)
    return bytes(out[:size])


def ovmf():
    size = 0x20000
    image = bytearray(pattern(size, 1))
    sections = ((0x800000, 0x9000, 1), (0x80a000, 0x3000, 1), (0x80d000, PAGE, 2),
                (0x80e000, PAGE, 3), (0x80f000, PAGE, 4), (0x810000, PAGE, 16))
    at = size - 0x600
    image[at:at + 16] = struct.pack("<4sIII", b"ASEV", 16 + 12 * len(sections), 1, len(sections))
    for i, section in enumerate(sections):
        struct.pack_into("<III", image, at + 16 + 12 * i, *section)

    def entry(guid, data):
        return data + struct.pack("<H", len(data) + 18) + uuid.UUID(guid).bytes_le

    table = (entry("00f771de-1a7e-4fcb-890e-68c77e2fb44e", struct.pack("<I", 0x0080b004)) +
             entry("e47a6535-984a-4798-865e-4685a7bf8ec2", bytes(4)) +
             entry("dc886566-984a-4798-a75e-5585a7bf67cc", struct.pack("<I", 0x600)))
    footer = uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
    table += struct.pack("<H", len(table) + 18) + footer
    image[size - 32 - len(table):size - 32] = table
    return bytes(image)


def kernel():
    code = pattern(0x12340, 2)
    image = bytearray(pattern(0x1000, 3))
    for offset, form, value in ((0x1f1, "B", 7), (0x1f4, "I", len(code) // 16),
                                (0x1fe, "H", 0xaa55), (0x201, "B", 0x6a), (0x206, "H", 0x20f),
                                (0x211, "B", 1), (0x22c, "I", 0x7fffffff), (0x230, "I", 0x200000),
                                (0x234, "B", 1), (0x236, "H", 0x7f), (0x238, "I", 2047),
                                (0x258, "Q", 0x1000000), (0x260, "I", 0x345678)):
        struct.pack_into("<" + form, image, offset, value)
    image[0x202:0x206] = b"HdrS"
    return bytes(image) + code + b"a signature"


def vmsa(rip):
    page = bytearray(PAGE)
    for offset, value in ((0x0d0, 0x1800), (0x148, 0x60), (0x158, 0x31), (0x160, 0x400),
                          (0x168, 0xffff0ff0), (0x170, 2), (0x178, rip),
                          (0x268, 0x0007040600070406), (0x330, 0x1234), (0x3b0, 1), (0x3e8, 1)):
        struct.pack_into("<Q", page, offset, value)
    page[0x10:0x20] = struct.pack("<HHIQ", 8, 0xc9b, 0xffffffff, 0)
    struct.pack_into("<I", page, 0x408, 0x1f80)
    struct.pack_into("<H", page, 0x410, 0x37f)
    return bytes(page)


class Igvm:
    """Headers are written twice: file offsets are known once their size is."""

    def __init__(self, version):
        self.version = version
        self.records = []
        self.data = b""

    def add(self, kind, form, *values):
        self.records.append((kind, form, list(values)))

    def page(self, bytes_):
        self.data += bytes_
        return ("data", len(self.data) - len(bytes_))

    def pack(self, start):
        out = b""
        for kind, form, values in self.records:
            values = [start + v[1] if isinstance(v, tuple) else v for v in values]
            body = struct.pack("<" + form, *values)
            out += struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)
        return out

    def file(self):
        fixed = 24 if self.version == 1 else 32
        size = len(self.pack(0))
        headers = self.pack(fixed + size)

        def head(crc):
            out = struct.pack("<4sIIIII", b"IGVM", self.version, fixed, size,
                              fixed + size + len(self.data), crc)
            return out + (struct.pack("<II", 0, PAGE) if self.version == 2 else b"")

        return head(zlib.crc32(head(0) + headers)) + headers + self.data


def igvm(version, order):
    f = Igvm(version)
    f.add(1, "IBBHQ", 2, 0, 0, 1, 0)      # native
    f.add(1, "IBBHQ", 1, 2, 2, 1, 0)      # SEV-SNP
    f.add(0x101, "QII", 0x30000, 1, 0)
    f.add(0x305, "QIIII", 0x2000000, 1, 0x800000, 0, 0)
    f.add(0x301, "QII", 2 * PAGE, 0, 0)
    f.add(0x301, "QII", PAGE, 1, 0)
    f.add(0x30c, "II", 1, 0)
    f.add(0x307, "II", 0, 16)
    f.add(0x313, "II", 0, 20)
    f.add(0x303, "QII", 0x20000, 1, 0)
    if order == "strict":
        f.add(0x303, "QII", 0x30000, 1, 1)
    for i in range(5):
        f.add(0x302, "QIIIHH", 0x100000 + i * PAGE, 3, f.page(pattern(PAGE, 10 + i)), 0, 0, 0)
    if order != "strict":
        f.add(0x303, "QII", 0x30000, 1, 1)  # QEMU measures it before the five pages
    f.add(0x302, "QIIIHH", 0x105000, 1, 0, 0, 0, 0)
    f.add(0x302, "QIIIHH", 0x106000, 1, f.page(pattern(PAGE, 20)), 2, 0, 0)
    f.add(0x302, "QIIIHH", 0x107000, 1, 0, 0, 1, 0)
    f.add(0x302, "QIIIHH", 0x108000, 1, 0, 0, 2, 0)
    f.add(0x302, "QIIIHH", 0x400000, 1, f.page(pattern(0x200000, 21)), 1, 0, 0)
    f.add(0x302, "QIIIHH", 0x100000, 2, f.page(pattern(PAGE, 22)), 0, 0, 0)  # native only
    f.add(0x302, "QIIIHH", 0xfffff000, 1, f.page(pattern(PAGE, 23)), 0, 0, 0)
    f.add(0x304, "QIIHH", 0xfffffffff000, 1, f.page(vmsa(0x100000)), 0, 0)
    return f.file()


def small_igvm():
    f = Igvm(1)
    f.add(1, "IBBHQ", 1, 2, 2, 1, 0)
    f.add(0x101, "QII", 0x30000, 1, 0)
    f.add(0x305, "QIIII", 0x800000, 1, 0x2000, 0, 0)
    f.add(0x301, "QII", PAGE, 0, 0)
    f.add(0x30c, "II", 0, 0)
    f.add(0x307, "II", 0, 0x100)
    f.add(0x313, "II", 0, 0x104)
    f.add(0x303, "QII", 0x20000, 1, 0)
    f.add(0x302, "QIIIHH", 0x100000, 1, f.page(bytes(PAGE)), 0, 0, 0)
    f.add(0x302, "QIIIHH", 0x101000, 1, 0, 0, 0, 0)
    f.add(0x302, "QIIIHH", 0x107000, 1, 0, 0, 1, 0)
    f.add(0x302, "QIIIHH", 0x108000, 1, 0, 0, 2, 0)
    f.add(0x302, "QIIIHH", 0x400000, 1, 0, 1, 0, 0)
    f.add(0x304, "QIIHH", 0xfffffffff000, 1, f.page(vmsa(0x100000)), 0, 0)
    f.add(0x30b, "I4x48s16s16sIIII592x", 1, b"", b"", b"", 1, 0, 1, 1)
    return f.file()


def svsm():
    """A flat image of an SVSM, with its system description at the second page."""
    head = struct.pack("<QIIQQQQQQ", 0x31504e534d565353, 1, 0x40, 0x8010000, 0, 2, 0x8011000, 0, 0)
    blob = struct.pack("<QII12IQ", 0x314547414d495653, 1, 0, *[0, 72] * 6, PAGE)
    return head.ljust(PAGE, b"\0") + blob.ljust(0x200, b"\0")


def program():
    """A static ELF program of one segment, at 3 MiB."""
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0x300000, 64, 0, 0, 64, 56,
                       1, 0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x300000, 0x300000, 0x100, 0x2000, PAGE)
    return head.ljust(0x100, b"\x90")


def seed(target):
    if target == "igvm":
        return b"\0" + small_igvm()
    if target == "ovmf":
        return b"\0" + ovmf()[-0x700:]
    if target == "compose":
        return bytes([8, 0x00, 0x12]) + svsm() + program()
    image = bytearray(kernel()[:0x1400])
    image[0x1f1] = 1
    struct.pack_into("<I", image, 0x1f4, 0x100)
    return b"\x01\x01\x01" + bytes(image)


def main():
    folder = sys.argv[1]
    if len(sys.argv) > 2:
        with open(os.path.join(folder, "seed"), "wb") as file:
            file.write(seed(sys.argv[2]))
        return
    files = {"ovmf.fd": ovmf(), "vmlinuz": kernel(), "initrd": pattern(0x5432, 4),
             "strict.igvm": igvm(2, "strict"), "qemu.igvm": igvm(1, "qemu")}
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


main()
