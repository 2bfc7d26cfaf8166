# SPDX-License-Identifier: MIT
"""Tests of svsm-symbolize against addr2line, on the kernel of the build and a bare task.

    python3 tests/manifest/symbolize.py [BUILD]
"""
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
TOOL = os.path.join(BUILD, "tools/symbolize/svsm-symbolize")
SYMTAB = os.path.join(BUILD, "tools/image/svsm-symtab")
KERNEL = os.path.join(BUILD, "microkernel/svsm-kernel.elf")
failures = 0


def verdict(name, why, figures=""):
    global failures
    failures += 1 if why else 0
    print("not ok %s - %s" % (name, why.replace("\n", " | ")) if why else "ok %s%s" % (name, figures))


def run(arguments, text=""):
    done = subprocess.run(arguments, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def functions(program):
    found = []
    for line in run(["nm", "-S", program])[1].splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[2] in "tT" and int(parts[1], 16) > 16:
            found.append((int(parts[0], 16), int(parts[1], 16), parts[3]))
    return sorted(found)


def ring0_of(path):
    """The kernel that a map names: each platform has its own."""
    with open(path, encoding="utf-8") as file:
        name = re.search(r"^ring0=(.*)$", file.read(), re.MULTILINE).group(1)
    return os.path.join(os.path.dirname(path), name)


LABELS = """
    .globl typed, bare
    .text
    .type typed, @function
    .size typed, 32
typed:
    .fill 32, 1, 0x90
bare:
    .fill 32, 1, 0x90
"""


def symtab_labels():
    """Assembly may leave a label without type and size; a trace through it must still be named. The
    kernel has none, so the file is made here."""
    with tempfile.TemporaryDirectory() as folder:
        elf = os.path.join(folder, "labels.elf")
        code, _, errors = run(["gcc", "-nostdlib", "-static", "-Wl,-Ttext=0x100000,-e,typed", "-x", "assembler",
                               "-o", elf, "-"], LABELS)
        found = [run([SYMTAB, elf, "--find", at])[1].strip() for at in ("100004", "100020", "100030")]
    wanted = ["typed+0x4", "bare+0x0", "bare+0x10"]
    verdict("symtab-labels", errors if code else "" if found == wanted else "%s, not %s" % (found, wanted))


def main():
    if not os.access(TOOL, os.X_OK) or not os.access(KERNEL, os.R_OK):
        print("svsm-symbolize or the kernel is not built in %s" % BUILD, file=sys.stderr)
        return 77
    places = functions(KERNEL)
    addresses = [a + 9 for a, _, _ in places]
    # a return address belongs to the instruction before it
    log = "".join("[ 0.1] ring0 error   #1 0x%x f+0x9 (ring0)\n" % a for a in addresses)
    code, out, errors = run([TOOL, "ring0=" + KERNEL], log)
    wanted = run(["addr2line", "-e", KERNEL] + ["0x%x" % (a - 1) for a in addresses])[1].splitlines()
    wrong = []
    for line, place in zip(out.splitlines(), wanted):
        place = re.sub(r" \(discriminator \d+\)$", "", place)
        got = line.rpartition(" at ")[2] if " at " in line else "??:0"
        known = not place.startswith("??") and not place.endswith(":?")
        if known and os.path.normpath(got) != os.path.normpath(place):
            wrong.append("%s, not %s" % (got, place))
    verdict("as-addr2line", errors or ", ".join(wrong[:3]) or ("" if len(places) > 100 else "few functions"),
            " functions=%d" % len(places))
    wrong = []
    for address, _, name in places[::20]:
        found = run([SYMTAB, KERNEL, "--find", "%x" % (address + 3)])[1].strip()
        if found != name + "+0x3" and not any(a == address and n + "+0x3" == found for a, _, n in places):
            wrong.append("%s, not %s" % (found, name))
    verdict("symtab-as-nm", ", ".join(wrong[:3]))
    symtab_labels()
    address, _, name = places[50]
    code, out, _ = run([TOOL, "ring0=" + KERNEL], "#0 0x%x ? (ring0)\r\n" % address)
    verdict("names-what-ring0-cannot", "" if re.fullmatch(r"#0 0x\w+ \? \(ring0\) %s\+0x0 at \S+:\d+\r\n" % name, out)
            else out)
    plain = "hello\n\n #0 0x12 ? (nobody)\nno newline at the end"
    verdict("rest-unchanged", "" if run([TOOL, "ring0=" + KERNEL], plain)[1] == plain else "changed")
    code, _, errors = run([TOOL, "ring0=/none"])
    verdict("file-missing", "" if (code, errors) == (
        3, "svsm-symbolize: /none cannot be read; build first\n") else errors)
    code, _, errors = run([TOOL, "--map", "/none"])
    verdict("map-missing", "" if (code, errors) == (
        3, "svsm-symbolize: /none cannot be read; build first\n") else errors)
    code, _, errors = run([TOOL, "kernel.elf"])
    verdict("pair-malformed", "" if code == 2 and errors.startswith(
        "svsm-symbolize: 'kernel.elf': NAME=ELF expected\n") else errors)
    maps = [f for f in sorted(os.listdir(os.path.join(BUILD, "systems"))) if f.endswith(".map")]
    for name in maps:
        path = os.path.join(BUILD, "systems", name)
        address = functions(ring0_of(path))[50][0]
        code, out, errors = run([TOOL, "--map", path], "#0 0x%x ? (ring0)\n" % address)
        verdict("map-" + name[:-4], errors or ("" if " at " in out else out))
    return 1 if failures else 0


sys.exit(main())
