#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The launch digest of a guest, computed from its files alone: nothing here is shared with the host
program that it judges. Used by emu.sh; by hand:

  digest.py ovmf FILE [--smp N]
  digest.py linux KERNEL [--initrd FILE] [--append TEXT] [--smp N] [--memory MIB] [--cbit N]
  digest.py igvm FILE [--smp N] [--profile NAME]
"""
import argparse
import hashlib
import struct
import uuid
import zlib

NORMAL, VMSA, ZERO, UNMEASURED, SECRETS, CPUID = range(1, 7)
PAGE = 4096
MIB = 1 << 20
VMSA_GPA = 0xfffffffff000
SIGNATURE = 0x00a00f11  # EPYC-Milan
SNP = 1


class Digest:
    """The chain of the firmware: each page changes the value."""

    def __init__(self):
        self.value = bytes(48)

    def page(self, kind, gpa, contents=None):
        measured = hashlib.sha384(contents).digest() if kind in (NORMAL, VMSA) else bytes(48)
        info = struct.pack("<48s48sHBBIQ", self.value, measured, 0x70, kind, 0, 0, gpa)
        self.value = hashlib.sha384(info).digest()

    def pages(self, kind, start, end, data=b""):
        for gpa in range(start, end, PAGE):
            at = gpa - start
            self.page(kind, gpa, data[at:at + PAGE].ljust(PAGE, b"\0"))


def segment(selector, attributes, limit, base):
    return struct.pack("<HHIQ", selector, attributes, limit, base)


def save_area(segments, numbers):
    page = bytearray(PAGE)
    for offset, value in segments.items():
        page[offset:offset + 16] = value
    for offset, (form, value) in numbers.items():
        struct.pack_into("<" + form, page, offset, value)
    return bytes(page)


def reset_numbers(rip, rdx):
    return {0x0d0: ("Q", 0x1000), 0x148: ("Q", 0x40), 0x158: ("Q", 0x10), 0x160: ("Q", 0x400),
            0x168: ("Q", 0xffff0ff0), 0x170: ("Q", 2), 0x178: ("Q", rip),
            0x268: ("Q", 0x0007040600070406), 0x310: ("Q", rdx), 0x3b0: ("Q", SNP),
            0x3e8: ("Q", 1), 0x408: ("I", 0x1f80), 0x410: ("H", 0x37f)}


def reset_area(eip):
    """A vCPU behind reset, as QEMU and KVM have it."""
    data = segment(0, 0x93, 0xffff, 0)
    return save_area({0x00: data, 0x20: data, 0x30: data, 0x40: data, 0x50: data,
                      0x10: segment(0xf000, 0x9b, 0xffff, eip & 0xffff0000),
                      0x60: segment(0, 0, 0xffff, 0), 0x80: segment(0, 0, 0xffff, 0),
                      0x70: segment(0, 0x82, 0xffff, 0), 0x90: segment(0, 0x8b, 0xffff, 0)},
                     reset_numbers(eip & 0xffff, SIGNATURE))


def long_mode_area(rip, rsi, cr3, gdt):
    data = segment(0x18, 0xc93, 0xffffffff, 0)
    numbers = reset_numbers(rip, 0)
    numbers.update({0x0d0: ("Q", 0x1d00), 0x148: ("Q", 0x60), 0x150: ("Q", cr3),
                    0x158: ("Q", 0x80010031), 0x330: ("Q", rsi)})
    return save_area({0x00: data, 0x20: data, 0x30: data, 0x40: data, 0x50: data,
                      0x10: segment(0x10, 0xa9b, 0xffffffff, 0),
                      0x60: segment(0, 0, 31, gdt), 0x80: segment(0, 0, 0xffff, 0),
                      0x70: segment(0, 0x82, 0xffff, 0), 0x90: segment(0, 0x8b, 0xffff, 0)},
                     numbers)


def read(path):
    with open(path, "rb") as file:
        return file.read()


# ------------------------------------------------------------------------------------------ OVMF

def ovmf_table(image):
    """The entries of the table of GUIDs before the last 32 bytes."""
    end = len(image) - 32
    entries = {}
    length = struct.unpack("<H", image[end - 18:end - 16])[0]
    at, first = end - 18, end - length
    while at > first:
        guid = str(uuid.UUID(bytes_le=image[at - 16:at]))
        size = struct.unpack("<H", image[at - 18:at - 16])[0]
        entries[guid] = image[at - size:at - 18]
        at -= size
    return entries


def ovmf(arguments):
    image = read(arguments.file)
    table = ovmf_table(image)
    metadata = len(image) - struct.unpack("<I", table["dc886566-984a-4798-a75e-5585a7bf67cc"])[0]
    reset = struct.unpack("<I", table["00f771de-1a7e-4fcb-890e-68c77e2fb44e"])[0]
    count = struct.unpack("<I", image[metadata + 12:metadata + 16])[0]
    digest = Digest()
    digest.pages(NORMAL, (1 << 32) - len(image), 1 << 32, image)
    for i in range(count):
        gpa, size, kind = struct.unpack_from("<III", image, metadata + 16 + 12 * i)
        digest.pages({2: SECRETS, 3: CPUID}.get(kind, ZERO), gpa, gpa + size)
    for i in range(arguments.smp):
        digest.page(VMSA, VMSA_GPA, reset_area(reset if i else 0xfffffff0))
    return digest.value


# ------------------------------------------------------------------------------------------ ACPI

def acpi_length(body):
    """An AML length of three bytes, and what it counts."""
    size = len(body) + 3
    return bytes([0x80 | size & 15, size >> 4 & 255, size >> 12]) + body


def integer(value):
    return struct.pack("<BB", 0x0a, value) if value < 256 else struct.pack("<BI", 0x0c, value)


def package(*elements):
    return b"\x12" + acpi_length(bytes([len(elements)]) + b"".join(elements))


def named(name, value):
    return b"\x08" + name + value


def dsdt():
    resources = (struct.pack("<BHBBBHHHHH", 0x88, 13, 2, 12, 0, 0, 0, 255, 0, 256) +
                 struct.pack("<BBHHBB", 0x47, 1, 0xcf8, 0xcf8, 1, 8) +
                 struct.pack("<BHBBBHHHHH", 0x88, 13, 1, 12, 3, 0, 0, 0xcf7, 0, 0xcf8) +
                 struct.pack("<BHBBBHHHHH", 0x88, 13, 1, 12, 3, 0, 0xd00, 0xffff, 0, 0xf300) +
                 struct.pack("<BHBBBIIIII", 0x87, 23, 0, 12, 1, 0, 0xc0000000, 0xfebfffff, 0,
                             0x3ec00000) + b"\x79\0")
    routes = [package(integer(slot << 16 | 0xffff), integer(pin), integer(0),
                      integer(16 + pin if slot == 31 else 20 + (slot + pin) % 4))
              for slot in [*range(1, 25), 31] for pin in range(4)]
    bus = (b"PCI0" + named(b"_HID", integer(0x080ad041)) + named(b"_CID", integer(0x030ad041)) +
           named(b"_UID", integer(0)) +
           named(b"_CRS", b"\x11" + acpi_length(struct.pack("<BI", 0x0c, len(resources)) +
                                                resources)) +
           named(b"_PRT", package(*routes)))
    return (b"\x10" + acpi_length(b"\\_SB_" + b"\x5b\x82" + acpi_length(bus)) +
            named(b"_S5_", package(*[integer(0)] * 4)))


def checked(table, at, size):
    table = bytearray(table)
    table[at] = -sum(table[:size]) & 255
    return bytes(table)


def acpi_table(signature, revision, body):
    head = struct.pack("<4sIBB6s8sI4sI", signature, 36 + len(body), revision, 0, b"SVSM  ",
                       b"SNPEMU  ", 1, b"SVSM", 1)
    return checked(head + body, 9, 36 + len(body))


def fadt(facs, dsdt_gpa):
    def port(number, size):
        return struct.pack("<BBBBQ", 1, size * 8, 0, {1: 1, 2: 2, 4: 3}.get(size, 0), number)
    body = bytearray(244 - 36)
    for offset, form, value in ((36, "I", facs), (40, "I", dsdt_gpa), (46, "H", 9),
                                (56, "I", 0x600), (64, "I", 0x604), (76, "I", 0x608),
                                (80, "I", 0x620), (88, "B", 4), (89, "B", 2), (91, "B", 4),
                                (92, "B", 16), (96, "H", 0xfff), (98, "H", 0xfff),
                                (108, "B", 0x32), (109, "H", 4), (112, "I", 0x4a5),
                                (128, "B", 15), (140, "Q", dsdt_gpa)):
        struct.pack_into("<" + form, body, offset - 36, value)
    for offset, number, size in ((116, 0xcf9, 1), (148, 0x600, 4), (172, 0x604, 2),
                                 (208, 0x608, 4), (220, 0x620, 16)):
        body[offset - 36:offset - 24] = port(number, size)
    return acpi_table(b"FACP", 3, bytes(body))


def madt(vcpus):
    body = struct.pack("<II", 0xfee00000, 1)
    for i in range(vcpus):
        body += struct.pack("<BBBBI", 0, 8, i, i, 1)
    body += struct.pack("<BBBBII", 1, 12, 0, 0, 0xfec00000, 0)
    body += struct.pack("<BBBBIH", 2, 10, 0, 0, 2, 0)
    for irq in (5, 9, 10, 11):
        body += struct.pack("<BBBBIH", 2, 10, 0, irq, irq, 13)
    return acpi_table(b"APIC", 3, body + struct.pack("<BBBHB", 4, 6, 255, 0, 1))


def acpi(gpa, vcpus):
    """RSDP, FACS at 64, then the tables, each aligned to 64 bytes."""
    out = bytearray(192)
    places = []

    def put(table):
        out.extend(bytes(-len(out) % 64))
        places.append(gpa + len(out))
        out.extend(table)

    out[64:128] = struct.pack("<4sI24xB31x", b"FACS", 64, 1)
    put(acpi_table(b"DSDT", 2, dsdt()))
    put(fadt(gpa + 64, places[0]))
    put(madt(vcpus))
    put(acpi_table(b"MCFG", 1, struct.pack("<QQHBBI", 0, 0xb0000000, 0, 0, 7, 0)))
    put(acpi_table(b"XSDT", 1, struct.pack("<QQQ", *places[1:4])))
    rsdp = struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"SVSM  ", 2, 0, 36, places[4], 0)
    out[0:36] = checked(checked(rsdp, 8, 20), 32, 36)
    return bytes(out)


# ----------------------------------------------------------------------------------------- Linux

def up(value, unit):
    return (value + unit - 1) // unit * unit


def e820(memory):
    ranges = ((0, 0xa0000, 1), (0xc0000, 0x100000, 2), (0x100000, 0x80d000, 1),
              (0x80d000, 0x810000, 2), (0x810000, 0x814000, 3), (0x814000, memory, 1),
              (0xb0000000, 0xc0000000, 2))
    return len(ranges), b"".join(struct.pack("<QQI", a, b - a, kind) for a, b, kind in ranges)


def boot_params(kernel, initrd, initrd_size, memory):
    end = 0x202 + kernel[0x201]
    page = bytearray(PAGE)
    page[0x1f1:end] = kernel[0x1f1:end]
    count, table = e820(memory)
    page[0x2d0:0x2d0 + len(table)] = table
    for offset, form, value in ((0x070, "Q", 0x810000), (0x1e8, "B", count), (0x1fa, "H", 0xffff),
                                (0x210, "B", 0xff), (0x218, "I", initrd if initrd_size else 0),
                                (0x21c, "I", initrd_size), (0x228, "I", 0x801000),
                                (0x250, "Q", 0x803000)):
        struct.pack_into("<" + form, page, offset, value)
    return bytes(page)


def page_tables(cbit):
    table = 0x804000
    c = 1 << cbit
    out = struct.pack("<Q", table + PAGE | c | 3).ljust(PAGE, b"\0")
    out += b"".join(struct.pack("<Q", table + (2 + i) * PAGE | c | 3)
                    for i in range(4)).ljust(PAGE, b"\0")
    return out + b"".join(struct.pack("<Q", i * 2 * MIB | c | 0xe3) for i in range(2048))


def told(kernel, initrd, initrd_size, arguments):
    """800000h to 814000h, with holes for the pages of the PSP."""
    area = bytearray(0x14000)
    blob = 0x803040
    area[0:PAGE] = boot_params(kernel, initrd, initrd_size, arguments.memory * MIB)
    line = arguments.append.encode()
    area[0x1000:0x1000 + len(line)] = line
    area[0x2010:0x2020] = struct.pack("<QQ", 0x00af9b000000ffff, 0x00cf93000000ffff)
    area[0x3000:0x3014] = struct.pack("<QIII", 0, 7, 4, blob)
    area[0x3040:0x3068] = struct.pack("<IHHQIIQII", 0x45444d41, 1, 0, 0x80d000, PAGE, 0, 0x80e000,
                                      PAGE, 0)
    tables = page_tables(arguments.cbit)
    area[0x4000:0x4000 + len(tables)] = tables
    tables = acpi(0x810000, arguments.smp)
    area[0x10000:0x10000 + len(tables)] = tables
    return bytes(area)


def linux(arguments):
    kernel = read(arguments.file)
    initrd = read(arguments.initrd) if arguments.initrd else b""
    memory = arguments.memory * MIB
    start = ((kernel[0x1f1] or 4) + 1) * 512
    code = kernel[start:start + struct.unpack_from("<I", kernel, 0x1f4)[0] * 16]
    needed = struct.unpack_from("<I", kernel, 0x260)[0]
    place = up(16 * MIB + needed, 2 * MIB)
    area = told(kernel, place, len(initrd), arguments)
    digest = Digest()
    digest.pages(ZERO, 0, 0xa0000)
    digest.pages(ZERO, 0xc0000, 0x800000)
    digest.pages(NORMAL, 0x800000, 0x80d000, area[:0xd000])
    digest.page(SECRETS, 0x80d000)
    digest.page(CPUID, 0x80e000)
    digest.pages(NORMAL, 0x80f000, 0x814000, area[0xf000:])
    digest.pages(ZERO, 0x814000, 16 * MIB)
    code_end = up(16 * MIB + len(code), PAGE)
    digest.pages(NORMAL, 16 * MIB, code_end, code)
    digest.pages(ZERO, code_end, place)
    end = up(place + len(initrd), PAGE)
    digest.pages(NORMAL, place, end, initrd)
    digest.pages(ZERO, end, memory)
    digest.page(VMSA, VMSA_GPA, long_mode_area(16 * MIB + 0x200, 0x800000,
                                               0x804000 | 1 << arguments.cbit, 0x802000))
    return digest.value


# ------------------------------------------------------------------------------------------ IGVM

def igvm_headers(file):
    magic, version, start, size, total, crc = struct.unpack_from("<4sIIIII", file, 0)
    fixed = 24 if version == 1 else 32
    blank = file[:20] + bytes(4) + file[24:fixed]
    assert magic == b"IGVM" and total == len(file)
    assert zlib.crc32(blank + file[start:start + size]) == crc
    at = start
    while at < start + size:
        kind, length = struct.unpack_from("<II", file, at)
        yield kind, file[at + 8:at + 8 + length]
        at += 8 + up(length, 8)


def igvm_mask(headers):
    for kind, content in headers:
        if kind == 1 and content[5] == 2:
            return struct.unpack_from("<I", content)[0]
    raise SystemExit("no SEV-SNP platform")


def igvm(arguments):
    """In the order of the file, which strict files share with QEMU; save areas last."""
    file = read(arguments.file)
    headers = list(igvm_headers(file))
    mask = igvm_mask(headers)
    digest = Digest()
    areas = {}
    contexts = {}
    for kind, content in headers:
        if kind == 0x301:
            size, index, _ = struct.unpack("<QII", content)
            areas[index] = size
        elif kind == 0x303:
            gpa, for_mask, index = struct.unpack("<QII", content)
            if for_mask & mask:
                digest.pages(UNMEASURED, gpa, gpa + areas[index])
        elif kind == 0x302:
            gpa, for_mask, offset, flags, data, _ = struct.unpack("<QIIIHH", content)
            size = 2 * MIB if flags & 1 else PAGE
            if for_mask & mask:
                page = {0: UNMEASURED if flags & 2 else NORMAL, 1: SECRETS}.get(data, CPUID)
                digest.pages(page, gpa, gpa + size, file[offset:offset + size] if offset else b"")
        elif kind == 0x304:
            _, for_mask, offset, vcpu, _ = struct.unpack("<QIIHH", content)
            if for_mask & mask:
                contexts[vcpu] = file[offset:offset + PAGE]
    if arguments.profile == "upstream-6.12":
        for vcpu in range(arguments.smp):
            contexts.setdefault(vcpu, reset_area(0xfffffff0))
    for vcpu in sorted(contexts):
        digest.page(VMSA, VMSA_GPA, contexts[vcpu])
    return digest.value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("ovmf", "linux", "igvm"))
    parser.add_argument("file")
    parser.add_argument("--initrd")
    parser.add_argument("--append", default="")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--memory", type=int, default=512)
    parser.add_argument("--cbit", type=int, default=47)
    parser.add_argument("--profile", default="strict")
    arguments = parser.parse_args()
    print({"ovmf": ovmf, "linux": linux, "igvm": igvm}[arguments.kind](arguments).hex())


main()
