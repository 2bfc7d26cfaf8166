#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each lie of the emulated machine's host, experienced by the bare guest of this folder: what it was told,
and that the emulator says that it told it. Output as tests/README.md wants it. Runs at the top of the tree.
SVSM_BUILD_DIR: another build folder than build/."""
import json
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("SVSM_BUILD_DIR", "build")
EMU = BUILD + "/tools/emu/svsm-emu"
GUEST = BUILD + "/tests/snpemu/lies/snpemu-lies.elf"
MAKE = "tests/snpemu/conform/make_igvm.py"
SECONDS = 200
PAGE_TEST = 0x410000
RESTRICTED_BOOT, CPUID_BOOT = 100, 101  # of main.c
# What the firmware does not take for a CPUID page: leaf, field, bits.
REFUSED = [("tsc-deadline", 1, "rcx", 1 << 24), ("c-bit", 0x8000001f, "rbx", 0x20), ("vendor", 0, "rbx", 1),
           ("spec-ctrl", 7, "rdx", 1 << 26), ("xsave-size", 0xd, "rbx", 0x40)]
CHECK = re.compile(r"(not ok|ok) (.*)")
TOTAL = re.compile(r"# (\d+) checks, (\d+) failed")

# Word of the image: name, the host's lies, how the last line begins, a lie that must have been told.
FATAL = [
    (1, "unmap", (), "stop npf rule=private-ownership vcpu=0 vmpl=0 ", "unmap"),
    (2, "never", (), "stop halt rule=- vcpu=0 vmpl=0 ", "never"),
    (3, "command-line", (f"unmap@cpuid,gpa={PAGE_TEST:#x},vmpl=0,vcpu=0",),
     "stop npf rule=private-ownership vcpu=0 vmpl=0 ", "unmap"),
]


def verdict(good, name, rest):
    print(f"{'ok' if good else 'not ok'} {name}{rest}", flush=True)
    return good


def run(folder, word, options, features=1):
    """Status, lines of the guest, stderr, what --json wrote."""
    image, report = os.path.join(folder, "guest.igvm"), os.path.join(folder, "end.json")
    subprocess.run([sys.executable, MAKE, "--forbidden", str(word), "--features", str(features), GUEST, image], check=True)
    if os.path.exists(report):
        os.remove(report)
    done = subprocess.run([EMU, "--igvm", image, "--memory", "64M", "--timeout", str(SECONDS), "--stats", "--json",
                           report, "--lie", "guest", *options], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=SECONDS + 60, check=False)
    end = {}
    if os.path.exists(report):
        with open(report, encoding="utf-8") as file:
            end = json.load(file)
    return (done.returncode, done.stdout.decode(errors="replace").splitlines(),
            done.stderr.decode(errors="replace"), end.get("stats", {}).get("lies", {}))


def explain(lines, errors):
    print("\n".join(lines[-20:]), errors[-3000:], file=sys.stderr, flush=True)


def whole(folder, tag, options, told, least, word=0, features=1):
    """All checks of one boot; a guest that ends before its time has fewer than least."""
    status, lines, errors, lies = run(folder, word, options, features)
    good = True
    total = None
    found = 0
    for line in lines:
        match = CHECK.match(line.strip())
        if match:
            good &= verdict(match.group(1) == "ok", f"{tag}/{match.group(2)}", "")
            found += match.group(1) == "ok"
        total = TOTAL.match(line.strip()) or total
    for name, count in lies.items():
        told[name] = told.get(name, 0) + count
    if status != 0 or total is None or total.group(2) != "0":
        explain(lines, errors)
        return verdict(False, tag, f" - status {status}, {total and total.group(0)}")
    if found < least:
        return verdict(False, tag, f" - {found} checks passed, not at least {least}")
    return verdict(good, tag, f" checks={total.group(1)} told={sum(lies.values())}")


def fatal(folder, word, name, options, last, lie, told):
    arguments = [part for option in options for part in ("--lie", option)]
    status, lines, errors, lies = run(folder, word, arguments)
    told[lie] = told.get(lie, 0) + lies.get(lie, 0)
    if status == 125 and re.search("^" + re.escape(last), errors, re.M) and lies.get(lie) == 1 and \
            not any("goes-on" in line for line in lines):
        return verdict(True, f"fatal/{name}", "")
    explain(lines, errors)
    return verdict(False, f"fatal/{name}", f" - status {status}, told {lies}")


def main():
    good = True
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        good &= whole(folder, "qemu7", (), told, 285)
        good &= whole(folder, "keep", ("--tlb", "keep"), told, 285)
        good &= whole(folder, "restricted", (), told, 103, RESTRICTED_BOOT, 9)
        good &= whole(folder, "cpuid-page", ("--lie", f"cpuid@launch,leaf=7,field=rbx,value={1 << 7}"), told, 3,
                      CPUID_BOOT)
        for name, leaf, field, bits in REFUSED:
            good &= fatal(folder, 0, f"cpuid-page-{name}", (f"cpuid@launch,leaf={leaf},field={field},value={bits}",),
                          "stop launch rule=launch-cpuid gpa=", "cpuid", told)
        newer = os.environ.get("SVSM_QEMU10", "")
        if newer:
            good &= whole(folder, "qemu10", ("--qemu", newer), told, 285)
        else:
            print("skip qemu10 - no QEMU 10 (SVSM_QEMU10)")
        for case in FATAL:
            good &= fatal(folder, *case, told)
    listed = subprocess.run([EMU, "--lie", "list"], capture_output=True, text=True, check=True).stdout
    for name in (line.split()[0] for line in listed.splitlines()):
        good &= verdict(told.get(name, 0) > 0, f"told/{name}", f" times={told.get(name, 0)}")
    sys.exit(not good)


main()
