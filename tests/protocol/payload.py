# SPDX-License-Identifier: MIT
"""Images with the payload of this folder, and runs of them in the emulated SNP machine."""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import suite  # noqa: E402

BUILD = suite.BUILD
ELF = os.path.join(BUILD, "tests/protocol/svsm-protocol.elf")
COMPOSE = os.path.join(BUILD, "tools/compose/svsm-compose")
SYSTEM = os.path.join(BUILD, "systems/snp.bin")
MEMORY = "256M"
CHECKS, FORBIDDEN, STORM, BRIDGE = range(4)


def symbols(elf):
    text = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1]: int(line.split()[0], 16) for line in text.splitlines()}


def offset_of(elf, address):
    """Where in the file a loaded address lies, by its program headers."""
    header, size, count = struct.unpack_from("<Q14xHH", elf, 0x20)
    for i in range(count):
        kind, _, offset, _, start, length = struct.unpack_from("<IIQQQQ", elf, header + i * size)
        if kind == 1 and start <= address < start + length:
            return offset + address - start
    raise KeyError(address)


def compose(folder, vcpus, mode=CHECKS, seed=1, rounds=1, system=SYSTEM, tag="payload", elf=ELF,
            more=()):
    """An IGVM file; its path."""
    with open(elf, "rb") as file:
        data = bytearray(file.read())
    names = symbols(elf)
    for name, value in (("vcpus", vcpus), ("mode", mode), ("seed", seed), ("rounds", rounds)):
        struct.pack_into("<Q", data, offset_of(data, names["option_" + name]), value)
    payload = os.path.join(folder, tag + ".elf")
    with open(payload, "wb") as file:
        file.write(data)
    image = os.path.join(folder, tag + ".igvm")
    subprocess.run([COMPOSE, "--svsm", system, "--memory", MEMORY, "--vcpus", str(vcpus),
                    "--payload", payload, "--output", image, *more], check=True)
    return image


def words(image, vcpus, options=()):
    return ["--igvm", image, "--memory", MEMORY, "--smp", str(vcpus), *options]


def run(image, vcpus, seconds, options=()):
    """What suite.emulate() says of it."""
    return suite.emulate(words(image, vcpus, options), seconds)
