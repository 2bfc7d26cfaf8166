# SPDX-License-Identifier: MIT
"""Images with the payload of this folder, and runs of them in the emulated SNP machine."""
import os
import re
import struct
import subprocess

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
ELF = os.path.join(BUILD, "tests/protocol/svsm-protocol.elf")
COMPOSE = os.path.join(BUILD, "tools/compose/svsm-compose")
EMULATOR = os.path.join(BUILD, "tools/emu/svsm-emu")
SYSTEM = os.path.join(BUILD, "systems/snp.bin")
MEMORY = "256M"
CHECKS, FORBIDDEN, STORM, BRIDGE = range(4)
LINE = re.compile(r"(not ok|ok) (\S+)(.*)")


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


def command(image, vcpus, options=()):
    return [EMULATOR, "--igvm", image, "--memory", MEMORY, "--smp", str(vcpus), *options]


ATTEMPTS = 3
LOST = "^stop emulator why=QEMU lost the registers of a vCPU"


def lost(errors):
    """Seen once in about a hundred runs on several vCPUs and a busy machine (tools/snpemu/hv/vcpu.c); such a run
    says nothing of the SVSM and is done again."""
    return re.search(LOST, errors, re.M) is not None


def run(image, vcpus, seconds, options=()):
    """The same as once(), again where the emulator lost the state of a vCPU."""
    for _ in range(ATTEMPTS):
        status, lines, errors = once(image, vcpus, seconds, options)
        if status != 1 or not lost(errors):
            break
        print("# the emulator lost the state of a vCPU: again", flush=True)
    return status, lines, errors


def once(image, vcpus, seconds, options=()):
    """Status (None: the time was over), lines of the guest, all of stderr."""
    full = command(image, vcpus, ["--timeout", str(seconds), *options])
    try:
        done = subprocess.run(full, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=seconds + 60)
        status, out, errors = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, out, errors = None, late.stdout or b"", late.stderr or b""
    return status, out.decode(errors="replace").splitlines(), errors.decode(errors="replace")


def checks(lines):
    """(good, name, rest) of each line that is one."""
    for line in lines:
        match = LINE.match(line.strip())
        if match:
            yield match.group(1) == "ok", match.group(2), match.group(3)
