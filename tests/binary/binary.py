#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules on what was built: ring 0 and the services as machine code, and how they were compiled.
Each rule is shown to be able to fail first (broken.py). Runs at the top of the tree, after a build.

    python3 tests/binary/binary.py [BUILD]
"""
import glob
import json
import os
import re
import shlex
import sys

import broken
import lines
import rules
from disasm import Program, output
from stack import Stack, Unsound

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
KERNEL = BUILD + "/microkernel/svsm-kernel.elf"
# Each platform's ring 0, and what the names of its verdicts begin with.
KERNELS = {KERNEL: "", BUILD + "/microkernel/svsm-kernel-snp.elf": "snp-"}
PAGE = 4096

# The way up, before there is anything to defend: from the 1:1 map to the high one.
INDIRECT = {("long_mode", "jmp *%rax")}
# What gives every task a fresh vector state, and the set-up of that.
VECTORS = {("port_enter", "xrstor64"), ("port_enter", "fxrstor64"),
           ("features_enable", "xsetbv"), ("features_enable", "fninit")}
# They end the machine, and find out when they are entered again: cpu/stop.c.
LAST = ("check_failed", "port_stop", "stop_claimed", "__stack_chk_fail", "die")

RING0_FLAGS = (
    "-ffreestanding", "-mno-red-zone", "-mgeneral-regs-only", "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls", "-fno-jump-tables", "-fno-strict-aliasing", "-fwrapv",
    "-fno-delete-null-pointer-checks", "-fno-common", "-fstack-protector-strong", "-ftrivial-auto-var-init=zero",
    "-mharden-sls=all", "-fsanitize=bounds,signed-integer-overflow,shift,unreachable,vla-bound",
    "-fsanitize-undefined-trap-on-error", "-Wvla", "-Wframe-larger-than=1024", "-Wconversion", "-Wall", "-Wextra",
    "-Werror", "-O2")
# On the hardening list, and not used: the decision record must say why.
LEFT_OUT = ("null", "alignment", "pointer-overflow", "-fzero-call-used-regs", "-fcf-protection",
            "-fstack-clash-protection", "-mindirect-branch")
RECORD = "microkernel/doc/decisions/0002-which-sanitizers-stay-on.md"
SERVICE_FLAGS = ("-fstack-protector-strong", "-fno-omit-frame-pointer", "-fno-strict-aliasing",
                 "-ftrivial-auto-var-init=zero", "-Werror", "-O2")
# The distribution's sources: musl and wolfCrypt.
FOREIGN_FLAGS = ("-fstack-protector-strong", "-O2")
FOREIGN = ("subprojects/musl", "subprojects/wolfssl")
# Built like programs of this machine, although their folder's name suggests a service.
HOST = ("libwolfcrypt-host",)

# Entering a trap: alignment of the stack pointer, the CPU's five words, an error code.
TRAP_FRAME = 15 + 5 * 8 + 8
TRAP_STUB, SYSCALL_STUB = 16, 64
FRAME = 24  # the end mark and return address below boot_main and ap_main
LINES_MAX = 10000
failures = 0


def verdict(name, findings, figures=""):
    global failures
    if findings:
        failures += 1
        for finding in findings:
            print("%s: %s" % (name, finding), file=sys.stderr)
        print("not ok %s%s - %s" % (name, figures, "; ".join(findings[:4])))
    else:
        print("ok %s%s" % (name, figures), flush=True)


def number(path, name):
    with open(path, encoding="utf-8") as file:
        return int(re.search(r"#define %s (0x[0-9a-f]+|\d+)" % name, file.read()).group(1), 0)


def stacks(program, prefix):
    kmap = "microkernel/mm/kmap.h"
    at = program.symbols
    stack = Stack(program, LAST)
    stubs = number("microkernel/cpu/asm.h", "VECTOR_STUBS")
    traps = [at["trap_stubs"] + n * TRAP_STUB for n in range(stubs)] + [at["trap_spurious"]]
    vcpus = range(16)
    entries = {
        "stack-syscall": ([(at["syscall_stubs"] + n * SYSCALL_STUB, "switched", 0) for n in vcpus], "kernel"),
        "stack-trap-from-task": ([(a, "switched", TRAP_FRAME) for a in traps], "kernel"),
        "stack-start": ([(at["vcpu_start"], "switched", 0)], "kernel"),
        "stack-ap-boot": ([(at["ap_main"], "entered", 0)], "kernel"),
        "stack-boot": ([(at["boot_main"], "entered", 0)], "boot"),
        "stack-trap": ([(a, "entered", TRAP_FRAME) for a in traps], "ist"),
    }
    sizes = {"kernel": number(kmap, "VCPU_STACK_END") - number(kmap, "VCPU_STACK"),
             "boot": at["boot_stack_end"] - at["boot_stack"], "ist": PAGE}
    for name, (starts, kind) in entries.items():
        first, path = max(stack.need(*start) for start in starts)
        most = first + FRAME # no trap uses a stack that is in use
        print("# %s: %s" % (name, " > ".join(path)))
        verdict(prefix + name, ["%d bytes of %d" % (most, sizes[kind])] if most > sizes[kind] else [],
                " bytes=%d of=%d" % (most, sizes[kind]))
    largest, where = max((stack.body(f)[0].get("entered", 0), program.name_of(f))
                         for f in {one.target for one in program if one.is_call and one.target in program.code})
    # A frame of more than a page could step over the guard below a stack.
    verdict(prefix + "largest-frame", [] if largest < PAGE else [where], " bytes=%d function=%s" % (largest, where))


def ring0(kernel, prefix):
    program = Program(kernel)
    verdict(prefix + "ring0-indirect", rules.indirect_branches(program, INDIRECT), " allowed=%d" % len(INDIRECT))
    verdict(prefix + "ring0-vectors", rules.vector_instructions(program, VECTORS), " allowed=%d" % len(VECTORS))
    try:
        stacks(program, prefix)
        verdict(prefix + "ring0-recursion", [])
    except Unsound as why:
        verdict(prefix + "ring0-recursion", [str(why)])
    heap = [s for s in ("malloc", "calloc", "realloc", "free", "kmalloc", "sbrk") if s in program.symbols]
    undefined = output("nm", "-u", kernel).split()
    verdict(prefix + "ring0-no-heap", heap + undefined)
    findings, users = rules.protected(program, 5)
    verdict(prefix + "ring0-canary", findings, " functions=%d" % users)


def services():
    paths = sorted(glob.glob(BUILD + "/services/*.elf"))
    verdict("services-found", [] if len(paths) >= 3 else ["%d services" % len(paths)], " services=%d" % len(paths))
    for path in paths:
        name = os.path.basename(path)[:-4]
        program = Program(path)
        verdict(name + "-gates", rules.gates(program, "libsvsmrt/src/start.S"))
        findings, users = rules.protected(program, 5)
        verdict(name + "-canary", findings, " functions=%d" % users)
    chk = [s for s in output("nm", BUILD + "/services/vtpm.elf").split() if re.fullmatch(r"__\w+_chk", s)]
    # libtpms comes compiled with _FORTIFY_SOURCE; services/vtpm/shim has what it calls.
    verdict("vtpm-fortify", [] if len(chk) >= 3 else ["libtpms calls no checked functions"], " functions=%d" % len(chk))


def compile_commands():
    with open(BUILD + "/compile_commands.json", encoding="utf-8") as file:
        return json.load(file)


def compile_lines():
    """{folder of objects: [(source, words)]}"""
    found = {}
    for entry in compile_commands():
        folder = os.path.dirname(entry["output"])
        words = shlex.split(entry["command"])
        found.setdefault(folder, []).append((entry["file"].replace("../", ""), words))
    return found


def compiled():
    commands = compile_lines()
    for kernel, prefix in KERNELS.items():
        entries = commands.get("microkernel/" + os.path.basename(kernel) + ".p", [])
        few = [] if len(entries) > 40 else ["only %d files" % len(entries)]
        verdict(prefix + "ring0-flags", few + rules.flags(entries, RING0_FLAGS, {}), " files=%d flags=%d" % (len(entries), len(RING0_FLAGS)))
    with open(RECORD, encoding="utf-8") as file:
        record = file.read()
    verdict("ring0-flags-left-out", [flag for flag in LEFT_OUT if flag not in record], " flags=%d" % len(LEFT_OUT))
    ours = [e for folder, group in commands.items() for e in group
            if re.match(r"services/|libsvsmrt/libsvsmrt\.a", folder) and not e[0].endswith(".S")]
    verdict("service-flags", rules.flags(ours, SERVICE_FLAGS, {}) + ([] if len(ours) > 10 else ["few files"]),
            " files=%d" % len(ours))
    foreign = [e for folder, group in commands.items() for e in group if not e[0].endswith(".s")
               and folder.startswith(FOREIGN) and not any(h in folder for h in HOST)]
    few = [] if len(foreign) > 150 else ["few files"]
    verdict("foreign-flags", few + rules.flags(foreign, FOREIGN_FLAGS, {}), " files=%d" % len(foreign))


def loaded():
    tasks = sorted(glob.glob(BUILD + "/services/*.elf") + glob.glob(BUILD + "/tests/tasks/*.elf"))
    findings = ["%s: %s" % (path, why) for path in [*KERNELS, *tasks] for why in rules.loading(path)]
    verdict("segments", findings, " programs=%d" % (len(KERNELS) + len(tasks)))
    objects = glob.glob(BUILD + "/microkernel/svsm-kernel*.elf.p/*.o") + glob.glob(BUILD + "/services/*.p/*.o") + \
        glob.glob(BUILD + "/libsvsmrt/*.p/*.o") + glob.glob(BUILD + "/subprojects/musl/*.p/*.o")
    verdict("no-executable-stack", rules.executable_stack_objects(objects), " objects=%d" % len(objects))


def source_lines():
    told = int(output(BUILD + "/tools/run/svsm-lines", "microkernel", "--without", "abi"))
    counted = lines.count_folder("microkernel", "abi")
    shared = int(output(BUILD + "/tools/run/svsm-lines", "microkernel")) - told
    with open(BUILD + "/tools/run/ring0.lines", encoding="utf-8") as file:
        built = int(file.read())
    findings = lines.too_many(told, LINES_MAX)
    if not told == counted == built:
        findings.append("svsm-lines %d, the build %d, counted otherwise %d" % (told, built, counted))
    verdict("ring0-lines", findings, " lines=%d most=%d definitions=%d" % (told, LINES_MAX, shared))


def built_lines():
    """Every line that a platform's ring 0 is made of, definitions and linker script included."""
    deps = output("ninja", "-C", BUILD, "-t", "deps")
    commands = compile_commands()
    for kernel, prefix in KERNELS.items():
        target = os.path.relpath(kernel, BUILD)
        objects = [entry["output"] for entry in commands if entry["output"].startswith(target + ".p/")]
        files, findings = lines.read_files(deps, objects, BUILD)
        link = output("ninja", "-C", BUILD, "-t", "commands", "-s", target)
        files |= {os.path.relpath(script) for script in re.findall(r"-Wl,-T,(\S+)", link)}
        definitions = {path for path in files if "/svsm/abi/" in path}
        count = lines.count_files(files)
        sources = sum(path.endswith((".c", ".S")) for path in files)
        if sources != len(objects):
            findings.append("%d objects, but %d sources" % (len(objects), sources))
        findings += ["%s is not ring 0's" % path for path in sorted(files) if not path.startswith("microkernel/")]
        verdict(prefix + "ring0-lines-built", findings + lines.too_many(count, LINES_MAX), " lines=%d most=%d files=%d definitions=%d"
                % (count, LINES_MAX, len(files), lines.count_files(definitions)))


def main():
    if not os.path.exists(KERNEL):
        print("skip binary - %s; tools/svsm build makes it" % KERNEL)
        return 77
    broken.show(verdict, BUILD, KERNEL)
    for kernel, prefix in KERNELS.items():
        ring0(kernel, prefix)
    services()
    compiled()
    loaded()
    source_lines()
    built_lines()
    return 1 if failures else 0


sys.exit(main())
