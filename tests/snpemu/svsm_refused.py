#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the SVSM does not start with: launch pages that are wrong, a host that lacks something. Each ends
the machine with its reason in the termination request, and in a development image with the words.
Output as tests/README.md wants it. SVSM_BUILD_DIR: another build folder than build/."""
import os
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from suite import BUILD, emulate, exit_status, tail, verdict  # noqa: E402

COMPOSE = BUILD + "/tools/compose/svsm-compose"
KERNEL = os.environ.get("SVSM_KERNELS", "") + "/6.12/vmlinuz"
MAGIC = struct.pack("<Q", 0x31484E55414C5653)
# Offsets in struct snp_image_launch (abi/snp_image.h).
VERSION, FLAGS, VCPUS, RAM_COUNT, SECRETS, CAA, RAM = 8, 12, 16, 20, 24, 40, 72
RAM_KIND = 16
EFER, PAGE = 0xD0, 4096


def compose(folder, *more, console=True, svsm="snp.bin"):
    path = os.path.join(folder, "whole.igvm")
    subprocess.run([COMPOSE, "--svsm", BUILD + "/systems/" + svsm, "--output", path, "--memory", "256M",
                    *(["--console"] if console else []), *more], check=True, stdout=subprocess.DEVNULL)
    with open(path, "rb") as file:
        return bytearray(file.read())


def changed(whole, patches):
    """The same file with other words in its launch page, which comes before the kernel that knows
    its magic number too."""
    at = whole.index(MAGIC)
    assert struct.unpack_from("<I", whole, at + VERSION) == (1,)
    out = bytearray(whole)
    for offset, form, value in patches:
        struct.pack_into(form, out, at + offset, value)
    return out


def ends(folder, name, image, reason, words, *options):
    path = os.path.join(folder, "image.igvm")
    with open(path, "wb") as file:
        file.write(image)
    status, lines, errors = emulate(["--igvm", path, "--memory", "256M", *options], 250)
    why = ""
    if status != 126:
        why = f"status {status}, not 126"
    elif "set 5, reason %d" % reason not in errors:
        why = "not for reason %d" % reason
    elif words is not None and words not in "\n".join(lines):
        why = "it does not say: " + words
    elif words is None and lines:
        why = "it prints: " + lines[0][:80]
    verdict(name, why, "", tail(lines, errors))


def main():
    with tempfile.TemporaryDirectory() as folder:
        alone = compose(folder)
        for name, patches, words in (
                ("magic", [(0, "<Q", 1)], None),
                ("version", [(VERSION, "<I", 2)], None),
                ("no-vcpu", [(VCPUS, "<I", 0)], "a value out of range"),
                ("too-many-vcpus", [(VCPUS, "<I", 17)], "a value out of range"),
                ("unknown-flag", [(FLAGS, "<I", 9)], "a value out of range"),
                ("too-much-ram", [(RAM_COUNT, "<I", 17)], "a value out of range"),
                ("guest-without-ram", [(FLAGS, "<I", 3), (RAM_COUNT, "<I", 0)], "a guest without memory")):
            ends(folder, "launch-" + name, changed(alone, patches), 4, words)
        # What each CPU with SNP has, and a host can take out of the CPUID page. This one is wide enough for either C-bit.
        for missing in ("smep", "smap", "umip"):
            ends(folder, "release-without-" + missing, compose(folder, console=False), 6, None,
                 "--", "-cpu", "max,phys-bits=52,-" + missing)
        if not os.path.exists(KERNEL):
            print("skip guest - no kernel 6.12 (SVSM_KERNELS)")
            return exit_status()
        guest = compose(folder, "--kernel", KERNEL)
        ends(folder, "host-without-vmpls", guest, 6, "missing host feature: several VMPLs",
             "--profile", "upstream-6.12")
        ends(folder, "host-without-invlpgb", guest, 6, "the host lacks INVLPGB", "--invlpgb", "off")
        # CPUID need not name it: this one ends behind the first flush, for another reason.
        ends(folder, "host-that-does-not-name-invlpgb", changed(guest, [(SECRETS, "<Q", 0x8000000)]), 10,
             "the guest's secrets page is not there", "--invlpgb", "unnamed")
        # No psp task, so nobody asks the firmware for what the other vCPU's clock needs.
        ends(folder, "secure-tsc-without-tsc-info",
             compose(folder, "--kernel", KERNEL, "--vcpus", "2", "--features", "snp,secure-tsc", svsm="golden-snp.bin"),
             12, "no TSC_INFO", "--smp", "2")
        ends(folder, "ram-kind", changed(guest, [(RAM + RAM_KIND, "<I", 7)]), 2, "CHECK(kind_known(ram->kind))")
        ends(folder, "ram-over-svsm", changed(guest, [(RAM + 8, "<Q", 0x8001000)]), 2, "CHECK(")
        ends(folder, "secrets-outside", changed(guest, [(SECRETS, "<Q", 0x8000000)]), 10,
             "the guest's secrets page is not there")
        ends(folder, "calling-area-outside", changed(guest, [(CAA, "<Q", 0x8000000)]), 4,
             "save area or calling area is not sound")
        ends(folder, "vcpu-that-is-not-there", changed(guest, [(VCPUS, "<I", 2)]), 8,
             "the host's list of APIC IDs is not one of our vCPUs")
        save_area = guest.index(MAGIC) + PAGE  # the next page of the file
        struct.pack_into("<Q", guest, save_area + EFER, 0xD00)
        ends(folder, "save-area-without-svme", guest, 4, "save area or calling area is not sound")
    return exit_status()


sys.exit(main())
