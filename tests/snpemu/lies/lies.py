#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each lie of the emulated machine's host, experienced by the bare guest of this folder: what it was told,
and that the emulator says that it told it. Output as tests/README.md wants it. Runs at the top of the tree.
SVSM_BUILD_DIR: another build folder than build/."""
import collections
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../lib"))
import suite  # noqa: E402

GUEST = suite.BUILD + "/tests/snpemu/lies/snpemu-lies.elf"
MAKE = "tests/snpemu/conform/make_igvm.py"
SECONDS = 200
PAGE_TEST = 0x410000
RESTRICTED_BOOT, CPUID_BOOT = 100, 101  # of main.c
# What the firmware does not take for a CPUID page: leaf, field, bits.
REFUSED = [("tsc-deadline", 1, "rcx", 1 << 24), ("c-bit", 0x8000001f, "rbx", 0x20), ("vendor", 0, "rbx", 1),
           ("spec-ctrl", 7, "rdx", 1 << 26), ("xsave-size", 0xd, "rbx", 0x40)]

# Word of the image: name, the host's lies, how the last line begins, a lie that must have been told.
FATAL = [
    (1, "unmap", (), "stop npf rule=private-ownership vcpu=0 vmpl=0 ", "unmap"),
    (2, "never", (), "stop halt rule=- vcpu=0 vmpl=0 ", "never"),
    (3, "command-line", (f"unmap@cpuid,gpa={PAGE_TEST:#x},vmpl=0,vcpu=0",),
     "stop npf rule=private-ownership vcpu=0 vmpl=0 ", "unmap"),
]
# The same for a guest whose request becomes one that ends it; there is no answer then.
ENDED = (3, "turned-into-an-end", ("ask@cpuid,field=exitcode,value=0x8000fffe",), "terminate ", "ask")


def run(folder, word, options, told, features=1):
    """Status, lines of the guest, stderr, and how often each lie was told, which is added to `told`."""
    image = os.path.join(folder, "guest.igvm")
    subprocess.run([sys.executable, MAKE, "--forbidden", str(word), "--features", str(features), GUEST, image], check=True)
    status, lines, errors, end = suite.emulate_json(
        ["--igvm", image, "--memory", "64M", "--stats", "--trace", "lie", "--lie", "guest", *options], SECONDS)
    lies = end.get("stats", {}).get("lies", {})
    for name, count in lies.items():
        told[name] = told.get(name, 0) + count
    return status, lines, errors, lies


def untraced(errors, lies):
    """Kinds of which --trace lie has not shown as many as --stats has counted; empty: none."""
    shown = collections.Counter(re.findall(r"^trace lie .*\bname=(\S+)", errors, re.MULTILINE))
    wrong = [f"{name}: {shown[name]} lines for {count}" for name, count in lies.items() if shown[name] != count]
    return "" if not wrong and sum(lies.values()) > 0 else f"traced: {', '.join(wrong) or 'none was told'}"


def whole(folder, tag, options, told, least, word=0, features=1):
    """All checks of one boot."""
    status, lines, errors, lies = run(folder, word, options, told, features)
    why, figures = suite.counted(tag + "/", status, lines, least)
    suite.verdict(f"traced/{tag}", untraced(errors, lies), "", suite.tail(lines, errors))
    suite.verdict(tag, why, f"{figures} told={sum(lies.values())}", suite.tail(lines, errors))


def fatal(folder, word, name, options, last, lie, told, ends=125):
    arguments = [part for option in options for part in ("--lie", option)]
    status, lines, errors, lies = run(folder, word, arguments, told)
    good = (status == ends and any(line.startswith(last) for line in errors.splitlines()) and lies.get(lie) == 1 and
            not any("goes-on" in line for line in lines) and not untraced(errors, lies))
    suite.verdict(f"fatal/{name}", "" if good else f"status {status}, told {lies}", "", suite.tail(lines, errors))


def main():
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        whole(folder, "qemu7", (), told, 285)
        whole(folder, "keep", ("--tlb", "keep"), told, 285)
        whole(folder, "restricted", (), told, 103, RESTRICTED_BOOT, 9)
        whole(folder, "cpuid-page", ("--lie", f"cpuid@launch,leaf=7,field=rbx,value={1 << 7}"), told, 3, CPUID_BOOT)
        for name, leaf, field, bits in REFUSED:
            fatal(folder, 0, f"cpuid-page-{name}", (f"cpuid@launch,leaf={leaf},field={field},value={bits}",),
                  "stop launch rule=launch-cpuid gpa=", "cpuid", told)
        errors = run(folder, CPUID_BOOT, ("--lie", "cpuid@launch,leaf=0x99,field=rax,value=1", "--lie", "drop@rdpmc",
                                          "--lie", f"cpuid@launch,leaf=7,field=rbx,value={1 << 7}"), told)[2]
        warned = re.findall(r"warning: --lie (\S+) was never told", errors)
        suite.verdict("untold", "" if warned == ["cpuid@launch,leaf=0x99,field=rax,value=1", "drop@rdpmc"] else
                      f"warned of {warned}", "", errors[-4000:])
        newer = suite.newer_qemu()
        if newer:
            whole(folder, "qemu10", ("--qemu", newer), told, 285)
        for case in FATAL:
            fatal(folder, *case, told)
        fatal(folder, *ENDED, told, 126)
    listed = subprocess.run([suite.EMULATOR, "--lie", "list"], capture_output=True, text=True, check=True).stdout
    for name in (line.split()[0] for line in listed.split("\n\n")[0].splitlines()):
        suite.verdict(f"told/{name}", "" if told.get(name, 0) > 0 else "never", f" times={told.get(name, 0)}")
    sys.exit(suite.exit_status())


main()
