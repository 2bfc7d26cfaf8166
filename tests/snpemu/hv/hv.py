#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hypervisor of the emulated SNP machine alone in QEMU, without the host program: interrupts, #VC
by privilege level, XSAVES, and each way in which a run ends, by its last line on the debug console and
by QEMU's exit status. Output as tests/README.md wants it. Runs at the top of the tree."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib"))
import image  # noqa: E402
from suite import BUILD, newer_qemu  # noqa: E402

HV = os.path.join(BUILD, "tools/snpemu/hv/hv.elf")
GUEST = os.path.join(BUILD, "tests/snpemu/hv/snpemu-hv-guest.elf")
SECONDS = 60
CPUS = ("max,phys-bits=48", "EPYC-Milan,phys-bits=48")

# Test of guest.c: name, QEMU's exit status, how the last line begins, checks that are expected.
TESTS = [
    ("basics", 1, "exit code=0", 13),
    ("vc", 1, "exit code=0", 10),
    ("shared-write", 125, "stop npf rule=shared-assigned vcpu=0 vmpl=0 rip=", 0),
    ("terminate", 123, "terminate set=1 reason=5 ", 0),
    ("vmsa", 125, "stop invalid rule=vmsa-svme vcpu=0 vmpl=0 rip=", 0),
    ("triple-fault", 125, "stop shutdown rule=- vcpu=0 vmpl=0 rip=", 0),
    ("halt", 125, "stop halt rule=- vcpu=0 vmpl=0 rip=", 0),
    ("interrupts", 1, "exit code=0", 5),
    ("xsaves", 1, "exit code=0", 7),
    ("user", 1, "exit code=0", 1),
    ("off", 1, "off", 0),
    ("reset", 3, "reset", 0),
    ("ports", 1, "exit code=0", 5),
    ("fwcfg", 1, "exit code=0", 7),
]


def run(qemu, cpu, launch, folder):
    log = os.path.join(folder, "hv.log")
    command = [qemu, "-accel", "tcg", "-M", "q35", "-cpu", cpu, "-smp", "1", "-m",
               str((image.MEMORY + image.RESERVE) // image.MIB), "-display", "none", "-vga", "none",
               "-no-reboot", "-nic", "none", "-monitor", "none", "-serial", "stdio", "-serial", "null",
               "-debugcon", "file:" + log, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
               "-kernel", HV, "-initrd", launch]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        status, output, errors = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, output, errors = "none", (late.stdout or b"").decode(errors="replace"), "time-out"
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    return status, output, errors, lines


def test(qemu, tag, cpu, number, folder):
    name, want_status, want_line, want_checks = TESTS[number]
    launch = os.path.join(folder, "launch")
    with open(launch, "wb") as file:
        file.write(image.build(GUEST, number, fw_cfg=name == "fwcfg"))
    status, output, errors, lines = run(qemu, cpu, launch, folder)
    passed = 0
    for line in output.splitlines():
        word, _, rest = line.strip().partition("ok ")
        if rest:
            print(f"{word}ok {tag}-{name}-{rest}", flush=True)
            passed += word == ""
    last = lines[-1] if lines else "nothing"
    wrong = []
    if status != want_status:
        wrong.append(f"status {status}, not {want_status}")
    if not (last + " ").startswith(want_line):
        wrong.append(f"last line '{last}'")
    if passed != want_checks:
        wrong.append(f"{passed} checks passed, not {want_checks}")
    if wrong:
        print(f"not ok {tag}-{name} - {'; '.join(wrong)}", flush=True)
        print("\n".join(lines[-20:]), errors, file=sys.stderr, flush=True)
    else:
        print(f"ok {tag}-{name}", flush=True)
    return not wrong


def main():
    qemus = [("qemu7", shutil.which("qemu-system-x86_64"))]
    newer = newer_qemu()
    if newer:
        qemus.append(("qemu10", newer))
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for tag, qemu in qemus:
            for cpu in CPUS:
                kind = cpu.split(",", maxsplit=1)[0].lower()
                for number in range(len(TESTS)):
                    good &= test(qemu, f"{tag}-{kind}", cpu, number, folder)
    sys.exit(not good)


main()
